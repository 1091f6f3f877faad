// SPDX-License-Identifier: ISC
// ICMP errors about packets that cannot be delivered downstream (RFC 792, RFC 1191 4, RFC 1812 4.3).
#pragma once

#include <array>

#include "datapathd/inner_ip.h"

namespace lns::datapath {

inline constexpr std::size_t kMaxIcmpError = 576; // RFC 1812 4.3.2.3: the whole error, headers included

struct IcmpError {
    std::array<std::uint8_t, kMaxIcmpError> octets; // an IPv4 packet
    std::size_t size = 0;

    [[nodiscard]] Bytes bytes() const { return Bytes(octets).first(size); }
};

// May an error be sent about this packet at all (RFC 1812 4.3.2.7)?
bool may_be_answered(const Ipv4Packet& offender) noexcept;

// `offender` is quoted as far as there is room. `from` is our address.
IcmpError host_unreachable(Ipv4 from, Ipv4 to, Bytes offender) noexcept;
IcmpError fragmentation_needed(Ipv4 from, Ipv4 to, Bytes offender, std::uint16_t next_hop_mtu) noexcept;

} // namespace lns::datapath
