// SPDX-License-Identifier: ISC
#include "sessiond/saved_counters.h"

#include <algorithm>
#include <map>

#include "lib/counters/counter_names.h"
#include "shm/process_counts.h"

namespace lns::sessiond {

namespace {

using shm::TableId;

// The reverse of shm::counters_instance().
Proc proc_of(std::uint16_t instance) { return static_cast<Proc>(instance >> 8); }
std::uint16_t number_of(std::uint16_t instance) { return instance & 0xffU; }

// The tables of counters that there are.
std::vector<std::uint16_t> counting(worker::Worker& worker) {
    std::vector<std::uint16_t> instances;
    for (const auto& table : worker.kit().tables)
        if (table.id == TableId::process_counters) instances.push_back(table.instance);
    return instances;
}

// Where the counters of a process of the file go; 0: nowhere.
std::uint16_t heir_of(const SavedCounters& saved, const std::vector<std::uint16_t>& there) {
    for (const Proc proc : counters::kCountingPrograms) {
        if (proc_name(proc) != saved.program.view()) continue;
        for (const std::uint16_t number : {saved.instance, std::uint16_t{0}}) {
            const std::uint16_t instance = shm::counters_instance(static_cast<unsigned>(proc), number & 0xffU);
            if (std::ranges::find(there, instance) != there.end()) return instance;
        }
    }
    return 0;
}

} // namespace

std::vector<SavedCounters> saved_counters(worker::Worker& worker) {
    const auto carried = worker.table(TableId::carried_counters).reader<shm::CounterValues>();
    const auto baselines = worker.table(TableId::counter_baseline).reader<shm::CounterValues>();
    std::vector<SavedCounters> all;
    for (const std::uint16_t instance : counting(worker)) {
        const shm::ProcessCounts counts(
            instance, worker.table(TableId::process_counters, instance).view<std::uint64_t>(), carried, baselines);
        const Proc proc = proc_of(instance);
        SavedCounters saved{proc_name(proc), number_of(instance), counts.cleared(), {}};
        for (std::size_t i = 0; !counters::counter_text(proc, i).name.empty(); ++i)
            if (counts.since_cleared(i) != 0)
                saved.counters.push_back({counters::counter_text(proc, i).name, counts.since_cleared(i)});
        all.push_back(std::move(saved));
    }
    return all;
}

void carry_counters(worker::Worker& worker, const std::vector<SavedCounters>& saved) {
    const std::vector<std::uint16_t> there = counting(worker);
    std::map<std::uint16_t, shm::CounterValues> records;
    for (const SavedCounters& of_process : saved) {
        const std::uint16_t heir = heir_of(of_process, there);
        if (heir == 0) continue;
        shm::CounterValues& record = records[heir];
        record.instance = heir;
        record.cleared = std::max(record.cleared, of_process.cleared);
        for (const SavedCounter& counter : of_process.counters)
            if (const auto index = counters::find_counter(proc_of(heir), counter.name.view()))
                record.values[*index] += counter.value;
    }
    auto table = worker.table(TableId::carried_counters).writer<shm::CounterValues>();
    std::size_t place = 0;
    for (const auto& [instance, record] : records)
        table.write(place++, record);
    for (; place < table.size(); ++place)
        if (table.version(place) != 0) table.write(place, {});
}

} // namespace lns::sessiond
