// SPDX-License-Identifier: ISC
// What an authentic Access-Accept or Access-Reject says. RFC 2865 5 lets a client discard a reply with
// an attribute of invalid length or treat it as a reject; ours are treated as a reject, since the
// server is authentic and the subscriber should hear at once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/text.h"
#include "lib/radius/framed_route.h"
#include "lib/radius/packet.h"

namespace lns::radius {

// Things worth a log line and a counter.
enum class RemarkKind : std::uint8_t {
    bad_attribute, // of a wrong size: the reply counts as a reject
    unsupported,   // Service-Type or Framed-Protocol, or a challenge: the reply counts as a reject
    bad_route,     // Framed-Route that is no route
    refused_route, // by RoutePolicy
    refused_address,
    bad_avpair, // Cisco-AVPair without key=value, or a value that makes no sense
    bad_filter, // Filter-Id that is not NAME.in or NAME.out
    bad_value,  // any other value that makes no sense: ignored
    no_room,    // more of something than we keep
};
inline constexpr std::size_t kRemarkKinds = 9;

std::string_view remark_text(RemarkKind kind);

struct Remark {
    RemarkKind kind{};
    std::string text; // from the server: escape before showing it
};

struct AccessReply {
    bool accepted = false;
    Ipv4 framed_address; // unset: none given; 255.255.255.254 and .255 as RFC 2865 5.8
    Ipv4 framed_netmask;
    Ipv4 dns1;
    Ipv4 dns2;
    std::uint16_t mtu = 0;             // Framed-MTU; 0: none
    std::uint32_t session_timeout = 0; // seconds; 0: none
    std::uint32_t idle_timeout = 0;
    std::uint32_t interim_interval = 0;
    std::uint8_t route_count = 0;
    std::array<Prefix4, RoutePolicy::kMostRoutes> routes{};
    std::uint8_t class_count = 0;
    FixedText<514> classes; // each one length octet and the value
    FixedText<62> filter_in;
    FixedText<62> filter_out;
    FixedText<514> avpairs; // key=value, separated by NUL
    FixedText<126> message; // Reply-Message, several put together
};

// `reply` is an Access-Accept, -Reject or -Challenge whose authenticators were checked.
AccessReply decode_access_reply(const PacketView& reply, const RoutePolicy& policy, std::vector<Remark>& remarks);

} // namespace lns::radius
