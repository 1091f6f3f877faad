// SPDX-License-Identifier: ISC
// What an instance leaves on record in RUNDIR, so that the next l2tpnsd, or --purge, finds what outlives the
// parent: its workers, each with the time it started, and the TUN device. Only root can write there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "l2tpnsd/worker_table.h"
#include "lib/base/result.h"

namespace lns::parent {

struct RecordedWorker {
    WorkerId id;
    pid_t pid = 0;
    std::uint64_t started = 0; // clock ticks after boot: tells it from a later process of that number
    friend bool operator==(const RecordedWorker&, const RecordedWorker&) = default;
};

struct InstanceRecord {
    std::string boot;    // the id of the boot it is of
    std::string network; // the network namespace that the device is in
    std::string tun;     // name of the device
    std::vector<RecordedWorker> workers;
    friend bool operator==(const InstanceRecord&, const InstanceRecord&) = default;
};

std::string print_record(const InstanceRecord& record);
// Lines that it does not know are skipped: a later release may have written them.
InstanceRecord parse_record(std::string_view text);

// What stands in the file; an empty record when there is none or when it is of another boot. Without the device when
// that is in another network namespace than this process: one of the same name here is not ours.
InstanceRecord read_record(const std::string& path);
// Wholly or not at all, whenever the parent is killed.
Status<> write_record(const std::string& path, const InstanceRecord& record);

// Names the network namespace of this process.
std::string network_namespace();
// When that process started; 0 when there is none.
std::uint64_t start_time_of(pid_t pid);

} // namespace lns::parent
