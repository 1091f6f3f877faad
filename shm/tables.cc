// SPDX-License-Identifier: ISC
#include "shm/tables.h"

#include "shm/locator.h"
#include "shm/two_slot.h"

namespace lns::shm {

namespace {

#define F(name) LNS_FIELD(R, name)

consteval std::uint64_t tunnel_layout() {
    using R = TunnelRecord;
    return layout_hash(sizeof(R),
                       {F(generation), F(state), F(authenticated), F(dropped), F(local_id), F(peer_id), F(session_mask),
                        F(peer), F(local_address), F(created), F(host_name), F(vendor_name), F(core)});
}

consteval std::uint64_t session_layout() {
    using R = SessionRecord;
    return layout_hash(sizeof(R), {F(generation),
                                   F(tunnel),
                                   F(tunnel_generation),
                                   F(local_id),
                                   F(peer_id),
                                   F(state),
                                   F(auth_method),
                                   F(acct_state),
                                   F(auth_local),
                                   F(auth_pending),
                                   F(forwarding),
                                   F(has_aaa),
                                   F(end_reason),
                                   F(address),
                                   F(netmask),
                                   F(dns1),
                                   F(dns2),
                                   F(auth_request),
                                   F(terminate_cause),
                                   F(acct_sequence),
                                   F(serial),
                                   F(tx_speed),
                                   F(rx_speed),
                                   F(session_timeout),
                                   F(idle_timeout),
                                   F(interim_interval),
                                   F(mru),
                                   F(acct_session_id),
                                   F(created),
                                   F(opened),
                                   F(next_interim),
                                   F(last_traffic),
                                   F(opened_wall),
                                   F(baseline),
                                   F(carried),
                                   F(core),
                                   F(user),
                                   F(calling),
                                   F(called)});
}

consteval std::uint64_t aaa_layout() {
    using R = SessionAaa;
    return layout_hash(sizeof(R),
                       {F(generation), F(route_count), F(class_count), F(filter_in_ordered), F(filter_out_ordered),
                        F(route_addresses), F(route_lengths), F(classes), F(filter_in), F(filter_out)});
}

consteval std::uint64_t forward_layout() {
    using R = ForwardRecord;
    return layout_hash(sizeof(R), {F(generation), F(address), F(peer), F(local), F(peer_port), F(peer_tunnel),
                                   F(peer_session), F(mru), F(state), F(route_count), F(flags)});
}

consteval std::uint64_t counters_layout() {
    using R = SessionCounters;
    return layout_hash(sizeof(R), {F(up_packets), F(up_octets), F(down_packets), F(down_octets), F(up_dropped),
                                   F(down_dropped), F(last_up), F(last_down)});
}

consteval std::uint64_t process_layout() {
    using R = ProcessRecord;
    return layout_hash(sizeof(R), {F(proc), F(state), F(instance), F(pid), F(uid), F(restarts), F(user), F(started),
                                   F(messages_in), F(messages_out), F(queued), F(heartbeat), F(last_exit), F(memory)});
}

consteval std::uint64_t radius_layout() {
    using R = RadiusRequestRecord;
    return layout_hash(sizeof(R), {F(state), F(id), F(tries), F(session), F(retry_at)});
}

consteval std::uint64_t lease_layout() {
    using R = LeaseRecord;
    return layout_hash(sizeof(R), {F(address), F(session), F(generation), F(released), F(user)});
}

consteval std::uint64_t operation_layout() {
    using R = OperationRecord;
    return layout_hash(sizeof(R), {F(draining), F(changed)});
}

consteval std::uint64_t values_layout() {
    using R = CounterValues;
    return layout_hash(sizeof(R), {F(cleared), F(instance), F(values)});
}

consteval std::uint64_t services_layout() {
    using R = SessionServices;
    return layout_hash(sizeof(R), {F(generation), F(throttle_in), F(throttle_out), F(snoop_address), F(snoop_port),
                                   F(burst_in), F(burst_out), F(first_ns)});
}

consteval std::uint64_t throttle_layout() {
    using R = ThrottleState;
    return layout_hash(sizeof(R), {F(up), F(down), F(down_packets)});
}

consteval std::uint64_t sequence_layout() {
    using R = DataSequence;
    return layout_hash(sizeof(R), {F(word)});
}

consteval std::uint64_t rule_counter_layout() {
    using R = RuleCounter;
    return layout_hash(sizeof(R), {F(key), F(matches)});
}

consteval std::uint64_t fast_path_layout() {
    using R = FastPathRecord;
    return layout_hash(sizeof(R), {F(mode), F(pinned), F(interfaces), F(why_off), F(warnings)});
}

consteval std::uint64_t memory_layout() {
    using R = TableMemory;
    return layout_hash(sizeof(R), {F(table), F(instance), F(records), F(octets)});
}

#undef F

// The configuration is published and read by processes of one start: its size tells enough.
constexpr std::uint64_t kConfigLayout = 0x434f4e46 + sizeof(ConfigRecord);
constexpr std::uint64_t kWordsLayout = 0x574f5244;
constexpr std::uint64_t kLocatorLayout = 0x4c4f4302;
constexpr std::uint64_t kUserHashesLayout = 0x464e5631; // by the function that makes them

template <class Record>
constexpr TableDef two_slot(TableId id, std::string_view name, std::uint64_t layout) {
    return {id, name, sizeof(TwoSlot<Record>), layout, 1, TwoSlot<Record>::kFar};
}

constexpr std::array<TableDef, kTableCount> kTables{{
    two_slot<TunnelRecord>(TableId::tunnels, "tunnels", tunnel_layout()),
    two_slot<SessionRecord>(TableId::sessions, "sessions", session_layout()),
    two_slot<SessionAaa>(TableId::session_aaa, "aaa", aaa_layout()),
    two_slot<ForwardRecord>(TableId::forward, "forward", forward_layout()),
    {TableId::locator, "locator", sizeof(std::uint32_t), kLocatorLayout},
    {TableId::session_counters, "scounters", sizeof(SessionCounters), counters_layout()},
    {TableId::process_counters, "pcounters", sizeof(std::uint64_t), kWordsLayout},
    two_slot<ConfigRecord>(TableId::config, "config", kConfigLayout),
    two_slot<ProcessRecord>(TableId::processes, "processes", process_layout()),
    two_slot<RadiusRequestRecord>(TableId::radius_requests, "radius", radius_layout()),
    two_slot<LeaseRecord>(TableId::leases, "leases", lease_layout()),
    two_slot<OperationRecord>(TableId::operation, "operation", operation_layout()),
    two_slot<CounterValues>(TableId::counter_baseline, "baseline", values_layout()),
    two_slot<CounterValues>(TableId::carried_counters, "carried", values_layout()),
    two_slot<SessionServices>(TableId::services, "services", services_layout()),
    {TableId::throttle, "throttle", sizeof(ThrottleState), throttle_layout()},
    {TableId::rule_counters, "rcounters", sizeof(RuleCounter), rule_counter_layout()},
    two_slot<FastPathRecord>(TableId::fast_path, "fastpath", fast_path_layout()),
    {TableId::data_sequence, "sequence", sizeof(DataSequence), sequence_layout()},
    two_slot<TableMemory>(TableId::memory, "memory", memory_layout()),
    {TableId::user_hashes, "uhashes", sizeof(std::uint32_t), kUserHashesLayout},
}};

constexpr bool complete() {
    for (std::size_t i = 0; i < kTables.size(); ++i)
        if (kTables[i].id != static_cast<TableId>(i) || kTables[i].layout == 0) return false;
    return true;
}
static_assert(complete(), "every table has a row in the order of TableId, and its fields are all listed");
static_assert(sizeof(TwoSlot<ForwardRecord>) == 64, "the hot part of a session is one cache line");

} // namespace

const TableDef& table_def(TableId id) { return kTables[static_cast<std::size_t>(id)]; }

std::uint64_t record_count(TableId id, const TableSizes& sizes) {
    switch (id) {
    case TableId::tunnels:
        return sizes.tunnels;
    case TableId::sessions:
    case TableId::session_aaa:
    case TableId::forward:
    case TableId::session_counters:
    case TableId::services:
    case TableId::throttle:
    case TableId::data_sequence:
    case TableId::user_hashes:
        return sizes.sessions;
    case TableId::locator:
        return Locator::words(sizes.tunnels, sizes.sessions / kBlockSlots);
    case TableId::process_counters:
        return kMaxCounters;
    case TableId::config:
    case TableId::operation:
    case TableId::fast_path:
        return 1;
    case TableId::counter_baseline:
    case TableId::carried_counters:
    case TableId::processes:
        return kMaxProcesses;
    case TableId::radius_requests:
        return kMaxRadiusRequests;
    case TableId::rule_counters:
        return kRuleCounters;
    case TableId::memory:
        return kMaxSegments;
    case TableId::leases:
        return std::uint64_t{sizes.max_sessions} * 2; // in use, and as many remembered
    }
    return 0;
}

std::uint64_t table_bytes(TableId id, std::uint64_t records) {
    const TableDef& table = table_def(id);
    return (records + table.second) * (1 + table.far) * table.cell_size;
}

std::uint64_t layout_of_all_tables() {
    std::uint64_t hash = 0;
    for (const TableDef& table : kTables)
        hash = hash * 31 + (table.layout ^ table.cell_size);
    return hash;
}

} // namespace lns::shm
