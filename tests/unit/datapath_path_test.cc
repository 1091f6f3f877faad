// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "tests/unit/datapath_fakes.h"

namespace lns::datapath {
namespace {

using namespace test;

Octets up_packet(std::size_t size = 100) { return ip_packet({}, pattern(size)); }
Octets down_packet(std::size_t size = 100, std::uint16_t fragment = 0x4000, Ipv4 to = kSubscriber) {
    return ip_packet({.source = kHost, .destination = to, .fragment = fragment}, pattern(size));
}
Octets encapsulated(const Octets& packet, SessionIndex session = Tables::kSession) {
    const auto s = static_cast<std::uint16_t>(raw(session));
    return joined(
        {Octets{0, 2, 0x11, 0x22, static_cast<std::uint8_t>(s >> 8), static_cast<std::uint8_t>(s)}, kPppIp, packet});
}

TEST(Upstream, WritesThePacketAndCountsItsOctets) {
    Rig r;
    r.udp.arrive(joined({data_message(up_packet()), pattern(3)})); // PPP padding
    EXPECT_EQ(r.up.run(64, r.now), 1U);
    ASSERT_EQ(r.tun.written.size(), 1U);
    EXPECT_EQ(r.tun.written[0].packet, up_packet());
    EXPECT_EQ(r.tun.written[0].header.gso_type, kVirtioGsoNone);
    EXPECT_EQ(r.session().up_packets, 1U);
    EXPECT_EQ(r.session().up_octets, 120U);
    EXPECT_EQ(r.session().last_up, static_cast<std::uint64_t>(r.now.time_since_epoch().count()));
    EXPECT_EQ(r.session().last_down, 0U);
    r.expect_conserved();
}

TEST(Upstream, TakesAMergedTrainApart) {
    Rig r;
    const Octets first = data_message(up_packet(100));
    const Octets last = data_message(up_packet(40));
    r.udp.arriving.push_back(
        {{kLac, kLacPort}, joined({first, first, last}), static_cast<std::uint16_t>(first.size())});
    r.up.run(64, r.now);
    EXPECT_EQ(r.tun.written.size(), 3U);
    EXPECT_EQ(r.tun.written[2].packet, up_packet(40));
    EXPECT_EQ(r.session().up_octets, 120U + 120 + 60);
    r.expect_conserved();
}

TEST(Upstream, FindsControlInsideATrain) {
    Rig r;
    const Octets data = data_message(up_packet(24));
    const Octets control = l2tp({.flags = 0xc802, .tunnel = TunnelId{0}}, pattern(data.size() - 12));
    ASSERT_EQ(control.size(), data.size());
    r.udp.arriving.push_back(
        {{kLac, kLacPort}, joined({data, control, data}), static_cast<std::uint16_t>(data.size())});
    r.up.run(64, r.now);
    ASSERT_EQ(r.control.relayed.size(), 1U);
    EXPECT_EQ(r.control.relayed[0], control);
    EXPECT_EQ(r.tun.written.size(), 2U);
    r.expect_conserved();
}

TEST(Upstream, CountsEveryDrop) {
    Rig r;
    r.udp.arrive({});
    r.udp.arrive({1, 2, 3});
    r.udp.arrive(data_message(ip_packet({.source = kHost}, {})));
    r.udp.arrive(data_message(up_packet()), {kHost, 1});
    r.control.room = 0;
    r.udp.arrive(l2tp({.flags = 0xc802}, {}));
    r.up.run(64, r.now);
    r.tun.refuse = true;
    r.udp.arrive(data_message(up_packet()));
    r.up.run(64, r.now);
    EXPECT_EQ(r.count(Counter::up_truncated), 1U);
    EXPECT_EQ(r.count(Counter::up_bad_header), 1U);
    EXPECT_EQ(r.count(Counter::up_wrong_source), 1U);
    EXPECT_EQ(r.count(Counter::up_wrong_peer), 1U);
    EXPECT_EQ(r.count(Counter::up_relay_full), 1U);
    EXPECT_EQ(r.count(Counter::up_tun_refused), 1U);
    EXPECT_EQ(r.session().up_dropped, 2U) << "wrong source and refused; what a stranger sent is not on its account";
    EXPECT_EQ(r.session().up_packets, 0U);
    EXPECT_TRUE(r.tun.written.empty());
    r.expect_conserved();
}

TEST(Upstream, TakesWhatSessiondPassesOnAndGivesNothingBack) {
    Rig r;
    r.up.from_sessiond({{kLac, kLacPort}, kOurs, data_message(up_packet())}, r.now);
    const Octets lcp = l2tp({}, Octets{0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4});
    r.up.from_sessiond({{kLac, kLacPort}, kOurs, lcp}, r.now);
    EXPECT_EQ(r.tun.written.size(), 1U);
    EXPECT_TRUE(r.control.relayed.empty());
    EXPECT_EQ(r.count(Counter::up_relay_loop), 1U);
    r.expect_conserved();
}

TEST(Upstream, JoinsTcpAcrossDatagramsOfABatch) {
    Rig r;
    for (std::uint32_t i = 0; i < 5; ++i)
        r.udp.arrive(data_message(tcp_packet({.fragment = 0x4000}, {.sequence = i * 500}, pattern(500))));
    r.up.run(64, r.now);
    ASSERT_EQ(r.tun.written.size(), 1U);
    EXPECT_EQ(r.tun.written[0].packet.size(), 40U + 2500);
    EXPECT_EQ(r.session().up_packets, 5U);
    EXPECT_EQ(r.session().up_octets, 5U * 540);
    EXPECT_EQ(r.count(Counter::up_forwarded), 5U);
    EXPECT_EQ(r.count(Counter::up_writes), 1U);
    r.expect_conserved();
}

TEST(Upstream, OverwritesNothingButTheHeaderOfWhatItWrites) {
    Rig r;
    const Octets first = ip_packet({.protocol = 1}, pattern(100));
    const Octets second = ip_packet({.protocol = 1}, pattern(100, 2));
    L2tpFields f;
    f.session = Tables::wire_id(Tables::kSession);
    const Octets compressed{0x21}; // the header of the second is shorter than what stands before a packet
    const Octets one = l2tp(f, joined({kPppIp, first}));
    const Octets two = l2tp(f, joined({compressed, second}));
    r.udp.arriving.push_back({{kLac, kLacPort}, joined({one, two}), static_cast<std::uint16_t>(one.size())});
    r.up.run(64, r.now);
    ASSERT_EQ(r.tun.written.size(), 2U);
    EXPECT_EQ(r.tun.written[0].packet, first);
    EXPECT_EQ(r.tun.written[1].packet, second);
    EXPECT_EQ(Octets(r.udp.held[0].octets.begin() + 10, r.udp.held[0].octets.end()),
              Octets(joined({Bytes(one).subspan(10), two})));
}

TEST(Downstream, EncapsulatesForTheSessionOfTheDestination) {
    Rig r;
    r.tun.arrive(down_packet());
    EXPECT_EQ(r.down.run(64, r.now), 1U);
    ASSERT_EQ(r.udp.sent.size(), 1U);
    EXPECT_EQ(r.udp.sent[0].octets, encapsulated(down_packet()));
    EXPECT_EQ(r.udp.sent[0].peer, (Endpoint{kLac, kLacPort}));
    EXPECT_EQ(r.udp.sent[0].local, kOurs);
    EXPECT_EQ(r.session().down_packets, 1U);
    EXPECT_EQ(r.session().down_octets, 120U);
    EXPECT_EQ(r.session().last_down, static_cast<std::uint64_t>(r.now.time_since_epoch().count()));
    EXPECT_EQ(r.udp.sent[0].octets[kEncapsulationSize + 8], 64) << "TTL is the kernel's business";
    r.expect_conserved();
}

TEST(Downstream, FollowsFramedRoutes) {
    Rig r;
    r.t.set_routes(Tables::kSession, {{Ipv4{0xc6336400}, 24}});
    r.rescan();
    r.tun.arrive(down_packet(10, 0x4000, Ipv4{0xc6336407}));
    r.tun.arrive(down_packet(10, 0x4000, Ipv4{0xc6336507}));
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 1U);
    EXPECT_EQ(r.count(Counter::down_no_session), 1U);
    r.expect_conserved();
}

TEST(Downstream, PutsEqualSizesOfAPeerIntoOneTrain) {
    Rig r;
    const SessionIndex other{900};
    const SessionIndex elsewhere{901};
    r.t.activate(other, Ipv4{0x0a000006});
    r.t.activate(elsewhere, Ipv4{0x0a000007});
    shm::ForwardRecord record = r.t.forward.get(raw(elsewhere));
    record.peer = kHost;
    r.t.forward.write(raw(elsewhere), record);
    r.rescan();
    for (int i = 0; i < 3; ++i) {
        r.tun.arrive(down_packet(100));
        r.tun.arrive(down_packet(100, 0x4000, Ipv4{0x0a000007}));
        r.tun.arrive(down_packet(100, 0x4000, Ipv4{0x0a000006}));
    }
    r.tun.arrive(down_packet(60));
    r.tun.arrive(down_packet(100));
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.trains_sent, 3U) << "six and the shorter one; the one behind it; the other LAC's three";
    EXPECT_EQ(r.udp.sent.size(), 11U);
    std::vector<std::size_t> order; // of the first session's packets
    for (const auto& s : r.udp.sent)
        if (s.octets[5] == (raw(Tables::kSession) & 0xff)) order.push_back(s.octets.size());
    EXPECT_EQ(order, (std::vector<std::size_t>{130, 130, 130, 90, 130}));
    EXPECT_EQ(r.count(Counter::down_messages), 3U);
    r.expect_conserved();
}

