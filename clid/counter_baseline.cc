// SPDX-License-Identifier: ISC
#include "clid/counter_baseline.h"

#include <algorithm>

namespace lns::clid {

namespace {

std::uint16_t instance_of(const ProcessCounters& counters) {
    return shm::counters_instance(static_cast<unsigned>(counters.proc), counters.instance);
}

} // namespace

void clear_counters(shm::TwoSlotWriter<shm::CounterValues>& table, const SuiteView& view, std::int64_t now) {
    for (const ProcessCounters& counters : view.process_counters) {
        const shm::ProcessCounts counts = counts_of(view, counters);
        shm::CounterValues record{now, instance_of(counters), {}};
        for (std::size_t i = 0; i < record.values.size(); ++i)
            record.values[i] = counts.total(i);
        table.write(shm::place_of_values(table, record.instance), record);
    }
}

shm::ProcessCounts counts_of(const SuiteView& view, const ProcessCounters& counters) {
    return {instance_of(counters), counters.words, view.carried, view.baselines};
}

std::int64_t last_cleared(const SuiteView& view) {
    std::int64_t latest = 0;
    for (const ProcessCounters& counters : view.process_counters)
        latest = std::max(latest, counts_of(view, counters).cleared());
    return latest;
}

} // namespace lns::clid
