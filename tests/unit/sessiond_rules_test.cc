// SPDX-License-Identifier: ISC
// The rules of sessiond that need no world around them, and its socket.
#include <algorithm>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <set>
#include <sys/socket.h>

#include "sessiond/counters.h"
#include "sessiond/end_reason.h"
#include "sessiond/login.h"
#include "sessiond/udp_port.h"

namespace lns::sessiond {
namespace {

Ipv4 ip(const char* text) { return *parse_ipv4(text); }
Prefix4 net(const char* text) { return *parse_prefix4(text); }

conf::Config config() {
    conf::Config c;
    c.bind_address = ip("198.51.100.1");
    c.iftun_address = ip("198.51.100.2");
    c.peer_address = ip("198.51.100.3");
    c.primary_radius = ip("198.51.100.4");
    c.secondary_radius = ip("198.51.100.5");
    return c;
}
const Ipv4 kLac = ip("198.51.100.6");
const Ipv4 kLocal = ip("198.51.100.16");

TEST(Protected, RefusesAddressesThatOthersHave) {
    const Protected guard(config(), kLac, kLocal);
    for (const char* bad :
         {"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5", "198.51.100.6",
          "198.51.100.16", "127.0.0.1", "224.0.0.5", "0.0.0.1", "240.0.0.1", "255.255.255.255"})
        EXPECT_TRUE(guard.refuses(ip(bad))) << bad;
    for (const char* good : {"198.51.100.7", "10.0.0.1", "100.64.0.1"})
        EXPECT_FALSE(guard.refuses(ip(good))) << good;
}

TEST(Protected, RefusesRoutesThatCoverThem) {
    const Protected guard(config(), kLac, kLocal);
    for (const char* bad : {"0.0.0.0/0", "198.51.100.0/24", "198.51.100.4/32", "198.0.0.0/8", "127.0.0.0/8",
                            "224.0.0.0/4", "0.0.0.0/8", "64.0.0.0/2", "126.0.0.0/7", "192.0.0.0/2"})
        EXPECT_TRUE(guard.refuses(net(bad))) << bad;
    for (const char* good : {"192.0.2.0/24", "198.51.100.8/29", "10.0.0.0/8"})
        EXPECT_FALSE(guard.refuses(net(good))) << good;
}

TEST(ChooseAddress, FollowsRfc2865) {
    struct Row {
        const char* framed;
        AddressWish wish;
    };
    const Protected guard(config(), kLac, kLocal);
    for (const Row& row : {Row{"0.0.0.0", AddressWish::from_pool}, Row{"255.255.255.254", AddressWish::from_pool},
                           Row{"255.255.255.255", AddressWish::peers_choice}, Row{"192.0.2.9", AddressWish::fixed},
                           Row{"198.51.100.4", AddressWish::refused}, Row{"127.0.0.1", AddressWish::refused}}) {
        imsg::AuthReply reply{};
        reply.framed_address = ip(row.framed);
        const AddressChoice choice = choose_address(reply, guard);
        EXPECT_EQ(choice.wish, row.wish) << row.framed;
        if (row.wish == AddressWish::fixed) {
            EXPECT_EQ(choice.address, ip(row.framed));
        }
    }
}

TEST(ApplyReply, CopiesWhatWasGivenAndRefusesBadRoutes) {
    imsg::AuthReply reply{};
    reply.session_timeout = 1;
    reply.idle_timeout = 2;
    reply.interim_interval = 3;
    reply.mtu = 1400;
    reply.dns1 = ip("192.0.2.1");
    reply.local = 1;
    reply.route_count = 3;
    reply.route_addresses = {ip("192.0.2.77"), ip("198.51.100.0"), ip("203.0.113.0")};
    reply.route_lengths = {24, 24, 33};
    reply.filter_in.assign("in");
    shm::SessionRecord record;
    record.mru = 1462;
    record.generation = Generation{5};
    shm::SessionAaa aaa;
    unsigned refused = 0;
    apply_reply(reply, Protected(config(), kLac, kLocal), record, aaa, refused);
    EXPECT_EQ(record.session_timeout, 1U);
    EXPECT_EQ(record.idle_timeout, 2U);
    EXPECT_EQ(record.interim_interval, 3U);
    EXPECT_EQ(record.mru, 1400);
    EXPECT_EQ(record.dns1, ip("192.0.2.1"));
    EXPECT_EQ(record.netmask, ip("255.255.255.255"));
    EXPECT_TRUE(record.auth_local);
    EXPECT_TRUE(record.has_aaa);
    EXPECT_EQ(refused, 1U);
    EXPECT_EQ(routes_of(aaa), (std::vector<Prefix4>{net("192.0.2.0/24"), net("203.0.113.0/32")}));
    EXPECT_EQ(aaa.generation, Generation{5});
    EXPECT_EQ(aaa.filter_in.view(), "in");
}

TEST(ApplyReply, NeverRaisesTheMtuNorBelievesATinyOne) {
    for (const std::uint16_t mtu : {std::uint16_t{0}, std::uint16_t{63}, std::uint16_t{9000}}) {
        imsg::AuthReply reply{};
        reply.mtu = mtu;
        shm::SessionRecord record;
        record.mru = 1462;
        shm::SessionAaa aaa;
        unsigned refused = 0;
        apply_reply(reply, Protected(config(), kLac, kLocal), record, aaa, refused);
        EXPECT_EQ(record.mru, 1462) << mtu;
        EXPECT_FALSE(record.has_aaa);
    }
}

TEST(ApplyReply, SurvivesACountBeyondItsArray) {
    imsg::AuthReply reply{};
    reply.route_count = 255;
    reply.route_addresses.fill(ip("192.0.2.0"));
    reply.route_lengths.fill(24);
    shm::SessionRecord record;
    shm::SessionAaa aaa;
    unsigned refused = 0;
    apply_reply(reply, Protected(config(), kLac, kLocal), record, aaa, refused);
    EXPECT_EQ(aaa.route_count, 10);
    aaa.route_count = 255;
    EXPECT_EQ(routes_of(aaa).size(), 10U);
}

TEST(EndReason, EveryRowSaysSomethingThatTheRfcsKnow) {
    std::set<std::string_view> texts;
    for (unsigned i = 0; i < static_cast<unsigned>(EndReason::kCount); ++i) {
        const EndReasonDef& def = end_reason(static_cast<EndReason>(i));
        EXPECT_EQ(static_cast<unsigned>(def.reason), i);
        EXPECT_TRUE(texts.insert(def.text).second) << def.text;
        EXPECT_LE(static_cast<unsigned>(def.result), 11U); // RFC 2661 4.4.2
        EXPECT_EQ(def.error != l2tp::GeneralError::none, def.result == l2tp::CdnResult::general_error) << def.text;
        EXPECT_TRUE(def.terminate_cause >= 1 && def.terminate_cause <= 18) << def.text; // RFC 2866 5.10
        EXPECT_EQ(cdn_cause(def.reason).result, static_cast<std::uint16_t>(def.result));
    }
    EXPECT_EQ(end_reason(static_cast<EndReason>(250)).reason, EndReason::none);
}

TEST(EndReason, WhateverEndsACallOfOursHasAResultCode) {
    for (unsigned i = 0; i < static_cast<unsigned>(EndReason::kCount); ++i) {
        const auto reason = static_cast<EndReason>(i);
        if (reason == EndReason::none || reason == EndReason::lac_hangup) continue; // no CDN of ours
        EXPECT_NE(cdn_cause(reason).result, 0) << end_reason(reason).text;
    }
}

TEST(EndReason, EveryReasonOfPppHasOne) {
    for (unsigned i = 1; i <= static_cast<unsigned>(ppp::Reason::shutdown); ++i)
        EXPECT_NE(from_ppp(static_cast<ppp::Reason>(i)), EndReason::none) << i;
    EXPECT_EQ(from_ppp(ppp::Reason::none), EndReason::none);
    EXPECT_EQ(from_ppp(ppp::Reason::auth_failed), EndReason::login_refused);
    EXPECT_EQ(from_ppp(ppp::Reason::peer_terminated), EndReason::subscriber_hangup);
}

TEST(Counters, EveryOneHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kCounters; ++i) {
        EXPECT_FALSE(counter_text(i).name.empty()) << i;
        if (i < kL2tpCounters) {
            EXPECT_TRUE(names.insert(counter_text(i).name).second) << counter_text(i).name;
        }
    }
    EXPECT_TRUE(counter_text(kCounters).name.empty());
    EXPECT_EQ(counter_text(static_cast<std::size_t>(Counter::sessions_ended)).name, "sessions_ended");
    EXPECT_EQ(counter_text(counter_of(ppp::Counter::after_end)).name, ppp::name(ppp::Counter::after_end));
}

// ---- the socket ----

UniqueFd bound(Ipv4 address) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in name = to_sockaddr({address, 0});
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    return fd;
}
Endpoint name_of(int fd) {
    sockaddr_in name{};
    socklen_t length = sizeof name;
    getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
    return from_sockaddr(name);
}
bool readable(int fd) {
    pollfd p{fd, POLLIN, 0};
    return poll(&p, 1, 30000) == 1;
}
void send_to(const UniqueFd& fd, Endpoint to, const std::vector<std::uint8_t>& octets) {
    const sockaddr_in name = to_sockaddr(to);
    sendto(fd.get(), octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&name), sizeof name);
}

