// SPDX-License-Identifier: ISC
// A state file read into the tables of a new boot, before anything is attached to them: from there on it
// is as after a crash (Store::attach and the others), so nothing else has to know of state files.
#pragma once

#include "sessiond/state_writer.h"
#include "shm/session_counters.h"

namespace lns::sessiond {

struct LoadTarget {
    Store::Tables tables;
    shm::TwoSlotWriter<shm::LeaseRecord> leases;
    const shm::SessionCounterSum& traffic;
    worker::Worker& worker; // for the tables of counters
    std::uint32_t max_sessions;
    MonoTime now;
    std::int64_t wall; // unix seconds
};

// The error is why the file is refused; nothing was changed then. Otherwise the tables hold what the file
// has, and nothing else: a load that a crash broke off begins anew. What of it cannot be understood, or
// finds no room, is left out with a log line.
Result<StateTally> load_state(Bytes file, LoadTarget target);

} // namespace lns::sessiond
