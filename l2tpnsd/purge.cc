// SPDX-License-Identifier: ISC
#include "l2tpnsd/purge.h"

#include <unistd.h>

#include "l2tpnsd/fast_path_programs.h"
#include "l2tpnsd/old_workers.h"
#include "l2tpnsd/run_directory.h"
#include "l2tpnsd/tun.h"
#include "shm/segment.h"

namespace lns::parent {

namespace {

constexpr std::chrono::seconds kTimeToUnlock{5};

} // namespace

Status<> purge(const std::string& path) {
    if (access(path.c_str(), F_OK) != 0) { // nobody can be running there
        shm::remove_all_segments(path);
        return Done{};
    }
    auto rundir = RunDirectory::open_existing(path);
    if (!rundir) return Failure<Error>{rundir.error()};
    rundir->leave_in_place(); // should one of the steps fail
    const InstanceRecord record = read_record(rundir->record_file());
    OldWorkers workers = OldWorkers::find(record);
    if (auto ended = workers.end_all(); !ended) return ended;
    if (auto locked = rundir->take_writers_lock(Clock::now() + kTimeToUnlock); !locked) return locked;
    remove_fast_path_pins(rundir->bpf_directory());
    // The device's routes go with it.
    if (!record.tun.empty())
        if (auto removed = remove_tun(record.tun); !removed) return removed;
    shm::remove_all_segments(path);
    rundir->leave_in_place(false);
    return Done{};
}

} // namespace lns::parent
