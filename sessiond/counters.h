// SPDX-License-Identifier: ISC
// What sessiond counts. Behind its own counters follow the reasons of lib/l2tp and lib/ppp, and the control
// messages by their type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/l2tp/message_table.h"
#include "lib/l2tp/wire_error.h"
#include "lib/ppp/ppp.h"
#include "shm/counters.h"

namespace lns::sessiond {

enum class Counter : std::uint16_t {
    control_received,
    control_sent,
    ppp_received,
    ppp_sent,
    relayed_in,
    relayed_out,
    relay_full,
    truncated,
    send_refused,
    unknown_tunnel,
    wrong_peer,
    unknown_session,
    session_not_ready,
    half_open_limit,
    half_open_unrecorded,
    tunnel_table_full,
    session_table_full,
    unfinished_calls,
    tunnels_opened,
    calls_opened,
    calls_sequenced,
    login_accepted,
    login_rejected,
    login_unavailable,
    user_name_too_long,
    password_too_long,
    pool_empty,
    address_refused,
    route_refused,
    replaced,
    sessions_opened,
    sessions_ended,
    clean_ups,
    cleaned_up,
    drained,
    kCount,
};

inline constexpr std::size_t kL2tpCounters = static_cast<std::size_t>(Counter::kCount);
inline constexpr std::size_t kPppCounters = kL2tpCounters + l2tp::kWireErrors - 1; // "none" is no error
inline constexpr std::size_t kReceivedCounters = kPppCounters + ppp::kCounterCount;
inline constexpr std::size_t kSentCounters = kReceivedCounters + l2tp::kMessages.size();
inline constexpr std::size_t kCounters = kSentCounters + l2tp::kMessages.size();

constexpr std::size_t counter_of(l2tp::WireError error) {
    return error == l2tp::WireError::none ? kCounters : kL2tpCounters - 1 + static_cast<std::size_t>(error);
}
constexpr std::size_t counter_of(ppp::Counter counter) { return kPppCounters + static_cast<std::size_t>(counter); }

// Of a control message with that payload, by its type. Nothing for a ZLB, or what is no message.
std::optional<std::size_t> received_counter(Bytes payload);
std::optional<std::size_t> sent_counter(Bytes payload);

// The counter at that index, for `show counters`.
shm::CounterText counter_text(std::size_t index);

} // namespace lns::sessiond
