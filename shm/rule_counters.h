// SPDX-License-Identifier: ISC
// Where the counter of a rule of an access list stands in a datapathd's table: by its key, from the place that the key
// names on until a free one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/records.h"

namespace lns::shm {

constexpr std::size_t rule_counter_place(std::uint64_t key, std::size_t nth, std::size_t size) {
    return static_cast<std::size_t>((key + nth) % size);
}

// How often the rule decided, by one worker's table; for readers.
inline std::uint64_t rule_matches(std::span<RuleCounter> table, std::uint64_t key) {
    for (std::size_t nth = 0; nth < table.size(); ++nth) {
        RuleCounter& counter = table[rule_counter_place(key, nth, table.size())];
        const std::uint64_t found = std::atomic_ref<std::uint64_t>(counter.key).load(std::memory_order_acquire);
        if (found == key) return std::atomic_ref<std::uint64_t>(counter.matches).load(std::memory_order_relaxed);
        if (found == 0) return 0;
    }
    return 0;
}

} // namespace lns::shm
