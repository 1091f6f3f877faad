// SPDX-License-Identifier: ISC
#include "datapathd/icmp.h"

#include <algorithm>

namespace lns::datapath {

namespace {

constexpr std::uint8_t kDestinationUnreachable = 3;
constexpr std::uint8_t kHostUnreachable = 1;
constexpr std::uint8_t kFragmentationNeeded = 4;
constexpr std::uint8_t kTosInternetworkControl = 0xc0; // RFC 1812 4.3.2.5
constexpr std::uint8_t kTtl = 64;
constexpr std::size_t kIcmpHeaderSize = 8;
constexpr std::size_t kIcmpChecksumAt = 2;

// The queries and their answers (RFC 792, RFC 950, RFC 1256): every other type counts as an error.
constexpr std::array<std::uint8_t, 10> kQueries{0, 8, 9, 10, 13, 14, 15, 16, 17, 18};

bool is_icmp_error(const Ipv4Packet& packet) {
    if (packet.protocol != kProtocolIcmp) return false;
    std::uint8_t type = 0;
    if (!Reader(packet.payload()).u8(type)) return true;
    return std::find(kQueries.begin(), kQueries.end(), type) == kQueries.end();
}

std::uint16_t checksum_of(Bytes octets) {
    ChecksumSum sum;
    sum.add(octets);
    return sum.finish();
}

IcmpError build(Ipv4 from, Ipv4 to, std::uint8_t code, std::uint16_t mtu, Bytes offender) {
    IcmpError error;
    const std::size_t quoted = std::min(offender.size(), kMaxIcmpError - kIpv4HeaderSize - kIcmpHeaderSize);
    Writer w(error.octets);
    w.u8(0x45);
    w.u8(kTosInternetworkControl);
    w.u16(static_cast<std::uint16_t>(kIpv4HeaderSize + kIcmpHeaderSize + quoted));
    w.u16(0); // identification: may be anything in a packet with DF (RFC 6864 4.1)
    w.u16(kIpDontFragment);
    w.u8(kTtl);
    w.u8(kProtocolIcmp);
    w.u16(0);
    w.u32(from.value);
    w.u32(to.value);
    w.patch_u16(kIpChecksumAt, checksum_of(w.written()));
    w.u8(kDestinationUnreachable);
    w.u8(code);
    w.u16(0);
    w.u16(0);
    w.u16(mtu); // RFC 1191 4; unused and zero otherwise
    w.bytes(offender.first(quoted));
    w.patch_u16(kIpv4HeaderSize + kIcmpChecksumAt, checksum_of(w.written().subspan(kIpv4HeaderSize)));
    error.size = w.size();
    return error;
}

} // namespace

bool may_be_answered(const Ipv4Packet& offender) noexcept {
    return !is_icmp_error(offender) && offender.is_first_fragment() && !is_special(offender.destination) &&
           !is_special(offender.source);
}

IcmpError host_unreachable(Ipv4 from, Ipv4 to, Bytes offender) noexcept {
    return build(from, to, kHostUnreachable, 0, offender);
}

IcmpError fragmentation_needed(Ipv4 from, Ipv4 to, Bytes offender, std::uint16_t next_hop_mtu) noexcept {
    return build(from, to, kFragmentationNeeded, next_hop_mtu, offender);
}

} // namespace lns::datapath
