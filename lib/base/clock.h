// SPDX-License-Identifier: ISC
// Time. Protocol timers use the monotonic clock only, so that a step of the wall clock moves none of
// them; its points may be kept in shared memory, since every process of one boot reads the same clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace lns {

using Clock = std::chrono::steady_clock;
using MonoTime = Clock::time_point; // the epoch value {} means "not set"

inline constexpr MonoTime kNever = MonoTime::max();

inline std::int64_t whole_seconds(Clock::duration d) {
    return std::chrono::duration_cast<std::chrono::seconds>(d).count();
}

// Seconds since 1970 by the wall clock; for what is shown or sent to others, never for a timer.
inline std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace lns
