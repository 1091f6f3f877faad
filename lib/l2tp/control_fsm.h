// SPDX-License-Identifier: ISC
// The automaton of a control connection seen from the LNS, RFC 2661 7.2.1: state x event -> next state,
// action. Sequence numbers have been checked before: an event is a message in its turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lns::l2tp {

enum class ControlState : std::uint8_t {
    idle,          // no control connection
    wait_ctl_conn, // SCCRP sent
    established,
    closing,       // StopCCN sent, not acknowledged
    closed_linger, // only acknowledges what the peer repeats (5.7)
    kCount,
};

enum class ControlEvent : std::uint8_t {
    SCCRQ,     // a second one in the same sequence
    SCCRP,     // only the other side of a connection may send it
    SCCCN,     // with the right Challenge Response, if one was asked for
    SCCCN_bad, // without
    StopCCN,
    HELLO,
    call,     // a message of a call, faulty or not
    optional, // unknown type without the M bit
    fault,    // of the control connection itself
    close,    // the shell wants it closed
    StopCCN_acked,
    retries_exhausted, // the last retransmission was not acknowledged either
    expired,           // set-up or linger time is over
    kCount,
};

enum class ControlAction : std::uint8_t {
    ignore, // nothing at all
    ack,    // nothing but the acknowledgement
    up,
    deliver,    // to the call
    stop_fsm,   // StopCCN, finite state machine error
    stop_auth,  // StopCCN, not authorized
    stop_fault, // StopCCN with what the fault says
    stop_local, // StopCCN with the shell's cause
    peer_stop,  // the peer has closed it
    linger,
    await, // stop repeating, the peer may still come
    dead,  // release without a word
    release,
};

struct ControlCell {
    ControlState next;
    ControlAction action;
};

std::string_view name(ControlState state);
ControlCell control_cell(ControlState state, ControlEvent event);

} // namespace lns::l2tp
