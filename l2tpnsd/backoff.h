// SPDX-License-Identifier: ISC
// When a worker that died is started again: at once the first time, then ever later, never "not at all".
#pragma once

#include <algorithm>
#include <chrono>

#include "lib/base/clock.h"

namespace lns::parent {

class Backoff {
public:
    // The worker died after living that long; the delay until it is started again.
    Clock::duration died(Clock::duration lived) {
        if (lived >= kHealthy) deaths_ = 0;
        const unsigned doublings = deaths_ == 0 ? 0 : std::min(deaths_ - 1, kMostDoublings);
        return deaths_++ == 0 ? Clock::duration::zero() : std::min<Clock::duration>(kFirst * (1U << doublings), kMost);
    }

    static constexpr std::chrono::seconds kHealthy{60}; // a life that long forgets earlier deaths
    static constexpr std::chrono::milliseconds kFirst{500};
    static constexpr std::chrono::seconds kMost{30};

private:
    static constexpr unsigned kMostDoublings = 6; // 500 ms * 2^6 > 30 s
    unsigned deaths_ = 0;
};

} // namespace lns::parent