TEST(Downstream, CompletesPartialChecksums) {
    Rig r;
    const Octets right = tcp_packet({.source = kHost, .destination = kSubscriber}, {}, pattern(200));
    Octets partial = right;
    put16(partial, 36, static_cast<std::uint16_t>(~plain_checksum({}, pseudo_sum(partial, 220))));
    VirtioHeader header{.flags = kVirtioNeedsChecksum, .csum_start = 20, .csum_offset = 16};
    r.tun.arrive(partial, header);
    header.csum_start = 230;
    r.tun.arrive(partial, header);
    r.down.run(64, r.now);
    ASSERT_EQ(r.udp.sent.size(), 1U);
    EXPECT_EQ(r.udp.sent[0].octets, encapsulated(right));
    EXPECT_EQ(r.count(Counter::down_bad_offload), 1U);
    r.expect_conserved();
}

VirtioHeader tso(std::uint16_t mss) {
    return {.flags = kVirtioNeedsChecksum,
            .gso_type = kVirtioGsoTcp4,
            .hdr_len = 40,
            .gso_size = mss,
            .csum_start = 20,
            .csum_offset = 16};
}
Octets tso_packet(std::size_t size, std::uint16_t fragment = 0x4000) {
    return tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = fragment}, {.flags = 0x18},
                      pattern(size));
}

