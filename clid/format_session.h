// SPDX-License-Identifier: ISC
// `show session` and `show users` as text. Pure: records in, strings out. Text from peers is escaped
// here, since the line goes to somebody's terminal.
#pragma once

#include <optional>
#include <string>

#include "shm/records.h"

namespace lns::clid {

// One session and what belongs to it, read at about the same instant.
struct SessionFacts {
    SessionIndex sid{};
    const shm::SessionRecord& record;
    const shm::TunnelRecord& tunnel;
    shm::SessionCounters counters{}; // sums; the record's baseline is not yet taken off
    shm::SessionServices services{}; // none where they are of another use of the slot
};

// What the user moved, or tried to, since the session began.
struct Traffic {
    std::uint64_t downloaded = 0, uploaded = 0; // octets
    std::uint64_t down_packets = 0, up_packets = 0;
    std::uint64_t down_dropped = 0, up_dropped = 0; // packets: throttled, filtered, too big ...
};
Traffic traffic_of(const SessionFacts& facts);

// Seconds since the session opened (since the call, before that) and since its last packet.
std::int64_t opened_seconds(const SessionFacts& facts, MonoTime now);
std::int64_t idle_seconds(const SessionFacts& facts, MonoTime now);

// The column Username: `*` before authentication.
std::string user_column(const shm::SessionRecord& record);

// RFC 1661 3.2, as far as the session's state tells.
const char* ppp_phase(const shm::SessionRecord& record);

std::string format_session_header();
std::string format_session_row(const SessionFacts& facts, MonoTime now);
// Several lines, the first one empty. `aaa` where the record says has_aaa.
std::string format_session_detail(const SessionFacts& facts, const std::optional<shm::SessionAaa>& aaa, MonoTime now);

} // namespace lns::clid
