// SPDX-License-Identifier: ISC
// How many packets are due: a rate for a time, or as many as possible.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "lib/base/clock.h"

namespace lns::lacsim {

class Pacer {
public:
    // pps 0: no limit.
    Pacer(double pps, Clock::duration duration) : pps_(pps), duration_(duration) {}

    void start(MonoTime now) { start_ = last_ = now; }
    [[nodiscard]] bool started() const { return start_ != MonoTime{}; }
    [[nodiscard]] bool over(MonoTime now) const { return started() && now >= start_ + duration_; }
    // Packets that may be sent now; they count as sent. What was missed for more than 10 ms is not made up for: a
    // burst would measure the receiver's buffers.
    [[nodiscard]] std::uint32_t due(MonoTime now, std::uint32_t at_most) {
        if (pps_ <= 0) return at_most;
        const std::chrono::duration<double> passed = now - last_;
        last_ = now;
        credit_ = std::min(credit_ + passed.count() * pps_, std::max(1.0, pps_ / 100));
        const auto n = std::min(static_cast<std::uint32_t>(credit_), at_most);
        credit_ -= n;
        return n;
    }
    // Whether the sender should poll instead of sleeping a millisecond between bursts.
    [[nodiscard]] bool busy() const { return pps_ <= 0 || pps_ >= 20000; }
    [[nodiscard]] double seconds(MonoTime end) const { return std::chrono::duration<double>(end - start_).count(); }

private:
    double pps_;
    Clock::duration duration_;
    double credit_ = 0;
    MonoTime start_{}, last_{};
};

} // namespace lns::lacsim