TEST(Downstream, CutsLargeTcpPacketsIntoTrains) {
    Rig r;
    const Octets whole = tso_packet(64000);
    r.tun.arrive(whole, tso(1400));
    r.down.run(64, r.now);
    FakeTun::Written reference{tso(1400), whole};
    const auto expected = kernel_segments(reference);
    ASSERT_EQ(r.udp.sent.size(), expected.size());
    std::uint64_t octets = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(r.udp.sent[i].octets, encapsulated(expected[i]));
        octets += expected[i].size();
    }
    EXPECT_EQ(r.session().down_packets, expected.size());
    EXPECT_EQ(r.session().down_octets, octets);
    EXPECT_EQ(r.udp.trains_sent, 2U) << "one UDP packet of 64 KiB does not hold 46 segments with their headers";
    r.expect_conserved();
}

TEST(Downstream, TakesTheSmallestSegmentsToo) {
    Rig r;
    r.tun.arrive(tso_packet(65000), tso(48));
    r.tun.arrive(tso_packet(65000), tso(48));
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 2 * ((65000U + 47) / 48));
    r.tun.arrive(tso_packet(65000), tso(3));
    r.down.run(64, r.now);
    EXPECT_EQ(r.count(Counter::down_too_big), 1U) << "more pieces than a batch holds";
    r.expect_conserved();
}

