// SPDX-License-Identifier: ISC
// A rate with a burst as one word: the generic cell rate algorithm (virtual scheduling, ITU-T I.371), which is a token
// bucket that keeps the time at which it will be full again. Several processes may share the word; nobody waits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "lib/base/clock.h"

namespace lns::datapath {

// Sixteenths of nanoseconds: at 10 Gbit/s the smallest packet is 819 of them. They last for 36 years.
using FineTime = std::uint64_t;
inline constexpr FineTime kFinePerNanosecond = 16;
inline constexpr FineTime kFinePerMillisecond = kFinePerNanosecond * 1'000'000;

constexpr FineTime fine_time(MonoTime t) {
    return static_cast<FineTime>(t.time_since_epoch() / std::chrono::nanoseconds(1)) * kFinePerNanosecond;
}

// How long so many octets take at so many kbit/s, which are not 0.
constexpr FineTime time_at_rate(std::uint64_t octets, std::uint32_t kbits) {
    return octets * 8 * kFinePerMillisecond / kbits;
}

// Takes `cost` out of the bucket of `burst`, when there is that much in it. A cost above the burst is allowed when the
// bucket is full, or a packet larger than the burst could never pass.
inline bool gcra_take(std::uint64_t& word, FineTime now, FineTime cost, FineTime burst) noexcept {
    const std::atomic_ref<std::uint64_t> full_at(word);
    std::uint64_t known = full_at.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t from = std::max(known, now);
        if (from > now && from + cost > now + burst) return false;
        if (full_at.compare_exchange_weak(known, from + cost, std::memory_order_relaxed)) return true;
    }
}

} // namespace lns::datapath
