// SPDX-License-Identifier: ISC
// Down: a socket of this namespace sends to the subscriber by a TUN device, the LAC's side hears the frames of b0.
#include "tests/netns/fast_path_probe.h"

#include <cstdlib>
#include <cstring>

#include <netpacket/packet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "l2tpnsd/sockets.h"
#include "l2tpnsd/tun.h"

namespace lns::datapath {
namespace {

class Down : public testing::TestWithParam<FastPathLink::Way> {
protected:
    Down() {
        link_ = need(FastPathLink::attach(k_.programs.program(FastHook::down), FastHook::down, if_nametoindex("t0"),
                                          pin(), GetParam()));
        heard_ = UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE_IP)));
        sockaddr_ll at{};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETHERTYPE_IP);
        at.sll_ifindex = static_cast<int>(if_nametoindex("b0"));
        if (bind(heard_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
            throw std::runtime_error("bind");
        sender_ = need(parent::open_icmp_socket());
    }
    ~Down() override { link_.detach(); }
    static std::string pin() {
        return std::string(getenv("FAST_PATH_PINS")) + "/down-" + std::to_string(if_nametoindex("t0"));
    }

    void send(const Octets& packet) {
        const sockaddr_in to = to_sockaddr({Ipv4{get32(packet, 16)}, 0});
        ASSERT_GT(
            sendto(sender_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
            0);
    }
    std::optional<Octets> hear(int ms = kArrivalMs) {
        for (;;) {
            pollfd wait{heard_.get(), POLLIN, 0};
            if (poll(&wait, 1, ms) < 1) return std::nullopt;
            Octets f(70000);
            sockaddr_ll from{};
            socklen_t size = sizeof from;
            const ssize_t n = recvfrom(heard_.get(), f.data(), f.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
            f.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
            if (from.sll_pkttype != PACKET_OUTGOING && f.size() > 34 && f[23] == kProtocolUdp) return f;
        }
    }
    template <class Condition>
    static bool happens(Condition condition) {
        const auto deadline = Clock::now() + std::chrono::milliseconds(kArrivalMs);
        while (Clock::now() < deadline)
            if (condition()) return true;
        return false;
    }
    // Do packets to the subscriber come to go to that Ethernet address?
    bool reaches(const Octets& neighbour) {
        return happens([&] {
            send(to_subscriber(40));
            const auto f = hear();
            return f && Octets(f->begin(), f->begin() + 6) == neighbour;
        });
    }
    static Octets to_subscriber(std::size_t data, Ipv4 address = kSubscriber) {
        return udp_packet({Ipv4{0x0a0000fe}, address}, 5000, pattern(data));
    }

    static Octets address_of(const char* interface) {
        ifreq request{};
        strncpy(&request.ifr_name[0], interface, sizeof request.ifr_name - 1);
        const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0) throw std::runtime_error(interface);
        const auto* octets = reinterpret_cast<const std::uint8_t*>(&request.ifr_hwaddr.sa_data[0]);
        return {octets, octets + 6};
    }

    const Octets first_neighbour_ = address_of("b0");
    const Octets other_neighbour_{2, 0, 0, 0, 0, 4};
    Kernel k_;
    FastPathLink link_;
    UniqueFd heard_, sender_;
};

TEST_P(Down, APacketArrivesAsUserSpaceWouldSendIt) {
    for (const std::size_t data : {1U, 40U, 1000U, 1400U}) {
        const Octets packet = to_subscriber(data);
        send(packet);
        const auto f = hear();
        ASSERT_TRUE(f) << data;
        const Bytes outer = Bytes(*f).subspan(kEthernet);
        EXPECT_TRUE(ip_header_right(outer));
        EXPECT_EQ(get32(outer, 12), kOurs.value);
        EXPECT_EQ(get32(outer, 16), kLac.value);
        EXPECT_EQ(get16(outer, 6), 0U) << "it may be fragmented";
        EXPECT_EQ(get16(outer, 20), 1701U);
        EXPECT_EQ(get16(outer, 22), kLacPort);
        EXPECT_EQ(get16(outer, 24), outer.size() - 20);
        const auto wanted = encapsulation(k_.t.forward.get(raw(kSession)));
        EXPECT_EQ(Octets(outer.begin() + 28, outer.begin() + 38), Octets(wanted.begin(), wanted.end()));
        // The kernel chose the identification of what it sent.
        Octets arrived(outer.begin() + 38, outer.end());
        ASSERT_EQ(arrived.size(), packet.size());
        EXPECT_EQ(Octets(arrived.begin() + 20, arrived.end()), Octets(packet.begin() + 20, packet.end()));
        EXPECT_TRUE(ip_header_right(arrived));
    }
    EXPECT_EQ(k_.counted().down_packets, 4U);
    EXPECT_EQ(k_.counted().down_octets, 4U * 28 + 2441);
}

TEST_P(Down, WhatIsNobodysOrTooLargeIsLeftAlone) {
    send(to_subscriber(40, Ipv4{kSubscriber.value + 1}));
    send(udp_packet({.source = Ipv4{0x0a0000fe}, .destination = kSubscriber, .fragment = 0x2000}, 5000, pattern(40)));
    send(to_subscriber(1440)); // with what is in front larger than the link's MTU
    auto record = k_.t.forward.get(raw(kSession));
    record.mru = 1000;
    k_.fast.refresh(kSession, record);
    send(to_subscriber(1000));
    EXPECT_FALSE(hear(kSilenceMs));
    send(to_subscriber(900));
    EXPECT_TRUE(hear());
    EXPECT_EQ(k_.counted().down_packets, 1U);
}

// What the program remembers of the way for a moment is of one LAC, and of what fits.
TEST_P(Down, EachLacHasAWayOfItsOwn) {
    const SessionIndex other{raw(kSession) + 1};
    const Ipv4 there{kSubscriber.value + 1};
    k_.t.activate(other, there);
    auto record = k_.t.forward.get(raw(other));
    record.peer = Ipv4{kLac.value + 2};
    record.peer_port = 165; // which has the same place among what is remembered
    k_.fast.refresh(other, record);
    Octets mac;
    for (int i = 0; i < 20; ++i) {
        send(to_subscriber(40, i % 2 == 0 ? kSubscriber : there));
        const auto f = hear();
        ASSERT_TRUE(f) << i;
        EXPECT_EQ(get32(*f, kEthernet + 16), kLac.value + (i % 2 == 0 ? 0U : 2U));
        const Octets to(f->begin(), f->begin() + 6);
        EXPECT_NE(to, mac) << i;
        mac = to;
    }
    send(to_subscriber(40));
    send(to_subscriber(1440));
    send(to_subscriber(41));
    for (const std::size_t data : {40U, 41U}) {
        const auto f = hear();
        ASSERT_TRUE(f);
        EXPECT_EQ(f->size(), kEthernet + 38 + 28 + data);
    }
}

TEST_P(Down, AChangedRouteIsFollowed) {
    ASSERT_TRUE(reaches(first_neighbour_));
    ASSERT_EQ(std::system("ip route add 192.0.2.2/32 via 192.0.2.4 dev a0"), 0);
    EXPECT_TRUE(reaches(other_neighbour_));
    ASSERT_EQ(std::system("ip route del 192.0.2.2/32"), 0);
    EXPECT_TRUE(reaches(first_neighbour_));
}

TEST_P(Down, ANeighbourIsFollowedAndAskedAfter) {
    ASSERT_EQ(std::system("ip route add 192.0.2.2/32 via 192.0.2.4 dev a0"), 0);
    EXPECT_TRUE(reaches(other_neighbour_));
    ASSERT_EQ(std::system("ip neigh replace 192.0.2.4 lladdr 02:00:00:00:00:05 dev a0 nud stale"), 0);
    EXPECT_TRUE(reaches({2, 0, 0, 0, 0, 5}));
    EXPECT_TRUE(happens([this] { // the kernel noticed that it is in use, and will ask whether it is there
        send(to_subscriber(40));
        return hear() && std::system("ip neigh show 192.0.2.4 | grep -q STALE") != 0;
    }));
    EXPECT_EQ(std::system("ip neigh replace 192.0.2.4 lladdr 02:00:00:00:00:04 dev a0 nud permanent"), 0);
    EXPECT_EQ(std::system("ip route del 192.0.2.2/32"), 0);
}

// Of one that no program is attached to it is not known whether it is Ethernet.
TEST_P(Down, AnInterfaceThatIsNotOursIsSentByToo) {
    k_.programs.remove_port(if_nametoindex("a0"));
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(reaches(first_neighbour_));
}

TEST_P(Down, AFramedNetworkIsServedByItsLongestPrefix) {
    const SessionIndex slow{raw(kSession) + 1}; // up, but not fast
    k_.fast.route({Ipv4{0x0a000080}, 25}, kSession);
    k_.fast.route({Ipv4{0x0a0000c0}, 26}, slow);
    k_.fast.route({Ipv4{0x0a0000f0}, 32}, kSession);
    k_.t.activate(slow, Ipv4{0x0a000085});
    auto record = k_.t.forward.get(raw(slow));
    record.flags = shm::kFiltered;
    k_.fast.refresh(slow, record);
    for (const auto& [host, served] :
         {std::pair{0x81U, true}, {0xbfU, true}, {0xf0U, true}, {0x7fU, false}, {0xc1U, false}, {0x85U, false}}) {
        send(to_subscriber(40, Ipv4{0x0a000000 + host}));
        EXPECT_EQ(hear(served ? kArrivalMs : kSilenceMs).has_value(), served) << host;
    }
    EXPECT_EQ(k_.counted().down_packets, 3U);
}

TEST_P(Down, WhatIsOverTheRateIsDroppedAndCounted) {
    k_.throttle_to(0, 64, 250);
    k_.throttle.down = fine_now() + kHour;
    send(to_subscriber(40));
    EXPECT_FALSE(hear(kSilenceMs));
    EXPECT_EQ(k_.counted().down_throttled, 1U);
    k_.throttle.down = 0;
    const FineTime before = fine_now();
    send(to_subscriber(972));
    EXPECT_TRUE(hear());
    EXPECT_GE(k_.throttle.down, before + time_at_rate(1000, 64));
    EXPECT_LE(k_.throttle.down, fine_now() + time_at_rate(1000, 64));
    EXPECT_EQ(k_.counted().down_packets, 1U);
    EXPECT_EQ(k_.counted().down_throttled, 1U);
}

TEST_P(Down, EndsWithItsLink) {
    send(to_subscriber(40));
    ASSERT_TRUE(hear());
    link_.detach();
    send(to_subscriber(40));
    EXPECT_FALSE(hear(kSilenceMs));
}

INSTANTIATE_TEST_SUITE_P(Ways, Down, testing::Values(FastPathLink::Way::best, FastPathLink::Way::clsact),
                         [](const auto& way) { return way.param == FastPathLink::Way::best ? "best" : "clsact"; });

} // namespace
} // namespace lns::datapath
