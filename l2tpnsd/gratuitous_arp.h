// SPDX-License-Identifier: ISC
// The manual's send_garp: when the server is ready, the neighbours are told who has bind_address now.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/inet.h"
#include "lib/base/result.h"

namespace lns::parent {

// An address of an interface that speaks ARP.
struct LinkAddress {
    std::string interface;
    Ipv4 address;
    std::uint8_t length = 32; // of its network
};

// The interface on whose network neighbours look for the address: the one that has it, or else the one with the
// smallest network that holds it. nullptr when it is reached by routes only.
const LinkAddress* find_link(std::span<const LinkAddress> links, Ipv4 address);

using EthernetAddress = std::array<std::uint8_t, 6>;
// A request for the address by who has it (RFC 5227 1.1: an ARP announcement), without Ethernet header.
using ArpPacket = std::array<std::uint8_t, 28>;
ArpPacket arp_announcement(const EthernetAddress& own, Ipv4 address);

class GratuitousArp {
public:
    // The socket only sends.
    static Result<GratuitousArp> open();
    // Success also where nobody is to be told.
    Status<> announce(Ipv4 address) const;

private:
    explicit GratuitousArp(UniqueFd socket) : socket_(std::move(socket)) {}
    UniqueFd socket_;
};

} // namespace lns::parent