TEST(UdpPort, AnswersFromTheAddressThatWasAsked) {
    UdpPort port(bound(Ipv4{}));
    const std::uint16_t number = name_of(port.fd()).port;
    const UniqueFd peer = bound(ip("127.0.0.1"));
    for (const char* asked : {"127.0.0.5", "127.0.0.9"}) {
        send_to(peer, {ip(asked), number}, {1, 2, 3});
        ASSERT_TRUE(readable(port.fd()));
        Outbox box;
        const auto got = port.receive([&](const imsg::Datagram& d) {
            EXPECT_EQ(d.peer, name_of(peer.get()));
            EXPECT_EQ(d.local, ip(asked));
            EXPECT_EQ(std::vector<std::uint8_t>(d.payload.begin(), d.payload.end()),
                      (std::vector<std::uint8_t>{1, 2, 3}));
            box.add(d.peer, d.local, d.payload);
        });
        EXPECT_EQ(got.datagrams, 1U);
        EXPECT_EQ(port.send(box), 0U);
        EXPECT_TRUE(box.items().empty());
        ASSERT_TRUE(readable(peer.get()));
        sockaddr_in from{};
        socklen_t length = sizeof from;
        std::array<std::uint8_t, 16> answer{};
        EXPECT_EQ(recvfrom(peer.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length),
                  3);
        EXPECT_EQ(from_sockaddr(from), (Endpoint{ip(asked), number}));
    }
}

