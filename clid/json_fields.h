// SPDX-License-Identifier: ISC
// What the JSON documents hold. The manual page's lists are made from these tables.
#pragma once

#include <array>
#include <vector>

#include "clid/format_counters.h"
#include "clid/format_session.h"
#include "clid/format_uptime.h"
#include "clid/json.h"

namespace lns::clid {

struct SessionRow {
    const SessionFacts& facts;
    const shm::SessionAaa* aaa; // nullptr: nothing beyond the ordinary
    MonoTime now;
};
std::span<const JsonField<SessionRow>> session_fields();
std::span<const JsonField<SessionRow>> user_fields();

struct TunnelRow {
    const shm::TunnelRecord& record;
    std::uint32_t sessions;
    std::vector<SessionIndex> sids; // where the command names the tunnel
    MonoTime now;
};
std::span<const JsonField<TunnelRow>> tunnel_fields();

struct LeaseRow {
    const shm::LeaseRecord& record;
    MonoTime now;
};
std::span<const JsonField<LeaseRow>> lease_fields();

std::span<const JsonField<shm::RadiusRequestRecord>> radius_fields();

struct ProcessRow {
    const shm::ProcessRecord& record;
    MonoTime now;
};
std::span<const JsonField<ProcessRow>> process_fields();

std::span<const JsonField<CounterFacts>> counter_fields();
std::span<const JsonField<TrafficTotals::Direction>> traffic_fields();

struct FastPathRow {
    shm::FastPathRecord record;
    std::string_view mode;
    std::uint64_t sessions = 0;
};
std::span<const JsonField<FastPathRow>> fast_path_fields();

std::span<const JsonField<shm::TableMemory>> table_memory_fields();
std::span<const JsonField<shm::ProcessRecord>> process_memory_fields();
// As `show memory` calls it.
std::string table_name(const shm::TableMemory& memory);

struct UptimeRow {
    Uptime uptime;
    Bandwidth rate;
    bool draining = false;
};
std::span<const JsonField<UptimeRow>> uptime_fields();

// mdoc: the documents in l2tpns-cli(7), made by make update-golden, and the lines around them.
inline constexpr std::string_view kJsonBegin = ".\\\" The documents are listed by make update-golden.\n";
inline constexpr std::string_view kJsonEnd = ".\\\" End of the documents.\n";
std::string json_manual();

} // namespace lns::clid
