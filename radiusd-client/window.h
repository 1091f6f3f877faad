// SPDX-License-Identifier: ISC
// How many requests may be under way at once: what a server's socket buffer cannot hold is lost and
// costs seconds, so a burst waits here for milliseconds instead. Grows with each answer, shrinks when
// tries go unanswered. Pure.
#pragma once

#include <algorithm>
#include <cstddef>

#include "lib/base/clock.h"

namespace lns::radius_client {

class Window {
public:
    Window(std::size_t first, std::size_t least, std::size_t most) : size_(first), least_(least), most_(most) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    void answered() { size_ = std::min(size_ + 1, most_); }
    // Packets sent together are lost together: one halving for all of them.
    void unanswered(MonoTime now) {
        if (last_ != MonoTime{} && now - last_ < kOnceIn) return;
        last_ = now;
        size_ = std::max(size_ / 2, least_);
    }
    void collapse() { size_ = least_; }

private:
    static constexpr Clock::duration kOnceIn = std::chrono::seconds(1);
    std::size_t size_;
    std::size_t least_;
    std::size_t most_;
    MonoTime last_{};
};

} // namespace lns::radius_client
