// SPDX-License-Identifier: ISC
#include "clid/counter_baseline.h"

#include <algorithm>
#include <atomic>

namespace lns::clid {

namespace {

std::uint16_t instance_of(const ProcessCounters& counters) {
    return shm::counters_instance(static_cast<unsigned>(counters.proc), counters.instance);
}

std::uint64_t value_of(const ProcessCounters& counters, std::size_t index) {
    if (index >= counters.words.size()) return 0;
    return std::atomic_ref<std::uint64_t>(counters.words[index]).load(std::memory_order_relaxed);
}

// The record of a process, or the first free one; size() when there is neither.
std::size_t place_of(const shm::TwoSlotReader<shm::CounterBaseline>& table, std::uint16_t instance) {
    std::size_t free = table.size();
    for (std::size_t i = 0; i < table.size(); ++i) {
        const shm::CounterBaseline record = table.get(i);
        if (record.cleared != 0 && record.instance == instance) return i;
        if (record.cleared == 0) free = std::min(free, i);
    }
    return free;
}

} // namespace

void clear_counters(shm::TwoSlotWriter<shm::CounterBaseline>& table, const SuiteView& view, std::int64_t now) {
    for (const ProcessCounters& counters : view.process_counters) {
        shm::CounterBaseline record{now, instance_of(counters), {}};
        for (std::size_t i = 0; i < record.values.size(); ++i)
            record.values[i] = value_of(counters, i);
        table.write(place_of(table, record.instance), record);
    }
}

shm::CounterBaseline baseline_of(const SuiteView& view, const ProcessCounters& counters) {
    const shm::CounterBaseline record = view.baselines.get(place_of(view.baselines, instance_of(counters)));
    return record.instance == instance_of(counters) ? record : shm::CounterBaseline{};
}

std::uint64_t counter_since(const ProcessCounters& counters, const shm::CounterBaseline& baseline, std::size_t index) {
    const std::uint64_t value = value_of(counters, index);
    const std::uint64_t before = index < baseline.values.size() ? baseline.values[index] : 0;
    return value > before ? value - before : 0;
}

std::int64_t last_cleared(const SuiteView& view) {
    std::int64_t latest = 0;
    for (std::size_t i = 0; i < view.baselines.size(); ++i)
        latest = std::max(latest, view.baselines.get(i).cleared);
    return latest;
}

} // namespace lns::clid
