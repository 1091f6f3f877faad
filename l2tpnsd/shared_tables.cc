// SPDX-License-Identifier: ISC
#include "l2tpnsd/shared_tables.h"

#include <algorithm>

namespace lns::parent {

namespace {

using shm::TableId;

constexpr bool one_a_datapath(TableId table) {
    return table == TableId::session_counters || table == TableId::rule_counters;
}

// The instances of a table that are to be made.
std::vector<std::uint16_t> instances_of(TableId table, const std::vector<WorkerId>& workers) {
    std::vector<std::uint16_t> instances;
    for (const WorkerId& worker : workers) {
        if (table == TableId::process_counters)
            instances.push_back(shm::counters_instance(static_cast<unsigned>(worker.proc), worker.instance));
        if (one_a_datapath(table) && worker.proc == Proc::datapath) instances.push_back(worker.instance);
    }
    if (table == TableId::session_counters) instances.push_back(shm::kFastPathCounters);
    return one_a_datapath(table) || table == TableId::process_counters ? instances : std::vector<std::uint16_t>{0};
}

// Tables whose loss would be the loss of sessions, of an account, or of what the counters said when a session began.
constexpr bool is_truth(TableId table) {
    switch (table) {
    case TableId::tunnels:
    case TableId::sessions:
    case TableId::session_aaa:
    case TableId::forward:
    case TableId::locator:
    case TableId::session_counters:
    case TableId::leases:
    case TableId::operation:
    case TableId::services:
    case TableId::data_sequence:
        return true;
    case TableId::process_counters:
    case TableId::config:
    case TableId::processes:
    case TableId::radius_requests:
    case TableId::fast_path:
    case TableId::memory:
    case TableId::counter_baseline: // of process_counters
    case TableId::carried_counters:
    case TableId::throttle:
    case TableId::rule_counters:
    case TableId::user_hashes: // follow from the sessions
        return false;
    }
    return true;
}

// One each that is to be there, and the counters of workers that are not to run any more.
std::vector<std::uint16_t> instances_found(const std::string& rundir, TableId table,
                                           const std::vector<WorkerId>& workers) {
    auto instances = instances_of(table, workers);
    if (table != TableId::session_counters) return instances;
    for (auto i = static_cast<std::uint16_t>(instances.size() - 1); i < kMaxDatapathWorkers; ++i)
        if (shm::segment_exists(rundir, table, i)) instances.push_back(i);
    return instances;
}

MonoTime read_heartbeat(const std::string& rundir, const shm::TableSizes& sizes) {
    const auto segment = shm::open_segment(rundir, TableId::processes, 0, sizes);
    if (!segment) return {};
    const auto map = shm::Mapping::map(segment->read_only.get(), TableId::processes, false);
    return map ? map->reader<shm::ProcessRecord>().get(0).heartbeat : MonoTime{};
}

} // namespace

SharedTables::Left SharedTables::look(const std::string& rundir, const conf::Config& config,
                                      const std::vector<WorkerId>& workers) {
    Left left;
    const shm::TableSizes sizes = shm::table_sizes(config);
    left.any = shm::segment_exists(rundir, TableId::sessions, 0);
    if (!left.any) return left;
    left.heartbeat = read_heartbeat(rundir, sizes);
    for (std::size_t t = 0; t < shm::kTableCount; ++t) {
        const auto id = static_cast<TableId>(t);
        if (!is_truth(id)) continue;
        for (const std::uint16_t instance : instances_found(rundir, id, workers)) {
            if (id == TableId::session_counters && !shm::segment_exists(rundir, id, instance)) continue; // a new worker
            const auto segment = shm::open_segment(rundir, id, instance, sizes);
            if (!segment && left.fits) left.fits = Failure<Error>{segment.error()};
        }
    }
    return left;
}

Result<SharedTables> SharedTables::attach(const std::string& rundir, const conf::Config& config,
                                          const std::vector<WorkerId>& workers) {
    SharedTables tables;
    tables.leave_in_place();
    const shm::TableSizes sizes = shm::table_sizes(config);
    for (std::size_t t = 0; t < shm::kTableCount; ++t) {
        const auto id = static_cast<TableId>(t);
        for (const std::uint16_t instance : instances_found(rundir, id, workers)) {
            auto segment = shm::open_segment(rundir, id, instance, sizes);
            const bool makeable = !is_truth(id) || !shm::segment_exists(rundir, id, instance);
            if (!segment && makeable) segment = shm::create_segment(rundir, id, instance, sizes);
            if (!segment) return Failure<Error>{segment.error()};
            tables.segments_.push_back(std::move(*segment));
        }
    }
    if (const auto mapped = tables.map_own(); !mapped) return Failure<Error>{mapped.error()};
    tables.generation_ = tables.config_.get(0).generation;
    for (std::size_t slot = workers.size() + 1; slot < tables.processes_.size(); ++slot)
        tables.set_process(slot, {});
    return tables;
}

Status<> SharedTables::make(const std::string& rundir, TableId id, std::uint16_t instance,
                            const shm::TableSizes& sizes) {
    auto segment = shm::create_segment(rundir, id, instance, sizes);
    if (!segment) return Failure<Error>{segment.error()};
    segments_.push_back(std::move(*segment));
    return Done{};
}

Status<> SharedTables::map_own() {
    for (auto& [id, map] : {std::pair{TableId::config, &config_map_},
                            {TableId::processes, &processes_map_},
                            {TableId::fast_path, &fast_path_map_},
                            {TableId::memory, &memory_map_}}) {
        const auto segment = std::ranges::find(segments_, id, &shm::Segment::id);
        auto mapped = shm::Mapping::map(segment->writable.get(), id, true);
        if (!mapped) return Failure<Error>{mapped.error()};
        *map = std::move(*mapped);
    }
    config_ = config_map_.writer<shm::ConfigRecord>();
    processes_ = processes_map_.writer<shm::ProcessRecord>();
    fast_path_ = fast_path_map_.writer<shm::FastPathRecord>();
    memory_ = memory_map_.writer<shm::TableMemory>();
    return Done{};
}

Result<SharedTables> SharedTables::create(const std::string& rundir, const conf::Config& config,
                                          const std::vector<WorkerId>& workers) {
    SharedTables tables;
    shm::remove_all_segments(rundir);
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

void SharedTables::measure(std::uint64_t fast_path_maps) {
    std::size_t next = 0;
    for (const shm::Segment& segment : segments_)
        memory_.write(next++, shm::memory_of(segment));
    if (fast_path_maps > 0) memory_.write(next++, {shm::kFastPathMemory, 0, 1, fast_path_maps});
    for (; memory_.version(next) != 0; ++next) // of a parent before
        if (memory_.get(next).records != 0) memory_.write(next, {});
}

SharedTables::~SharedTables() {
    if (left_in_place_) return;
    for (const shm::Segment& segment : segments_)
        shm::remove_segment(segment.name);
}

} // namespace lns::parent
