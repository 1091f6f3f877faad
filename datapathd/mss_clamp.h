// SPDX-License-Identifier: ISC
// The largest segment that a TCP handshake announces (RFC 9293 3.7.1), brought down to what the tunnel carries, for
// those who never hear of path MTU discovery's ICMP.
#pragma once

#include "datapathd/inner_ip.h"

namespace lns::datapath {

inline constexpr std::uint8_t kTcpSyn = 0x02;

// A whole TCP packet that opens a connection.
inline bool is_tcp_syn(const Ipv4Packet& packet) noexcept {
    const Bytes segment = packet.payload();
    return packet.protocol == kProtocolTcp && !packet.is_fragment() && segment.size() >= kTcpHeaderSize &&
           (segment[kTcpFlagsAt] & kTcpSyn) != 0;
}

// `octets` are those of `packet`, to be written on; `mtu` is the largest packet. Its checksum holds again afterwards
// if it held before. True when something was changed.
bool clamp_mss(std::span<std::uint8_t> octets, const Ipv4Packet& packet, std::uint16_t mtu) noexcept;

} // namespace lns::datapath
