// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "datapathd/fragment.h"
#include "datapathd/icmp.h"
#include "datapathd/moderation.h"
#include "datapathd/rate_limit.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath {
namespace {

using namespace test;

TEST(Checksum, AgreesWithThePlainFormAtEveryLengthAndAlignment) {
    SeededRng rng(1);
    Octets data(300);
    for (int round = 0; round < 20; ++round) {
        rng.fill(data);
        for (std::size_t from = 0; from < 9; ++from)
            for (std::size_t n = 0; n + from <= 150; ++n) {
                ChecksumSum sum;
                sum.add(Bytes(data).subspan(from, n));
                ASSERT_EQ(sum.finish(), plain_checksum(Bytes(data).subspan(from, n))) << from << "+" << n;
            }
    }
    const Octets ones(65535, 0xff);
    ChecksumSum sum;
    sum.add(ones);
    EXPECT_EQ(sum.finish(), plain_checksum(ones));
}

TEST(Checksum, AddsPartsAndFieldsLikeOneString) {
    const Octets data = pattern(64);
    ChecksumSum parts;
    parts.add(Bytes(data).first(20));
    parts.add_u16(static_cast<std::uint16_t>(get16(data, 20)));
    parts.add_u32(get32(data, 22));
    parts.add(Bytes(data).subspan(26));
    EXPECT_EQ(parts.finish(), plain_checksum(data));
}

TEST(Checksum, AdjustsForAChangedField) {
    SeededRng rng(2);
    for (int i = 0; i < 2000; ++i) {
        Octets data(40);
        rng.fill(data);
        put16(data, 10, 0);
        const std::uint16_t before = plain_checksum(data);
        const auto old_field = static_cast<std::uint16_t>(get16(data, 4));
        const std::uint16_t new_field = i % 3 == 0 ? std::uint16_t(i % 2 == 0 ? 0 : 0xffff) : rng.u16();
        put16(data, 4, new_field);
        ASSERT_EQ(adjust_checksum(before, old_field, new_field), plain_checksum(data));
    }
}

Ipv4Packet parsed(const Octets& packet) {
    const auto p = parse_ipv4_packet(packet);
    EXPECT_TRUE(p.has_value());
    return p.value_or(Ipv4Packet{});
}

struct Made {
    Octets payload;
    std::vector<Octets> packets;
};

// Cuts the packet and puts it together again as RFC 791 3.2 says.
Made fragment_and_reassemble(const Octets& packet, std::uint16_t mtu) {
    const Ipv4Packet p = parsed(packet);
    Fragmenter fragmenter(p, mtu);
    const std::size_t most = fragmenter.most();
    Made made;
    Fragment f;
    while (!fragmenter.done()) {
        fragmenter.next(f);
        made.packets.push_back(joined({Bytes(f.header).first(f.header_size), f.body}));
        made.payload = joined({made.payload, f.body});
    }
    EXPECT_LE(made.packets.size(), most);
    return made;
}

TEST(Fragment, KeepsEveryPieceWithinTheMtuAndTheDataWhole) {
    for (const auto mtu : std::array<std::uint16_t, 5>{68, 69, 576, 1400, 1499})
        for (const std::size_t size : {1480U, 1481U, 4000U, 65515U}) {
            const Octets payload = pattern(size);
            const Made made = fragment_and_reassemble(ip_packet({}, payload), mtu);
            EXPECT_EQ(made.payload, payload);
            std::size_t offset = 0;
            for (std::size_t i = 0; i < made.packets.size(); ++i) {
                const Octets& piece = made.packets[i];
                ASSERT_LE(piece.size(), mtu);
                ASSERT_TRUE(ip_header_right(piece));
                ASSERT_EQ((get16(piece, 6) & 0x1fff) * 8, offset);
                ASSERT_EQ((get16(piece, 6) & 0x2000) != 0, i + 1 < made.packets.size());
                ASSERT_EQ(get16(piece, 4), 0x1234U);
                offset += piece.size() - 20;
            }
        }
}

TEST(Fragment, CopiesOnlyTheOptionsThatSayso) {
    // NOP, Record Route (7, not copied), Loose Source Route (0x83, copied), end.
    const Octets options{1, 7, 7, 4, 0, 0, 0, 0, 0x83, 7, 4, 10, 0, 0, 1, 0};
    const Made made = fragment_and_reassemble(ip_packet({.options = options}, pattern(2000)), 600);
    ASSERT_GE(made.packets.size(), 4U);
    EXPECT_EQ(Octets(made.packets[0].begin() + 20, made.packets[0].begin() + 36), options);
    for (std::size_t i = 1; i < made.packets.size(); ++i) {
        EXPECT_EQ(made.packets[i][0], 0x47);
        const Octets copied{0x83, 7, 4, 10, 0, 0, 1, 0};
        EXPECT_EQ(Octets(made.packets[i].begin() + 20, made.packets[i].begin() + 28), copied);
        EXPECT_TRUE(ip_header_right(made.packets[i]));
    }
    EXPECT_EQ(made.payload, pattern(2000));
}

TEST(Fragment, GoesOnWhereAFragmentBegan) {
    const Octets middle = ip_packet({.fragment = 0x2000 | 100}, pattern(1600));
    const Made made = fragment_and_reassemble(middle, 820);
    ASSERT_EQ(made.packets.size(), 2U);
    EXPECT_EQ(get16(made.packets[0], 6), 0x2000U | 100);
    EXPECT_EQ(get16(made.packets[1], 6), 0x2000U | 200) << "more follows, as before";
}

TEST(Fragment, SurvivesOptionsThatMakeNoSense) {
    for (const Octets& options :
         {Octets{0x83, 0, 0, 0}, Octets{0x83, 1, 1, 1}, Octets{0x83, 200, 4, 4}, Octets(40, 0x83)}) {
        const Made made = fragment_and_reassemble(ip_packet({.options = options}, pattern(700)), 300);
        EXPECT_EQ(made.payload, pattern(700));
    }
}

TEST(Icmp, QuotesTheOffenderInAWellFormedError) {
    const Octets offender = ip_packet({.source = kHost, .destination = kSubscriber}, pattern(1400));
    const IcmpError e = fragmentation_needed(kTunAddress, kHost, offender, 1280);
    const Octets packet = joined({e.bytes()});
    EXPECT_EQ(packet.size(), 576U);
    EXPECT_TRUE(ip_header_right(packet));
    EXPECT_EQ(get32(packet, 12), kTunAddress.value);
    EXPECT_EQ(get32(packet, 16), kHost.value);
    EXPECT_EQ(packet[9], 1);
    EXPECT_EQ(packet[20], 3);
    EXPECT_EQ(packet[21], 4);
    EXPECT_EQ(get16(packet, 24), 0U);
    EXPECT_EQ(get16(packet, 26), 1280U) << "next-hop MTU, RFC 1191 4";
    EXPECT_EQ(plain_checksum(Bytes(packet).subspan(20)), 0);
    EXPECT_TRUE(std::equal(packet.begin() + 28, packet.end(), offender.begin()));

    const Octets small = ip_packet({.source = kHost}, pattern(5));
    const IcmpError u = host_unreachable(kTunAddress, kHost, small);
    EXPECT_EQ(u.size, 28 + small.size());
    EXPECT_EQ(u.octets[21], 1);
    EXPECT_EQ(get32(Bytes(u.octets), 24), 0U);
    EXPECT_EQ(plain_checksum(u.bytes().subspan(20)), 0) << "an odd number of octets";
}

TEST(Icmp, AnswersOnlyWhatMayBeAnswered) {
    struct Row {
        const char* description;
        IpFields ip;
        Octets payload;
        bool answered;
    };
    const auto icmp = [](std::uint8_t type) { return Octets{type, 0, 0, 0, 0, 0, 0, 0}; };
    const Row rows[] = {
        {"UDP", {}, pattern(8), true},
        {"echo request", {.protocol = 1}, icmp(8), true},
        {"echo reply", {.protocol = 1}, icmp(0), true},
        {"unreachable", {.protocol = 1}, icmp(3), false},
        {"time exceeded", {.protocol = 1}, icmp(11), false},
        {"redirect", {.protocol = 1}, icmp(5), false},
        {"unknown type", {.protocol = 1}, icmp(42), false},
        {"empty ICMP", {.protocol = 1}, {}, false},
        {"first fragment", {.fragment = 0x2000}, pattern(8), true},
        {"later fragment", {.fragment = 0x2001}, pattern(8), false},
        {"to multicast", {.destination = Ipv4{0xe0000001}}, pattern(8), false},
        {"to broadcast", {.destination = Ipv4{0xffffffff}}, pattern(8), false},
        {"from 0.0.0.0", {.source = Ipv4{0}}, pattern(8), false},
        {"from loopback", {.source = Ipv4{0x7f000001}}, pattern(8), false},
        {"from multicast", {.source = Ipv4{0xe0000001}}, pattern(8), false},
    };
    for (const Row& row : rows)
        EXPECT_EQ(may_be_answered(parsed(ip_packet(row.ip, row.payload))), row.answered) << row.description;
}

TEST(RateLimit, AllowsSoManyInASecondAndNoMore) {
    RateLimit limit(3);
    const MonoTime start{std::chrono::seconds(1000)};
    int taken = 0;
    for (int i = 0; i < 100; ++i)
        taken += limit.take(start + std::chrono::milliseconds(i * 9)) ? 1 : 0;
    EXPECT_EQ(taken, 3);
    EXPECT_TRUE(limit.take(start + std::chrono::seconds(1)));
    RateLimit none(0);
    EXPECT_FALSE(none.take(start));
    EXPECT_TRUE(none.off());
}

TEST(Moderation, PausesWhereManyComeAFewAtATime) {
    using std::chrono::microseconds;
    struct Row {
        const char* description;
        microseconds since;
        std::size_t packets;
        bool pause;
    };
    const Row rows[] = {
        {"one each 20 us", microseconds(20), 1, true},
        {"one each 26 us: fewer than four in a pause", microseconds(26), 1, false},
        {"after a pause, still dense", microseconds(130), 10, true},
        {"after a pause, not dense any more", microseconds(130), 2, false},
        {"a flood", microseconds(300), 64, false},
        {"nothing", microseconds(1), 0, false},
        {"after a long silence", microseconds(1000000), 5, false},
    };
    for (const Row& row : rows) {
        Moderation m;
        const MonoTime begin{std::chrono::seconds(100)};
        EXPECT_FALSE(m.worth_a_pause(1, begin)) << row.description;
        EXPECT_EQ(m.worth_a_pause(row.packets, begin + row.since), row.pause) << row.description;
    }
}

TEST(RateLimit, SharesOfTheWorkersAddUp) {
    for (const std::uint32_t total : {0U, 1U, 5U, 7U, 1000U})
        for (const std::uint32_t workers : {1U, 2U, 3U, 8U}) {
            std::uint32_t sum = 0;
            for (std::uint32_t i = 0; i < workers; ++i)
                sum += share_of_limit(total, i, workers);
            EXPECT_EQ(sum, total);
        }
}

} // namespace
} // namespace lns::datapath
