// SPDX-License-Identifier: ISC
// Framed-Route (RFC 2865 5.22): its text, and which routes a session may have.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/inet.h"

namespace lns::radius {

// "A.B.C.D[/N] [gateway [metric ...]]", separated by blanks. Without /N the length is that of the
// address class. The gateway is checked and ignored: the session itself is the way. A prefix with
// host bits is refused, as a slip of the pen that would route more than was meant.
std::optional<Prefix4> parse_framed_route(std::string_view text);

// What RADIUS may not hand to a subscriber.
struct RoutePolicy {
    std::vector<Prefix4> allow; // framed_route_allow; empty: everything that is not refused below
    std::vector<Ipv4> protect;  // our own addresses, the LAC's, the RADIUS servers'
    static constexpr std::size_t kMostRoutes = 10;
};

enum class RouteRefusal : std::uint8_t { none, everything, special, covers_us, not_allowed };
std::string_view refusal_text(RouteRefusal refusal);

RouteRefusal judge_route(const RoutePolicy& policy, Prefix4 route);
// The same for the address of the subscriber; framed_route_allow does not concern it.
RouteRefusal judge_address(const RoutePolicy& policy, Ipv4 address);

// "10.0.0.0/8,192.168.0.0/16": nothing when any part is not a prefix.
std::optional<std::vector<Prefix4>> parse_prefix_list(std::string_view text);

} // namespace lns::radius
