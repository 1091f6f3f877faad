// SPDX-License-Identifier: ISC
// What sessiond keeps beyond a boot or a release (save_state): the records of a state file, of which
// lib/state/file.h has the form. The tables of fields are in saved_state.cc. Pure.
#pragma once

#include <span>
#include <vector>

#include "lib/l2tp/control_connection.h"
#include "lib/state/file.h"
#include "sessiond/session_core.h"
#include "shm/records.h"

namespace lns::sessiond {

struct SavedOrigin { // the first record
    FixedText<62> program;
    std::int64_t wall = 0; // unix seconds at the moment of saving
};

struct SavedTunnel {
    std::uint32_t index = 0;
    shm::TunnelRecord record; // without its core
    l2tp::ControlConnection connection;
    std::vector<l2tp::OutMessage> unacknowledged; // in the order of Ns: what its ring has
};

struct SavedSession {
    std::uint32_t index = 0;   // the slot is taken again where that is possible
    shm::SessionRecord record; // without its core; `carried` and `last_traffic` as of the moment of saving
    SessionCore core;
    shm::SessionAaa aaa;
    shm::SessionServices services;
};

struct SavedLease {
    shm::LeaseRecord record;
};

struct SavedCounter {
    FixedText<62> name;
    std::uint64_t value = 0; // since counters were cleared
};

struct SavedCounters { // of one process
    FixedText<30> program;
    std::uint16_t instance = 0;
    std::int64_t cleared = 0; // unix seconds; 0: never
    std::vector<SavedCounter> counters;
};

// The kinds of records that a file has.
std::span<const state::Kind* const> saved_kinds();

SavedTunnel saved_tunnel(TunnelIndex index, const shm::TunnelRecord& record);
// The record as it was, its core with it.
shm::TunnelRecord restored(const SavedTunnel& saved);
shm::SessionRecord restored(const SavedSession& saved);

// nullptr, or why the record cannot be worked with, whatever it is that damaged it or wrote it.
const char* fault_of(const SavedTunnel& saved);
const char* fault_of(const SavedSession& saved);

} // namespace lns::sessiond
