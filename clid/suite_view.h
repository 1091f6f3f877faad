// SPDX-License-Identifier: ISC
// What clid sees of the suite: the shared tables, all of them read-only. A connection's child works on
// a copy of this made by fork; reading stalls nobody (two-slot records).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "lib/base/ids.h"
#include "lib/conf/ip_pool.h"
#include "lib/imsg/process.h"
#include "shm/locator.h"
#include "shm/segment.h"
#include "shm/session_counters.h"
#include "shm/user_hashes.h"

namespace lns::clid {

struct ProcessCounters { // of one worker: shm/counters.h
    Proc proc{};
    std::uint16_t instance = 0;
    std::span<std::uint64_t> words; // to be read only
};

struct SuiteView {
    shm::TwoSlotReader<shm::TunnelRecord> tunnels;
    shm::TwoSlotReader<shm::SessionRecord> sessions;
    shm::TwoSlotReader<shm::SessionAaa> session_aaa;
    shm::TwoSlotReader<shm::SessionServices> services;
    shm::TwoSlotReader<shm::ProcessRecord> processes;
    shm::TwoSlotReader<shm::RadiusRequestRecord> radius_requests;
    shm::TwoSlotReader<shm::LeaseRecord> leases;
    shm::TwoSlotReader<shm::ConfigRecord> config;
    shm::TwoSlotReader<shm::OperationRecord> operation;
    shm::TwoSlotReader<shm::CounterValues> baselines;
    shm::TwoSlotReader<shm::CounterValues> carried;
    shm::TwoSlotReader<shm::FastPathRecord> fast_path;
    shm::TwoSlotReader<shm::TableMemory> memory;
    shm::Locator locator;
    shm::UserHashes user_hashes;
    shm::SessionCounterSum counters;
    std::vector<std::span<shm::RuleCounter>> rule_counters; // of each datapathd; to be read only
    std::vector<ProcessCounters> process_counters;
    conf::PoolPlan pool; // of the file ip_pool
};

// The mappings must outlive the view. A table that is missing reads as empty.
struct TableMap {
    shm::TableId id{};
    std::uint16_t instance = 0;
    const shm::Mapping* map = nullptr;
};
SuiteView make_view(const std::vector<TableMap>& maps);

// Session slots come in blocks (shm/locator.h), and untouched blocks take no memory: a walk touches
// only those that a tunnel owns. Ascending, so lists come out in the order of the SID.
std::vector<std::uint32_t> blocks_in_use(const SuiteView& view);
std::vector<std::uint32_t> blocks_of_tunnel(const SuiteView& view, TunnelIndex tunnel);

// A session that is connected or becoming so: neither free nor ended.
bool is_connected(shm::SessionState state);
bool is_connected(const shm::SessionRecord& record);

// Calls for each connected session in these blocks until `visit` returns false. One record is held at
// a time, however many there are.
using SessionVisitor = std::function<bool(SessionIndex, const shm::SessionRecord&)>;
void for_each_session(const SuiteView& view, const std::vector<std::uint32_t>& blocks, const SessionVisitor& visit);

// The state of each slot that a tunnel owns, without the rest of the record: for counting.
void for_each_state(const SuiteView& view, const std::function<void(shm::SessionState)>& visit);

// Is it this user's? The name may be given as it is, or as the CLI shows it.
bool is_user(const shm::SessionRecord& record, std::string_view name);

// One use of a session's slot.
struct SessionKey {
    SessionIndex sid{};
    Generation generation{};
};
// In the order of the SID. Records of others are not read.
std::vector<SessionKey> sessions_of_user(const SuiteView& view, std::string_view name);
// The record of that use; nothing when the session is over.
std::optional<shm::SessionRecord> find_session(const SuiteView& view, const SessionKey& key);

// How many connected sessions a tunnel has.
std::uint32_t count_sessions(const SuiteView& view, TunnelIndex tunnel);

// The tunnel with that local id (the TID); nothing when there is none.
std::optional<TunnelIndex> find_tunnel(const SuiteView& view, TunnelId id);

// The tunnel a session belongs to. Keeps the last one found, since neighbours share it.
class TunnelOfSession {
public:
    explicit TunnelOfSession(const SuiteView& view) : view_(view) {}
    // A default record when the tunnel is gone.
    const shm::TunnelRecord& find(const shm::SessionRecord& session);

private:
    const SuiteView& view_;
    TunnelIndex index_{};
    Generation generation_{};
    shm::TunnelRecord record_;
};

} // namespace lns::clid
