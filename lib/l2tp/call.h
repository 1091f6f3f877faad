// SPDX-License-Identifier: ISC
// An incoming call, LNS side, RFC 2661 7.4.2, as state x event -> next state, actions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "lib/l2tp/message.h"
#include "lib/l2tp/out_message.h"

namespace lns::l2tp {

inline constexpr std::chrono::seconds kConnectTimeout{60}; // from ICRP to ICCN: a modem may have to train
inline constexpr std::chrono::seconds kCallLinger{31};     // for the acknowledgement of our CDN

enum class CallState : std::uint8_t {
    idle,
    wait_connect, // ICRP sent
    established,
    closing, // CDN sent; the ids are taken until CallCleared, TunnelDown or the linger time
    kCount,
};

enum class CallEvent : std::uint8_t {
    ICRQ, // accepted by the shell
    ICCN,
    CDN,
    status,      // WEN, SLI
    improper,    // a message that an LNS does not get in an incoming call
    fault,       // message.fault
    disconnect,  // the shell ends it
    tunnel_lost, // TunnelDown
    CDN_acked,   // CallCleared
    timeout,
    kCount,
};

enum class CallAction : std::uint8_t {
    none,
    send_ICRP,
    up,
    down, // the peer or the tunnel ended it
    status,
    refuse_improper, // CDN
    refuse_fault,    // CDN
    disconnect,      // CDN
    refuse_timeout,  // CDN
};

struct CallCell {
    CallState next;
    CallAction action;
};
CallCell call_cell(CallState state, CallEvent event);
std::string_view name(CallState state);

// Plain data; zero is an idle call.
struct Call {
    CallState state = CallState::idle;
    bool sequencing_required = false; // by the LAC: all our data messages have an Ns (4.4.6)
    SessionId session = SessionId::none;
    PeerSessionId peer_session = PeerSessionId::none;
    std::uint32_t serial = 0;
    std::uint32_t bearer_type = 0;
    std::uint32_t framing_type = 0;
    std::uint32_t tx_speed = 0;
    std::uint32_t rx_speed = 0;
    MonoTime deadline{}; // {}: none
    MonoTime since{};    // of the present state
};
static_assert(sizeof(Call) <= 64 && std::is_trivially_copyable_v<Call> && std::is_standard_layout_v<Call>);

enum class CallChange : std::uint8_t {
    none,
    up,     // established: PPP may start
    down,   // no longer usable; once in a call's life, with `cause`
    status, // WEN or SLI: nothing to do but to look
};

struct CallStep {
    CallChange change = CallChange::none;
    std::optional<OutMessage> send{}; // for send() of its control connection
    Cause cause{};                    // of a down; result is a CdnResult
};

// The event that a CallMessage is.
CallEvent classify(const Message& message);

// An ICRQ that the shell takes: the call waits for ICCN, and ICRP is to be sent. `call` must be idle.
CallStep accept(Call& call, const Message& icrq, SessionId local, MonoTime now);
// One it does not take: the CDN, with no id of ours in it.
OutMessage refuse(const Message& icrq, const Cause& cause);

// What a CallMessage says.
CallStep receive(Call& call, const Message& message, MonoTime now);
// The shell's wish (operator, PPP, RADIUS). CDN.
CallStep disconnect(Call& call, const Cause& cause, MonoTime now);
CallStep tunnel_lost(Call& call, const Cause& cause, MonoTime now);
CallStep cleared(Call& call, MonoTime now);
// When deadline has passed; harmless to call early.
CallStep tick(Call& call, MonoTime now);

} // namespace lns::l2tp
