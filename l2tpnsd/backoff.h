// SPDX-License-Identifier: ISC
// When a worker that died is started again. At once, as a rule: nothing serves subscribers while it is away. Only one
// that dies again and again soon after its start waits, ever longer, so that it does not take the machine with it;
// never "not at all". One that lived for a while has served, however it ended, and owes nothing for earlier deaths.
#pragma once

#include <algorithm>
#include <chrono>

#include "lib/base/clock.h"

namespace lns::parent {

class Backoff {
public:
    // The worker died after living that long; the delay until it is started again.
    Clock::duration died(Clock::duration lived) {
        short_lives_ = lived >= kHealthy ? 0 : std::min(short_lives_ + 1, kAtOnce + kMostDoublings + 1);
        if (short_lives_ <= kAtOnce) return Clock::duration::zero();
        return std::min<Clock::duration>(kFirst * (1U << (short_lives_ - kAtOnce - 1)), kMost);
    }

    static constexpr std::chrono::seconds kHealthy{5};
    static constexpr unsigned kAtOnce = 3; // short lives in a row
    static constexpr std::chrono::milliseconds kFirst{500};
    static constexpr std::chrono::seconds kMost{30};

private:
    static constexpr unsigned kMostDoublings = 6; // 500 ms * 2^6 > 30 s
    unsigned short_lives_ = 0;
};

} // namespace lns::parent
