// SPDX-License-Identifier: ISC
// What radiusd-client counts, in its process_counters table: the order is that of the words.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "shm/counters.h"

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

using CounterDef = shm::CounterDef<Counter>;

inline constexpr std::array kCounters{
    CounterDef{Counter::auth_requests, "auth_requests", "logins that sessiond asked about"},
    CounterDef{Counter::auth_accepted, "auth_accepted", "logins accepted"},
    CounterDef{Counter::auth_rejected, "auth_rejected", "logins rejected"},
    CounterDef{Counter::auth_unavailable, "auth_unavailable", "logins without an answer of any server"},
    CounterDef{Counter::auth_cancelled, "auth_cancelled", "logins whose session ended first"},
    CounterDef{Counter::auth_local, "auth_local", "logins decided by the subscribers file"},
    CounterDef{Counter::packets_sent, "packets_sent", "packets sent to RADIUS servers"},
    CounterDef{Counter::packets_resent, "packets_resent", "the same packet once more"},
    CounterDef{Counter::packets_unsent, "packets_unsent", "packets that the socket refused"},
    CounterDef{Counter::replies, "replies", "packets received"},
    CounterDef{Counter::reply_malformed, "reply_malformed", "replies whose lengths do not fit"},
    CounterDef{Counter::reply_foreign, "reply_foreign", "not from a server's address and port"},
    CounterDef{Counter::reply_unmatched, "reply_unmatched", "to no request that waits: late, twice, or forged"},
    CounterDef{Counter::reply_wrong_code, "reply_wrong_code", "not an answer to such a request"},
    CounterDef{Counter::reply_wrong_authenticator, "reply_wrong_authenticator",
               "Response Authenticator wrong: another secret, or forged"},
    CounterDef{Counter::reply_wrong_message_authenticator, "reply_wrong_message_authenticator",
               "Message-Authenticator wrong"},
    CounterDef{Counter::reply_no_message_authenticator, "reply_no_message_authenticator",
               "Message-Authenticator missing where it is required"},
    CounterDef{Counter::reply_proxy_state, "reply_proxy_state",
               "with a Proxy-State that was not sent, and no Message-Authenticator"},
    CounterDef{Counter::remark_bad_attribute, "remark_bad_attribute",
               "answers with an attribute of a wrong size, taken as a reject"},
    CounterDef{Counter::remark_unsupported, "remark_unsupported",
               "another Service-Type or Framed-Protocol, or a challenge: taken as a reject"},
    CounterDef{Counter::remark_bad_route, "remark_bad_route", "Framed-Routes that are none"},
    CounterDef{Counter::remark_refused_route, "remark_refused_route", "Framed-Routes that are refused"},
    CounterDef{Counter::remark_refused_address, "remark_refused_address", "Framed-IP-Addresses that are refused"},
    CounterDef{Counter::remark_bad_avpair, "remark_bad_avpair", "Cisco-AVPairs that are not understood"},
    CounterDef{Counter::remark_bad_filter, "remark_bad_filter", "Filter-Ids that are neither NAME.in nor NAME.out"},
    CounterDef{Counter::remark_bad_value, "remark_bad_value", "other values out of range"},
    CounterDef{Counter::remark_no_room, "remark_no_room", "more attributes of a kind than can be kept"},
    CounterDef{Counter::server_dead, "server_dead", "times that a server was found dead"},
    CounterDef{Counter::acct_requests, "acct_requests", "accounting records taken from sessiond"},
    CounterDef{Counter::acct_stored, "acct_stored", "of them, in the spool, or acknowledged at once"},
    CounterDef{Counter::acct_acknowledged, "acct_acknowledged", "of them, acknowledged by a server"},
    CounterDef{Counter::acct_late, "acct_late", "rounds of tries without an acknowledgement"},
    CounterDef{Counter::acct_refused, "acct_refused", "neither disk nor memory had room"},
    CounterDef{Counter::spool_failures, "spool_failures", "writes to the spool that failed"},
};

static_assert(shm::is_complete(kCounters, Counter::count_), "every counter has a row, in the order of the enum");

} // namespace lns::radius_client