TEST(Downstream, AnswersWhatIsTooBigWithFragmentationNeeded) {
    Rig r;
    r.set_mru(1400);
    const Octets big = down_packet(1381);
    r.tun.arrive(down_packet(1380));
    r.tun.arrive(big);
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 1U);
    ASSERT_EQ(r.icmp.sent.size(), 1U);
    const Octets& error = r.icmp.sent[0];
    EXPECT_TRUE(ip_header_right(error));
    EXPECT_EQ(get32(error, 12), kTunAddress.value);
    EXPECT_EQ(get32(error, 16), kHost.value);
    EXPECT_EQ(error[20], 3);
    EXPECT_EQ(error[21], 4);
    EXPECT_EQ(get16(error, 26), 1400U);
    EXPECT_TRUE(std::equal(error.begin() + 28, error.end(), big.begin()));
    EXPECT_EQ(r.session().down_dropped, 1U);
    EXPECT_EQ(r.count(Counter::icmp_too_big), 1U);
    r.expect_conserved();
}

TEST(Downstream, QuotesTheFirstSegmentOfATrainThatIsTooBig) {
    Rig r;
    r.set_mru(1400);
    const Octets whole = tso_packet(20000);
    r.tun.arrive(whole, tso(1460));
    r.down.run(64, r.now);
    EXPECT_TRUE(r.udp.sent.empty());
    ASSERT_EQ(r.icmp.sent.size(), 1U);
    FakeTun::Written reference{tso(1460), whole};
    const Octets first = kernel_segments(reference)[0];
    const Octets& error = r.icmp.sent[0];
    EXPECT_TRUE(std::equal(error.begin() + 28, error.end(), first.begin()));
    EXPECT_EQ(get16(error, 26), 1400U);
    r.expect_conserved();
}

TEST(Downstream, FragmentsWhatMayBe) {
    Rig r;
    r.set_mru(576);
    const Octets packet = down_packet(1480, 0);
    r.tun.arrive(packet);
    r.down.run(64, r.now);
    ASSERT_EQ(r.udp.sent.size(), 3U);
    Octets payload;
    for (const auto& s : r.udp.sent) {
        const Octets piece(s.octets.begin() + kEncapsulationSize, s.octets.end());
        EXPECT_LE(piece.size(), 576U);
        EXPECT_TRUE(ip_header_right(piece));
        payload = joined({payload, Bytes(piece).subspan(20)});
    }
    EXPECT_EQ(payload, pattern(1480));
    EXPECT_EQ(r.session().down_packets, 3U);
    EXPECT_EQ(r.session().down_octets, 1480U + 60);
    EXPECT_TRUE(r.icmp.sent.empty());
    r.expect_conserved();
}

TEST(Downstream, CutsTcpWithoutDfToTheMru) {
    Rig r;
    r.set_mru(576);
    r.tun.arrive(tso_packet(5000, 0), tso(1400));
    r.down.run(64, r.now);
    Octets data;
    for (const auto& s : r.udp.sent) {
        const Octets piece(s.octets.begin() + kEncapsulationSize, s.octets.end());
        EXPECT_LE(piece.size(), 576U);
        EXPECT_TRUE(ip_header_right(piece) && tcp_checksum_right(piece));
        EXPECT_EQ(get16(piece, 6), 0U) << "segments, not fragments";
        data = joined({data, Bytes(piece).subspan(40)});
    }
    EXPECT_EQ(data, pattern(5000));
    r.expect_conserved();
}

Octets uso_packet(std::size_t size, std::uint16_t fragment = 0x4000) {
    return udp_packet({.source = kHost, .destination = kSubscriber, .fragment = fragment}, 5000, pattern(size));
}

VirtioHeader uso(std::uint16_t size) {
    VirtioHeader h = tso(size);
    h.gso_type = kVirtioGsoUdp;
    h.hdr_len = 28;
    h.csum_offset = 6;
    return h;
}

