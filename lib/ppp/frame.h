// SPDX-License-Identifier: ISC
// The outermost octets of a PPP frame as L2TP carries it (RFC 2661 4.4.1: no flags, no FCS). Pure and
// inline: datapathd asks it for every data packet. Address-and-Control and Protocol field compression
// are taken whether negotiated or not (RFC 1661 6.5, 6.6 let a receiver do so).
#pragma once

#include <cstdint>

#include "lib/base/bytes.h"

namespace lns::ppp {

// RFC 1700 and its successor registry, the ones we know by name.
enum class Protocol : std::uint16_t {
    none = 0,
    IP = 0x0021,
    IPv6 = 0x0057,
    IPCP = 0x8021,
    IPV6CP = 0x8057,
    CCP = 0x80fd,
    LCP = 0xc021,
    PAP = 0xc023,
    CHAP = 0xc223,
};

enum class FrameError : std::uint8_t { none, truncated, bad_protocol };

struct Frame {
    FrameError error = FrameError::truncated;
    Protocol protocol = Protocol::none;
    Bytes payload; // the Information field, padding included; a view into what was parsed

    [[nodiscard]] constexpr bool ok() const { return error == FrameError::none; }
};

inline constexpr std::uint8_t kAllStations = 0xff; // RFC 1662 3.1
inline constexpr std::uint8_t kUnnumbered = 0x03;

// What follows the L2TP data header. An empty Information field is no error here.
constexpr Frame parse_frame(Bytes octets) noexcept {
    // A Protocol of 00ff is not allowed (RFC 1661 6.6), so ff at the front is always an address.
    if (octets.size() >= 2 && octets[0] == kAllStations && octets[1] == kUnnumbered) octets = octets.subspan(2);
    if (octets.empty()) return {};
    if ((octets[0] & 1) != 0) { // one octet: compressed
        if (octets[0] == kAllStations) return {FrameError::bad_protocol, Protocol::none, {}};
        return {FrameError::none, Protocol{octets[0]}, octets.subspan(1)};
    }
    if (octets.size() < 2) return {};
    // RFC 1661 2: the last octet of a protocol number is odd.
    if ((octets[1] & 1) == 0) return {FrameError::bad_protocol, Protocol::none, {}};
    return {FrameError::none, Protocol(static_cast<std::uint16_t>(octets[0] << 8 | octets[1])), octets.subspan(2)};
}

} // namespace lns::ppp
