// SPDX-License-Identifier: ISC
// What radiusd-client counts, in its process_counters table: the order is that of the words.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lns::radius_client {

enum class Counter : std::uint8_t {
    auth_requests,    // from sessiond
    auth_accepted,    // answered with accept
    auth_rejected,    // with reject
    auth_unavailable, // without an answer of any server
    auth_cancelled,
    auth_local, // decided by the subscribers file
    packets_sent,
    packets_resent, // the same packet once more
    packets_unsent, // the socket refused it
    replies,
    reply_malformed, // in the order of Drop
    reply_foreign,
    reply_unmatched,
    reply_wrong_code,
    reply_wrong_authenticator,
    reply_wrong_message_authenticator,
    reply_no_message_authenticator,
    reply_proxy_state,
    remark_bad_attribute, // in the order of radius::RemarkKind
    remark_unsupported,
    remark_bad_route,
    remark_refused_route,
    remark_refused_address,
    remark_bad_avpair,
    remark_bad_filter,
    remark_bad_value,
    remark_no_room,
    server_dead, // a server was found dead
    acct_requests,
    acct_stored,
    acct_acknowledged,
    acct_late,      // a round of tries ended without an acknowledgement
    acct_refused,   // neither disk nor memory had room
    spool_failures, // a transaction failed
    count_
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Counter::count_)> kCounterNames{
    "auth_requests",
    "auth_accepted",
    "auth_rejected",
    "auth_unavailable",
    "auth_cancelled",
    "auth_local",
    "packets_sent",
    "packets_resent",
    "packets_unsent",
    "replies",
    "reply_malformed",
    "reply_foreign",
    "reply_unmatched",
    "reply_wrong_code",
    "reply_wrong_authenticator",
    "reply_wrong_message_authenticator",
    "reply_no_message_authenticator",
    "reply_proxy_state",
    "remark_bad_attribute",
    "remark_unsupported",
    "remark_bad_route",
    "remark_refused_route",
    "remark_refused_address",
    "remark_bad_avpair",
    "remark_bad_filter",
    "remark_bad_value",
    "remark_no_room",
    "server_dead",
    "acct_requests",
    "acct_stored",
    "acct_acknowledged",
    "acct_late",
    "acct_refused",
    "spool_failures",
};
static_assert(!kCounterNames.back().empty(), "every counter has a name");

} // namespace lns::radius_client