TEST(Downstream, CutsLargeUdpPacketsIntoTrains) {
    Rig r;
    const Octets whole = uso_packet(20000);
    r.tun.arrive(whole, uso(1200));
    r.down.run(64, r.now);
    const auto expected = kernel_segments({uso(1200), whole});
    ASSERT_EQ(r.udp.sent.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_EQ(r.udp.sent[i].octets, encapsulated(expected[i]));
    EXPECT_EQ(r.udp.trains_sent, 1U);
    r.expect_conserved();
}

TEST(Downstream, NeverCutsADatagramOfALargeUdpPacketSmaller) {
    Rig r;
    r.set_mru(1400);
    const Octets whole = uso_packet(6000);
    r.tun.arrive(whole, uso(1472));
    r.down.run(64, r.now);
    EXPECT_TRUE(r.udp.sent.empty());
    ASSERT_EQ(r.icmp.sent.size(), 1U);
    const Octets first = kernel_segments({uso(1472), whole})[0];
    EXPECT_TRUE(std::equal(r.icmp.sent[0].begin() + 28, r.icmp.sent[0].end(), first.begin()));

    const Octets may_be_cut = uso_packet(6000, 0);
    r.tun.arrive(may_be_cut, uso(1472));
    r.down.run(64, r.now);
    Octets payload;
    Octets expected;
    for (const Octets& datagram : kernel_segments({uso(1472), may_be_cut}))
        expected = joined({expected, Bytes(datagram).subspan(20)});
    for (const auto& s : r.udp.sent) {
        const Octets piece(s.octets.begin() + kEncapsulationSize, s.octets.end());
        EXPECT_LE(piece.size(), 1400U);
        EXPECT_TRUE(ip_header_right(piece));
        payload = joined({payload, Bytes(piece).subspan(20)});
    }
    EXPECT_EQ(payload, expected);
    EXPECT_EQ(r.udp.sent.size(), 4U * 2 + 1) << "the last fits";
    r.expect_conserved();
}

TEST(Downstream, SaysUnreachableNoOftenerThanAllowed) {
    Rig r;
    const auto flood = [&] {
        for (int i = 0; i < 12; ++i)
            r.tun.arrive(down_packet(10, 0x4000, Ipv4{0x0a000063}));
        r.down.run(64, r.now);
    };
    flood();
    EXPECT_TRUE(r.icmp.sent.empty()) << "icmp_rate 0: none";
    EXPECT_EQ(r.count(Counter::icmp_limited) + r.count(Counter::icmp_suppressed), 0U);
    r.configure(5);
    flood();
    ASSERT_EQ(r.icmp.sent.size(), 5U);
    EXPECT_EQ(r.icmp.sent[0][20], 3);
    EXPECT_EQ(r.icmp.sent[0][21], 1);
    EXPECT_EQ(r.count(Counter::icmp_limited), 7U);
    r.now += std::chrono::seconds(1);
    flood();
    EXPECT_EQ(r.icmp.sent.size(), 10U);
    EXPECT_EQ(r.count(Counter::icmp_unreachable), 10U);
    EXPECT_EQ(r.count(Counter::down_no_session), 36U);
    r.expect_conserved();
}

TEST(Downstream, SaysNothingAboutWhatMayNotBeAnswered) {
    Rig r;
    r.configure(100);
    r.tun.arrive(down_packet(10, 0x0001, Ipv4{0x0a000063}));
    r.tun.arrive(down_packet(10, 0, Ipv4{0xe0000016})); // multicast that the kernel sends by itself
    r.down.configure({Ipv4{}, 100});
    r.tun.arrive(down_packet(10, 0, Ipv4{0x0a000063}));
    r.down.run(64, r.now);
    EXPECT_TRUE(r.icmp.sent.empty());
    EXPECT_EQ(r.count(Counter::icmp_suppressed), 3U);
    r.expect_conserved();
}

TEST(Downstream, StopsAtOnceWhenTheRecordSaysSo) {
    Rig r;
    r.t.set_state(Tables::kSession, shm::ForwardState::removing);
    r.tun.arrive(down_packet());
    r.udp.arrive(data_message(up_packet()));
    r.down.run(64, r.now);
    r.up.run(64, r.now);
    EXPECT_TRUE(r.udp.sent.empty() && r.tun.written.empty());
    EXPECT_EQ(r.session().up_packets + r.session().down_packets, 0U);
    r.expect_conserved();
}

TEST(Downstream, CountsWhatTheSocketDidNotTake) {
    Rig r;
    for (int i = 0; i < 10; ++i)
        r.tun.arrive(down_packet());
    r.udp.room = 4;
    r.down.run(64, r.now);
    EXPECT_EQ(r.session().down_packets, 4U);
    EXPECT_EQ(r.session().down_dropped, 6U);
    EXPECT_EQ(r.count(Counter::down_send_queue_full), 6U);
    r.udp.refuse = true;
    r.tun.arrive(down_packet());
    r.down.run(64, r.now);
    EXPECT_EQ(r.count(Counter::down_send_refused), 1U);
    r.expect_conserved();
}

TEST(Downstream, DropsWhatIsNoPacket) {
    Rig r;
    r.tun.arriving.push_back(Octets(5));
    r.tun.arrive(pattern(40));
    r.tun.arrive(down_packet(), tso(1400)); // UDP
    r.tun.arrive(tso_packet(3000), tso(0)); // no segment size
    VirtioHeader six = tso(1400);
    six.gso_type = 4;
    r.tun.arrive(tso_packet(3000), six);
    r.down.run(64, r.now);
    EXPECT_TRUE(r.udp.sent.empty());
    EXPECT_EQ(r.count(Counter::down_bad_ip), 1U);
    EXPECT_EQ(r.count(Counter::down_bad_offload), 4U);
    r.expect_conserved();
}

TEST(Downstream, TakesNoMoreThanItsShareInOneRun) {
    Rig r;
    for (int i = 0; i < 100; ++i)
        r.tun.arrive(down_packet(1400));
    EXPECT_EQ(r.down.run(64, r.now), 64U);
    EXPECT_EQ(r.down.run(64, r.now), 36U);
    EXPECT_EQ(r.udp.sent.size(), 100U);
    r.expect_conserved();
}

// Seeded traffic of all kinds both ways; every packet is accounted for.
TEST(Path, ConservesPacketsWhateverComes) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Rig r;
        SeededRng rng(seed);
        r.configure(3);
        r.set_mru(static_cast<std::uint16_t>(rng.below(1600)));
        r.t.set_routes(Tables::kSession, {{Ipv4{0xc6336400}, 24}});
        r.rescan();
        for (int i = 0; i < 300; ++i) {
            Octets up =
                data_message(ip_packet({.source = rng.below(4) == 0 ? kHost : kSubscriber}, pattern(rng.below(1400))));
            if (rng.below(3) == 0)
                up[rng.below(static_cast<std::uint32_t>(up.size()))] ^= static_cast<std::uint8_t>(rng.u16());
            if (rng.below(5) == 0) up.resize(rng.below(static_cast<std::uint32_t>(up.size())));
            r.udp.arrive(up);
            const std::array<Ipv4, 3> where{kSubscriber, Ipv4{0xc6336407}, Ipv4{0x0a0a0a0a}};
            Octets down = down_packet(rng.below(1500), rng.below(2) == 0 ? 0x4000 : 0, where[rng.below(3)]);
            VirtioHeader header{};
            if (rng.below(4) == 0) {
                down = tso_packet(1 + rng.below(60000), rng.below(2) == 0 ? 0x4000 : 0);
                header = tso(static_cast<std::uint16_t>(rng.below(1500)));
            } else if (rng.below(4) == 0) {
                down = uso_packet(1 + rng.below(60000), rng.below(2) == 0 ? 0x4000 : 0);
                header = uso(static_cast<std::uint16_t>(rng.below(1500)));
            }
            if (rng.below(6) == 0)
                down[rng.below(static_cast<std::uint32_t>(down.size()))] ^= static_cast<std::uint8_t>(rng.u16());
            r.tun.arrive(down, header);
            if (rng.below(20) == 0) r.udp.room = rng.below(100);
            if (rng.below(30) == 0) {
                r.up.run(64, r.now);
                r.down.run(64, r.now);
            }
        }
        while (r.up.run(64, r.now) > 0) {
        }
        while (r.down.run(64, r.now) > 0) {
        }
        r.expect_conserved();
        EXPECT_GT(r.count(Counter::up_forwarded), 0U);
        EXPECT_GT(r.count(Counter::down_sent), 0U);
    }
}

} // namespace
} // namespace lns::datapath
