// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "l2tpnsd/gratuitous_arp.h"

namespace lns::parent {
namespace {

Ipv4 ip(const char* text) { return *parse_ipv4(text); }

TEST(GratuitousArp, GoesToTheNetworkOfTheAddress) {
    const std::array links{LinkAddress{"wide", ip("10.0.0.1"), 8}, LinkAddress{"near", ip("10.1.0.1"), 16},
                           LinkAddress{"other", ip("192.0.2.1"), 24}, LinkAddress{"own", ip("10.2.0.7"), 32}};
    EXPECT_EQ(find_link(links, ip("10.1.0.9"))->interface, "near") << "the smallest that holds it";
    EXPECT_EQ(find_link(links, ip("10.3.0.9"))->interface, "wide");
    EXPECT_EQ(find_link(links, ip("10.2.0.7"))->interface, "own") << "who has it";
    EXPECT_EQ(find_link(links, ip("198.51.100.1")), nullptr);
    EXPECT_EQ(find_link({}, ip("10.1.0.9")), nullptr);
}

// RFC 826, RFC 5227 1.1.
TEST(GratuitousArp, IsARequestForTheAddressByWhoHasIt) {
    const ArpPacket packet = arp_announcement({2, 0, 0, 0, 0, 7}, ip("10.1.0.9"));
    const ArpPacket expected{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 7, 10, 1, 0, 9, 0, 0, 0, 0, 0, 0, 10, 1, 0, 9};
    EXPECT_EQ(packet, expected);
}

} // namespace
} // namespace lns::parent
