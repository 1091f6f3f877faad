// SPDX-License-Identifier: ISC
#include "l2tpnsd/shared_tables.h"

#include <algorithm>

namespace lns::parent {

namespace {

using shm::TableId;

// The instances of a table that are to be made.
std::vector<std::uint16_t> instances_of(TableId table, const std::vector<WorkerId>& workers) {
    std::vector<std::uint16_t> instances;
    for (const WorkerId& worker : workers) {
        if (table == TableId::process_counters)
            instances.push_back(shm::counters_instance(static_cast<unsigned>(worker.proc), worker.instance));
        if (table == TableId::session_counters && worker.proc == Proc::datapath) instances.push_back(worker.instance);
    }
    const bool one_each = table == TableId::process_counters || table == TableId::session_counters;
    return one_each ? instances : std::vector<std::uint16_t>{0};
}

} // namespace

Status<> SharedTables::make(const std::string& rundir, TableId id, std::uint16_t instance,
                            const shm::TableSizes& sizes) {
    auto segment = shm::create_segment(rundir, id, instance, sizes);
    if (!segment) return Failure<Error>{segment.error()};
    segments_.push_back(std::move(*segment));
    return Done{};
}

Status<> SharedTables::map_own() {
    for (auto& [id, map] : {std::pair{TableId::config, &config_map_}, {TableId::processes, &processes_map_}}) {
        const auto segment = std::ranges::find(segments_, id, &shm::Segment::id);
        auto mapped = shm::Mapping::map(segment->writable.get(), id, true);
        if (!mapped) return Failure<Error>{mapped.error()};
        *map = std::move(*mapped);
    }
    config_ = config_map_.writer<shm::ConfigRecord>();
    processes_ = processes_map_.writer<shm::ProcessRecord>();
    return Done{};
}

Result<SharedTables> SharedTables::create(const std::string& rundir, const conf::Config& config,
                                          const std::vector<WorkerId>& workers) {
    SharedTables tables;
    const shm::TableSizes sizes = shm::table_sizes(config);
    Status<> state = Done{};
    for (std::size_t t = 0; state && t < shm::kTableCount; ++t) {
        const auto id = static_cast<TableId>(t);
        for (const std::uint16_t instance : instances_of(id, workers))
            if (state) state = tables.make(rundir, id, instance, sizes);
    }
    if (state) state = tables.map_own();
    if (!state) return Failure<Error>{state.error()};
    return tables;
}

std::uint64_t SharedTables::publish(const conf::Config& config) {
    config_.write(0, shm::ConfigRecord{++generation_, config});
    return generation_;
}

SharedTables::~SharedTables() {
    for (const shm::Segment& segment : segments_)
        shm::remove_segment(segment.name);
}

} // namespace lns::parent
