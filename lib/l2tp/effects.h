// SPDX-License-Identifier: ISC
// What a control connection asks of its shell, in the order in which it is to be done. The shell commits
// what follows from it for the calls, then the record, and only then lets a datagram go: nothing leaves before the
// state that it tells of is safe, and a message counts as received when all that it says has been done.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "lib/l2tp/message.h"
#include "lib/l2tp/out_message.h"

namespace lns::l2tp {

// A complete control datagram for the peer's address and port.
struct SendDatagram {
    std::vector<std::uint8_t> bytes;
};

// SCCCN accepted. Not authenticated: worth a warning once a LAC. An older tunnel of the same peer with
// the same peer tunnel id is to be given to abandon() now.
struct TunnelUp {
    bool authenticated = false;
};

// No call can live any longer: each is to be told with CallEvent::tunnel_lost. Once in a life.
struct TunnelDown {
    Cause cause; // result is a StopResult
    bool by_peer = false;
    Text peer_text; // Error Message of the peer's StopCCN
};

// The record is idle again, and its slot free.
struct TunnelReleased {};

// An ICRQ without fault. The shell answers with ICRP or CDN.
struct IncomingCall {
    Message message;
};

// Any other message of a call: ICCN, CDN, WEN, SLI, or one that an LNS does not expect, with or without
// message.fault. (An ICRQ with a fault and an OCRQ are refused by the core.) See classify() in call.h.
struct CallMessage {
    SessionId session = SessionId::none; // ours, from the header; none in a CDN: find it by
                                         // message.assigned_session within this tunnel
    Message message;
};

// A CDN of ours has been acknowledged (RFC 2661 5.7): the peer has let go of the ids.
struct CallCleared {
    SessionId session = SessionId::none;
    PeerSessionId peer_session = PeerSessionId::none;
};

// Something was not taken as it came: for the counters, and a debug line.
struct Noted {
    WireError error = WireError::none;
    MessageType type = MessageType::none;
    std::uint16_t detail = 0; // attribute, where there is one
};

// send() may be tried again after a `full`.
struct WindowOpen {};

using Effect = std::variant<SendDatagram, TunnelUp, TunnelDown, TunnelReleased, IncomingCall, CallMessage, CallCleared,
                            Noted, WindowOpen>;
using Effects = std::vector<Effect>;

} // namespace lns::l2tp
