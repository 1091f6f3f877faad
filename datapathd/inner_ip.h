// SPDX-License-Identifier: ISC
// The subscriber's IPv4 packet (RFC 791) and the TCP (RFC 9293) or UDP header in it: views, checked once.
#pragma once

#include <optional>

#include "datapathd/checksum.h"
#include "lib/base/bytes.h"
#include "lib/base/inet.h"

namespace lns::datapath {

inline constexpr std::size_t kIpv4HeaderSize = 20; // without options
inline constexpr std::size_t kMaxIpv4HeaderSize = 60;
inline constexpr std::size_t kMaxTcpHeaderSize = 60;
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

// Where fields stand in the header, for those who rewrite them.
inline constexpr std::size_t kIpTotalLengthAt = 2;
inline constexpr std::size_t kIpIdAt = 4;
inline constexpr std::size_t kIpFragmentAt = 6;
inline constexpr std::size_t kIpChecksumAt = 10;
inline constexpr std::size_t kIpDestinationAt = 16;
inline constexpr std::uint16_t kIpDontFragment = 0x4000;
inline constexpr std::uint16_t kIpMoreFragments = 0x2000;
inline constexpr std::uint16_t kIpOffsetMask = 0x1fff; // units of 8 octets

struct Ipv4Packet {
    Bytes octets; // header and payload: Total Length octets
    std::uint8_t header_size = 0;
    std::uint8_t tos = 0;
    std::uint8_t ttl = 0;
    std::uint8_t protocol = 0;
    std::uint16_t id = 0;
    std::uint16_t checksum = 0; // of the header
    std::uint16_t fragment = 0; // flags and offset as on the wire
    Ipv4 source;
    Ipv4 destination;

    [[nodiscard]] Bytes header() const { return octets.first(header_size); }
    [[nodiscard]] Bytes payload() const { return octets.subspan(header_size); }
    [[nodiscard]] bool dont_fragment() const { return (fragment & kIpDontFragment) != 0; }
    [[nodiscard]] bool is_fragment() const { return (fragment & (kIpMoreFragments | kIpOffsetMask)) != 0; }
    [[nodiscard]] bool is_first_fragment() const { return (fragment & kIpOffsetMask) == 0; }
};

// Octets behind Total Length are cut off (PPP may pad). Nothing when version, header length, total
// length or header checksum is wrong.
inline std::optional<Ipv4Packet> parse_ipv4_packet(Bytes octets) noexcept {
    Ipv4Packet p;
    Reader r(octets);
    std::uint8_t version_ihl = 0;
    std::uint16_t total = 0;
    if (!r.u8(version_ihl) || !r.u8(p.tos) || !r.u16(total) || !r.u16(p.id) || !r.u16(p.fragment) || !r.u8(p.ttl) ||
        !r.u8(p.protocol) || !r.u16(p.checksum) || !r.u32(p.source.value) || !r.u32(p.destination.value))
        return {};
    p.header_size = static_cast<std::uint8_t>((version_ihl & 0xf) * 4);
    if (version_ihl >> 4 != 4 || p.header_size < kIpv4HeaderSize) return {};
    if (total < p.header_size || total > octets.size()) return {};
    p.octets = octets.first(total);
    ChecksumSum sum;
    sum.add(p.header());
    if (!sum.verifies()) return {};
    return p;
}

inline constexpr std::size_t kTcpHeaderSize = 20;
inline constexpr std::size_t kTcpSequenceAt = 4;
inline constexpr std::size_t kTcpFlagsAt = 13;
inline constexpr std::size_t kTcpChecksumAt = 16;
inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpPsh = 0x08;
inline constexpr std::uint8_t kTcpAck = 0x10;
inline constexpr std::uint8_t kTcpCwr = 0x80;

struct TcpSegment {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint8_t header_size = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    Bytes header;
    Bytes data;

    [[nodiscard]] Bytes options() const { return header.subspan(kTcpHeaderSize); }
};

// The segment in a whole (unfragmented) packet of protocol TCP; its checksum is not looked at.
inline std::optional<TcpSegment> parse_tcp_segment(const Ipv4Packet& packet) noexcept {
    TcpSegment s;
    Reader r(packet.payload());
    std::uint8_t offset = 0;
    if (!r.u16(s.source) || !r.u16(s.destination) || !r.u32(s.sequence) || !r.u32(s.acknowledgement) || !r.u8(offset) ||
        !r.u8(s.flags) || !r.u16(s.window) || !r.skip(4))
        return {};
    s.header_size = static_cast<std::uint8_t>((offset >> 4) * 4);
    if (s.header_size < kTcpHeaderSize || s.header_size > packet.payload().size()) return {};
    s.header = packet.payload().first(s.header_size);
    s.data = packet.payload().subspan(s.header_size);
    return s;
}

inline constexpr std::size_t kUdpHeaderSize = 8;
inline constexpr std::size_t kUdpLengthAt = 4;
inline constexpr std::size_t kUdpChecksumAt = 6;

struct UdpDatagram { // RFC 768
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
    std::uint16_t checksum = 0; // 0: none
    Bytes header;
    Bytes data;
};

// The datagram in a whole packet of protocol UDP that it fills exactly; its checksum is not looked at.
inline std::optional<UdpDatagram> parse_udp_datagram(const Ipv4Packet& packet) noexcept {
    UdpDatagram d;
    Reader r(packet.payload());
    std::uint16_t length = 0;
    if (!r.u16(d.source) || !r.u16(d.destination) || !r.u16(length) || !r.u16(d.checksum)) return {};
    if (length != packet.payload().size()) return {};
    d.header = packet.payload().first(kUdpHeaderSize);
    d.data = packet.payload().subspan(kUdpHeaderSize);
    return d;
}

// RFC 9293 3.1: the sum over addresses, protocol and length that TCP and UDP checksums begin with.
inline ChecksumSum pseudo_header_sum(const Ipv4Packet& packet, std::uint16_t transport_length) noexcept {
    ChecksumSum sum;
    sum.add_u32(packet.source.value);
    sum.add_u32(packet.destination.value);
    sum.add_u16(packet.protocol);
    sum.add_u16(transport_length);
    return sum;
}

// Does the checksum of the TCP segment or UDP datagram (a whole packet) hold?
inline bool transport_checksum_holds(const Ipv4Packet& packet) noexcept {
    ChecksumSum sum = pseudo_header_sum(packet, static_cast<std::uint16_t>(packet.payload().size()));
    sum.add(packet.payload());
    return sum.verifies();
}

} // namespace lns::datapath
