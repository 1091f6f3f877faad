// SPDX-License-Identifier: ISC
// What a process has counted: the words it writes, and what save_state carried over from before this boot or release;
// since counters were cleared, that less what it was then. Open to every process that maps the tables.
#pragma once

#include <atomic>

#include "shm/records.h"
#include "shm/two_slot.h"

namespace lns::shm {

using CounterValuesTable = TwoSlotReader<CounterValues>;

// The record of a process, or else the first free one; size() when there is neither.
inline std::size_t place_of_values(const CounterValuesTable& table, std::uint16_t instance) {
    std::size_t free = table.size();
    for (std::size_t i = 0; i < table.size(); ++i) {
        const std::uint16_t found = table.get(i).instance;
        if (found == instance) return i;
        if (found == 0) free = std::min(free, i);
    }
    return free;
}

class ProcessCounts {
public:
    // `instance` as of the table with the words (counters_instance()); they are only read.
    ProcessCounts(std::uint16_t instance, std::span<std::uint64_t> words, const CounterValuesTable& carried,
                  const CounterValuesTable& baselines)
        : words_(words), carried_(values_of(carried, instance)), baseline_(values_of(baselines, instance)) {}

    [[nodiscard]] std::uint64_t total(std::size_t counter) const {
        if (counter >= words_.size() || counter >= kMaxCounters) return 0;
        return std::atomic_ref<std::uint64_t>(words_[counter]).load(std::memory_order_relaxed) +
               carried_.values[counter];
    }
    [[nodiscard]] std::uint64_t since_cleared(std::size_t counter) const {
        const std::uint64_t now = total(counter);
        const std::uint64_t before = counter < kMaxCounters ? baseline_.values[counter] : 0;
        return now > before ? now - before : 0;
    }
    // Unix seconds; 0: never.
    [[nodiscard]] std::int64_t cleared() const { return std::max(carried_.cleared, baseline_.cleared); }

private:
    static CounterValues values_of(const CounterValuesTable& table, std::uint16_t instance) {
        const CounterValues found = table.get(place_of_values(table, instance));
        return found.instance == instance ? found : CounterValues{};
    }
    std::span<std::uint64_t> words_;
    CounterValues carried_;
    CounterValues baseline_;
};

} // namespace lns::shm
