// SPDX-License-Identifier: ISC
// The list of shared tables: identity, record, writer, fingerprint. A new table is a row here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "lib/conf/config.h"
#include "shm/layout.h"
#include "shm/records.h"

namespace lns::shm {

enum class TableId : std::uint16_t {
    tunnels,          // TwoSlot<TunnelRecord>
    sessions,         // TwoSlot<SessionRecord>
    session_aaa,      // TwoSlot<SessionAaa>
    forward,          // TwoSlot<ForwardRecord>
    locator,          // words: shm/locator.h
    session_counters, // SessionCounters, one table a datapathd instance, and one of the fast path
    process_counters, // words, one table a worker: shm/counters.h
    config,           // TwoSlot<ConfigRecord>, one record
    processes,        // TwoSlot<ProcessRecord>
    radius_requests,  // TwoSlot<RadiusRequestRecord>
    leases,           // TwoSlot<LeaseRecord>
    operation,        // TwoSlot<OperationRecord>, one record
    counter_baseline, // TwoSlot<CounterValues>
    carried_counters, // TwoSlot<CounterValues>
    services,         // TwoSlot<SessionServices>
    throttle,         // ThrottleState
    rule_counters,    // RuleCounter, one table a datapathd instance
    fast_path,        // TwoSlot<FastPathRecord>, one record
    data_sequence,    // DataSequence
    memory,           // TwoSlot<TableMemory>
    user_hashes,      // words: shm/user_hashes.h
};
inline constexpr std::size_t kTableCount = 21;

struct ConfigRecord {
    std::uint64_t generation = 0;
    conf::Config config;
};

struct TableDef {
    TableId id;
    std::string_view name;    // in the name of the segment
    std::size_t cell_size;    // bytes a record takes, with the commit word if it has one
    std::uint64_t layout;     // of the record
    std::uint32_t second = 0; // cells behind the records: the second slot of a table of TwoSlot
    std::uint32_t far = 0;    // cells behind that, for each record and the second slot: of packed ones
};

// How many records each table gets, from the configuration.
struct TableSizes {
    std::uint32_t tunnels;  // max_tunnels + 1: slot 0 is never used
    std::uint32_t sessions; // slots: whole blocks of 256, see session_slots()
    std::uint32_t max_sessions;
};

inline constexpr std::uint32_t kBlockSlots = 256; // session slots a tunnel takes at a time
inline constexpr std::uint32_t kBlocksPerTunnel = 256;
inline constexpr std::uint32_t kMaxRadiusRequests = 65536;
inline constexpr std::uint32_t kMaxProcesses = 64;
inline constexpr std::uint32_t kMaxSegments = 128;
inline constexpr std::uint32_t kRuleCounters = 8192; // twice as many as there are rules at most

// The instance of session_counters with what the fast path in the kernel counted. Written by the first datapathd;
// above those of the workers.
inline constexpr std::uint16_t kFastPathCounters = 256;

// The instance number of a worker's process_counters table. `proc` as in lib/imsg/process.h.
// Never 0: the parent counts nothing.
constexpr std::uint16_t counters_instance(unsigned proc, unsigned instance) {
    return static_cast<std::uint16_t>(proc * 256 + instance);
}

// A tunnel's last block is seldom full: a block for each tunnel on top of what the sessions fill, and
// block 0, which is never given away. With few tunnels as much again, since sessions whose CDN nobody acknowledges keep
// their slots for half a minute, in which no more than kLingeringBlocks take come again. Segments are sparse: what is
// not touched takes no memory.
inline constexpr std::uint32_t kLingeringBlocks = 512;
constexpr std::uint32_t session_slots(std::uint32_t max_sessions, std::uint32_t max_tunnels) {
    const std::uint32_t filled = (max_sessions + kBlockSlots - 1) / kBlockSlots;
    return (filled + std::max(max_tunnels, std::min(filled, kLingeringBlocks)) + 1) * kBlockSlots;
}

constexpr TableSizes table_sizes(const conf::Config& config) {
    return {config.max_tunnels + 1, session_slots(config.max_sessions, config.max_tunnels), config.max_sessions};
}

const TableDef& table_def(TableId id);
std::uint64_t record_count(TableId id, const TableSizes& sizes);
// What the table takes when every record of it was touched: its cells.
std::uint64_t table_bytes(TableId id, std::uint64_t records);

// The fingerprint of all tables together, for --layout.
std::uint64_t layout_of_all_tables();

} // namespace lns::shm