TEST(UdpPort, DropsAndCountsWhatIsTooLong) {
    UdpPort port(bound(ip("127.0.0.1")));
    const UniqueFd peer = bound(ip("127.0.0.1"));
    send_to(peer, name_of(port.fd()), std::vector<std::uint8_t>(UdpPort::kMaxDatagram + 1));
    send_to(peer, name_of(port.fd()), std::vector<std::uint8_t>(UdpPort::kMaxDatagram));
    std::size_t handed = 0;
    std::size_t truncated = 0;
    while (handed + truncated < 2) {
        ASSERT_TRUE(readable(port.fd()));
        const auto got =
            port.receive([&](const imsg::Datagram& d) { EXPECT_EQ(d.payload.size(), UdpPort::kMaxDatagram); });
        handed += got.datagrams;
        truncated += got.too_large;
    }
    EXPECT_EQ(handed, 1U);
    EXPECT_EQ(truncated, 1U);
}

TEST(UdpPort, HandsOverOneByOneWhatTheKernelMerged) {
    UdpPort port(bound(ip("127.0.0.1")));
    const int on = 1;
    ASSERT_EQ(setsockopt(port.fd(), IPPROTO_UDP, UDP_GRO, &on, sizeof on), 0); // the parent's part
    const UniqueFd peer = bound(ip("127.0.0.1"));
    const int size = 100;
    ASSERT_EQ(setsockopt(peer.get(), IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), 0); // loopback does not cut a train
    std::vector<std::uint8_t> train(3 * 100 + 7);
    for (std::size_t i = 0; i < train.size(); ++i)
        train[i] = static_cast<std::uint8_t>(i / 100);
    send_to(peer, name_of(port.fd()), train);
    std::vector<std::vector<std::uint8_t>> got;
    while (got.size() < 4) {
        ASSERT_TRUE(readable(port.fd()));
        port.receive([&](const imsg::Datagram& d) {
            EXPECT_EQ(d.peer, name_of(peer.get()));
            EXPECT_EQ(d.local, ip("127.0.0.1"));
            got.emplace_back(d.payload.begin(), d.payload.end());
        });
    }
    ASSERT_EQ(got.size(), 4U);
    for (std::uint8_t i = 0; i < 4; ++i)
        EXPECT_EQ(got[i], std::vector<std::uint8_t>(i < 3 ? 100 : 7, i));
}

TEST(UdpPort, ADatagramTheKernelRefusesDoesNotKeepTheOthers) {
    UdpPort port(bound(ip("127.0.0.1")));
    const UniqueFd peer = bound(ip("127.0.0.1"));
    Outbox box;
    for (std::size_t i = 0; i < UdpPort::kBatch + 6; ++i) {
        // A socket of the loopback address cannot reach a foreign one.
        const Endpoint to = i % 10 == 3 ? Endpoint{ip("255.255.255.255"), 9} : name_of(peer.get());
        box.add(to, {}, std::vector<std::uint8_t>{static_cast<std::uint8_t>(i)});
    }
    EXPECT_EQ(port.send(box), 7U);
    for (std::size_t i = 0; i < UdpPort::kBatch + 6; ++i) {
        if (i % 10 == 3) continue;
        ASSERT_TRUE(readable(peer.get()));
        std::uint8_t octet = 0;
        ASSERT_EQ(recv(peer.get(), &octet, 1, 0), 1);
        EXPECT_EQ(octet, i);
    }
}

} // namespace
} // namespace lns::sessiond
