// SPDX-License-Identifier: ISC
#include "sessiond/counters.h"

#include <array>

#include "shm/tables.h"

namespace lns::sessiond {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Counter::kCount)> kNames{
    "control_received",   "control_sent",      "ppp_received",       "ppp_sent",           "relayed_in",
    "relayed_out",        "relay_full",        "truncated",          "send_refused",       "unknown_tunnel",
    "wrong_peer",         "unknown_session",   "session_not_ready",  "half_open_limit",    "tunnel_table_full",
    "session_table_full", "tunnels_opened",    "calls_opened",       "sequencing_refused", "login_accepted",
    "login_rejected",     "login_unavailable", "user_name_too_long", "password_too_long",  "pool_empty",
    "address_refused",    "route_refused",     "replaced",           "sessions_opened",    "sessions_ended",
    "clean_ups",          "cleaned_up",
};
static_assert(!kNames.back().empty());
static_assert(kCounters <= shm::kMaxCounters);

} // namespace

std::string_view counter_name(std::size_t index) {
    if (index < kL2tpCounters) return kNames[index];
    if (index < kPppCounters) return l2tp::name(static_cast<l2tp::WireError>(index - kL2tpCounters));
    if (index < kCounters) return ppp::name(static_cast<ppp::Counter>(index - kPppCounters));
    return {};
}

} // namespace lns::sessiond
