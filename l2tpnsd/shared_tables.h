// SPDX-License-Identifier: ISC
// The shared tables as their owner holds them: all segments, and the two tables the parent writes. It
// never maps those that workers write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "l2tpnsd/worker_table.h"
#include "shm/segment.h"

namespace lns::parent {

class SharedTables {
public:
    // Makes every table, sized by the configuration, one of session_counters for each datapathd and the fast
    // path, and one of process_counters for each worker. Nothing stays when it fails.
    static Result<SharedTables> create(const std::string& rundir, const conf::Config& config,
                                       const std::vector<WorkerId>& workers);

    // What an instance before left. An error says why its tables cannot be gone on with.
    struct Left {
        bool any = false;
        Status<> fits = Done{};
        MonoTime heartbeat{}; // of the parent; unset when unknown
    };
    static Left look(const std::string& rundir, const conf::Config& config, const std::vector<WorkerId>& workers);
    // Goes on with tables that fit. Those that hold no state of sessions are made where they are missing.
    // Counters of a datapathd that runs no more stay: sums go on.
    static Result<SharedTables> attach(const std::string& rundir, const conf::Config& config,
                                       const std::vector<WorkerId>& workers);

    [[nodiscard]] const std::vector<shm::Segment>& segments() const { return segments_; }

    // Publishes a snapshot; its generation.
    std::uint64_t publish(const conf::Config& config);
    // Slot 0 is the parent, 1 .. the workers in the order given to create().
    void set_process(std::size_t slot, const shm::ProcessRecord& record) { processes_.write(slot, record); }
    // Publishes what each segment takes, and the maps of the fast path.
    void measure(std::uint64_t fast_path_maps);
    void set_fast_path(const shm::FastPathRecord& record) { fast_path_.write(0, record); }

    // Whether they outlive this process.
    void leave_in_place(bool stay = true) { left_in_place_ = stay; }

    SharedTables() = default;
    SharedTables(SharedTables&&) = default;
    SharedTables& operator=(SharedTables&&) = default;
    // Removes the names, unless they are to stay: the memory goes with the last process that maps it.
    ~SharedTables();

private:
    Status<> make(const std::string& rundir, shm::TableId id, std::uint16_t instance, const shm::TableSizes& sizes);
    Status<> map_own();

    std::vector<shm::Segment> segments_;
    shm::Mapping config_map_;
    shm::Mapping processes_map_;
    shm::Mapping fast_path_map_;
    shm::Mapping memory_map_;
    shm::TwoSlotWriter<shm::ConfigRecord> config_;
    shm::TwoSlotWriter<shm::ProcessRecord> processes_;
    shm::TwoSlotWriter<shm::FastPathRecord> fast_path_;
    shm::TwoSlotWriter<shm::TableMemory> memory_;
    std::uint64_t generation_ = 0;
    bool left_in_place_ = false;
};

} // namespace lns::parent
