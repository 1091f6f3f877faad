// SPDX-License-Identifier: ISC
// How many requests may be under way at once: what a server's socket buffer cannot hold is lost and
// costs seconds, so a burst waits here for milliseconds instead. Grows with each answer of a far server as long as
// answers do not come later for it, shrinks when tries go unanswered. Pure.
#pragma once

#include <algorithm>
#include <cstddef>

#include "lib/base/clock.h"

namespace lns::radius_client {

class Window {
public:
    Window(std::size_t first, std::size_t least, std::size_t most)
        : size_(first), first_(first), least_(least), most_(most) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    void answered() { size_ = std::min(size_ + 1, most_); }
    // The answer took that long, with so many under way, itself included. A quick server needs no more than the first
    // window. Of a far one an answer that comes late waited in a queue: more under way would only make that longer, and
    // overflow it. That answers come soon while a part of the window is used says nothing of what the server can hold,
    // and the first ones say little of how quick it is: it may have been busy with something else.
    void answered(Clock::duration took, std::size_t under_way) {
        fastest_ = std::min(fastest_, took);
        if (answers_ < first_)
            ++answers_;
        else if (took <= 2 * fastest_)
            size_ = under_way < size_ || fastest_ <= kQuick ? size_ : std::min(size_ + 1, most_);
        else if (size_ > first_)
            --size_;
    }
    // Packets sent together are lost together: one halving for all of them.
    void unanswered(MonoTime now) {
        if (last_ != MonoTime{} && now - last_ < kOnceIn) return;
        last_ = now;
        size_ = std::max(size_ / 2, least_);
    }
    void collapse() { size_ = least_; }

private:
    static constexpr Clock::duration kOnceIn = std::chrono::seconds(1);
    static constexpr Clock::duration kQuick = std::chrono::milliseconds(10);
    std::size_t size_;
    std::size_t first_;
    std::size_t least_;
    std::size_t most_;
    std::size_t answers_ = 0;                           // up to first_
    Clock::duration fastest_ = std::chrono::seconds(1); // answer so far
    MonoTime last_{};
};

} // namespace lns::radius_client
