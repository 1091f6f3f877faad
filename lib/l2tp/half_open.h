// SPDX-License-Identifier: ISC
// A tunnel in the making of which no record is kept: for a server that is flooded with SCCRQs. Little has to be
// remembered until the SCCCN comes back, and nothing leaves by itself. See accept() for the ordinary way.
#pragma once

#include <optional>

#include "lib/l2tp/control_connection.h"

namespace lns::l2tp {

struct HalfOpen {
    OurChallenge challenge{};
    TunnelId tunnel = TunnelId::none; // ours, which the SCCCN bears
    PeerTunnelId peer_tunnel = PeerTunnelId::none;
    std::uint16_t peer_window = 0;
    bool challenged = false;
};

// Answers like accept(), with the shortest SCCRP there is. The same numbers of `rng` for the same SCCRQ make the same
// answer, so that one repeated is answered alike. Nothing: refused.
std::optional<HalfOpen> answer(const Header& header, const Message& sccrq, TunnelId local, const TunnelConfig& config,
                               MonoTime now, Rng& rng, Effects& out);

// Whether a datagram can be the SCCCN that follows; all else is not worth a look for who sent it.
bool is_first_reply(const Header& header);

// The connection as accept() would have left it, its SCCRP sent: for receive(), with that SCCCN.
ControlConnection resume(const HalfOpen& half_open, const TunnelConfig& config, MonoTime now);

} // namespace lns::l2tp
