// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "tests/unit/datapath_fakes.h"

namespace lns::datapath {
namespace {

using namespace test;

struct Sink final : TunPacketSink {
    struct Out {
        SessionIndex session;
        FakeTun::Written written;
        std::uint32_t packets;
        std::uint64_t octets;
        std::size_t parts;
    };
    std::vector<Out> out;
    void deliver(const TunPacket& p) override {
        const Octets all = gathered(p.parts);
        Out o{p.session, {}, p.packets, p.octets, p.parts.size()};
        memcpy(&o.written.header, all.data(), sizeof o.written.header);
        o.written.packet = Octets(all.begin() + kVirtioHeaderSize, all.end());
        out.push_back(std::move(o));
    }
};

constexpr SessionIndex kA{5};
constexpr SessionIndex kB{6};

struct Bench {
    Sink sink;
    Coalescer coalescer;
    std::deque<Octets> kept; // the coalescer looks at them until flush(), and may write into their front
    std::size_t front = 0;   // octets before the next packet
    std::map<SessionIndex, std::vector<Octets>> in;

    explicit Bench(bool join_udp = true) : coalescer(sink, join_udp) {}

    void add(Octets packet, SessionIndex session = kA) {
        kept.push_back(joined({Octets(front, 0xee), packet}));
        in[session].push_back(std::move(packet));
        const auto p = parse_ipv4_packet(Bytes(kept.back()).subspan(front));
        ASSERT_TRUE(p.has_value());
        coalescer.add(session, *p, std::span(kept.back()).first(front));
    }
    // Cut again by an independent cutter, each session's packets in the order of arrival.
    std::map<SessionIndex, std::vector<Octets>> cut() {
        coalescer.flush();
        std::map<SessionIndex, std::vector<Octets>> out;
        for (const Sink::Out& o : sink.out) {
            const auto pieces = kernel_segments(o.written);
            EXPECT_EQ(pieces.size(), o.packets);
            std::uint64_t octets = 0;
            for (const Octets& piece : pieces) {
                octets += piece.size();
                out[o.session].push_back(piece);
            }
            EXPECT_EQ(octets, o.octets);
        }
        return out;
    }
    std::size_t writes() {
        coalescer.flush();
        return sink.out.size();
    }
};

using FlowKey = std::tuple<SessionIndex, std::uint32_t, unsigned, unsigned>;
std::map<FlowKey, std::vector<Octets>> by_flow(const std::map<SessionIndex, std::vector<Octets>>& all) {
    std::map<FlowKey, std::vector<Octets>> flows;
    for (const auto& [session, packets] : all)
        for (const Octets& p : packets)
            flows[{session, get32(p, 16), p[9] != 1 && p.size() >= 22 ? get16(p, 20) : 0, p[9]}].push_back(p);
    return flows;
}

constexpr IpFields kDf{.fragment = 0x4000};

Octets segment(std::uint32_t number, std::size_t size = 1000, std::uint8_t flags = 0x10, IpFields ip = kDf) {
    ip.id = static_cast<std::uint16_t>(ip.id + number);
    return tcp_packet(ip, {.sequence = 1000 + number * 1000, .flags = flags}, pattern(size, number));
}

TEST(Coalesce, JoinsAFlowIntoOneWrite) {
    Bench b;
    for (std::uint32_t i = 0; i < 10; ++i)
        b.add(segment(i));
    b.coalescer.flush();
    ASSERT_EQ(b.sink.out.size(), 1U);
    const Sink::Out& o = b.sink.out[0];
    EXPECT_EQ(o.packets, 10U);
    EXPECT_EQ(o.written.packet.size(), 40U + 10 * 1000);
    EXPECT_EQ(o.written.header.gso_size, 1000);
    EXPECT_EQ(o.written.header.hdr_len, 40);
    EXPECT_EQ(o.written.header.flags, kVirtioNeedsChecksum);
    EXPECT_TRUE(ip_header_right(o.written.packet));
    // What the kernel is to complete: the sum of the pseudo header alone, not complemented.
    const std::uint16_t partial =
        static_cast<std::uint16_t>(~plain_checksum({}, pseudo_sum(o.written.packet, 20 + 10000)));
    EXPECT_EQ(get16(o.written.packet, 36), partial);
    EXPECT_EQ(b.cut(), b.in);
}

TEST(Coalesce, LeavesASinglePacketAsItCame) {
    Bench b;
    b.add(segment(0));
    ASSERT_EQ(b.writes(), 1U);
    EXPECT_EQ(b.sink.out[0].written.header.gso_type, kVirtioGsoNone);
    EXPECT_EQ(b.sink.out[0].written.packet, b.in[kA][0]);
}

TEST(Coalesce, WritesASinglePacketInOnePieceWhereThereIsRoomBeforeIt) {
    for (const std::size_t front : {0U, 9U, 10U, 14U}) {
        Bench b;
        b.front = front;
        b.add(segment(0));
        b.add(ip_packet({.protocol = 1}, pattern(8)));
        ASSERT_EQ(b.writes(), 2U);
        EXPECT_EQ(by_flow(b.cut()), by_flow(b.in));
        for (const Sink::Out& o : b.sink.out)
            EXPECT_EQ(o.parts, front >= kVirtioHeaderSize ? 1U : 2U) << front;
        for (std::size_t i = 0; i + kVirtioHeaderSize < front; ++i)
            EXPECT_EQ(b.kept[0][i], 0xee) << "more than the header was overwritten";
    }
}

TEST(Coalesce, EndsAtPushAndAtAShorterSegment) {
    Bench b;
    b.add(segment(0));
    b.add(segment(1, 1000, 0x18));
    b.add(segment(2));
    b.add(segment(3, 500));
    b.add(tcp_packet({.id = 0x1238, .fragment = 0x4000}, {.sequence = 4500}, pattern(1000)));
    EXPECT_EQ(b.cut(), b.in);
    EXPECT_EQ(b.sink.out.size(), 3U);
}

struct Other {
    const char* description;
    Octets second;
};

TEST(Coalesce, JoinsNothingThatDiffersInItsHeaders) {
    const auto with = [](IpFields ip, TcpFields tcp) {
        tcp.sequence = 2000;
        return tcp_packet(ip, tcp, pattern(1000));
    };
    const auto damaged = [] {
        Octets p = segment(1);
        p.back() ^= 1;
        return p;
    };
    const Other rows[] = {
        {"gap", tcp_packet(kDf, {.sequence = 2001}, pattern(1000))},
        {"repeated", segment(0)},
        {"longer", segment(1, 1001)},
        {"acknowledgement", with(kDf, {.acknowledgement = 78})},
        {"window", with(kDf, {.window = 501})},
        {"port", with(kDf, {.source = 40001})},
        {"FIN", with(kDf, {.flags = 0x11})},
        {"RST", with(kDf, {.flags = 0x14})},
        {"URG", with(kDf, {.flags = 0x30})},
        {"CWR", with(kDf, {.flags = 0x90})},
        {"no ACK", with(kDf, {.flags = 0x00})},
        {"options", with(kDf, {.options = {1, 1, 1, 1}})},
        {"TOS", with({.tos = 3, .fragment = 0x4000}, {})},
        {"TTL", with({.ttl = 63, .fragment = 0x4000}, {})},
        {"DF", with({.id = 0x1235, .fragment = 0}, {})},
        {"destination", with({.destination = kLac, .fragment = 0x4000}, {})},
        {"IP options", with({.fragment = 0x4000, .options = {1, 1, 1, 1}}, {})},
        {"no data", tcp_packet(kDf, {.sequence = 2000}, {})},
        {"damaged", damaged()},
        {"fragment", ip_packet({.protocol = 6, .fragment = 0x2000}, pattern(1000))},
    };
    for (const Other& row : rows) {
        Bench b;
        b.add(segment(0));
        b.add(row.second);
        EXPECT_EQ(b.writes(), 2U) << row.description;
        EXPECT_EQ(by_flow(b.cut()), by_flow(b.in)) << row.description;
    }
}

TEST(Coalesce, DoesNotMakeADamagedFirstSegmentGood) {
    Bench b;
    Octets bad = segment(0);
    bad[50] ^= 0x10;
    b.add(bad);
    b.add(segment(1));
    b.add(segment(2));
    EXPECT_EQ(b.writes(), 2U);
    EXPECT_EQ(b.cut(), b.in);
    EXPECT_FALSE(tcp_checksum_right(b.sink.out[0].written.packet));
}

TEST(Coalesce, KeepsTheIdentificationOfPacketsWithoutDf) {
    Bench joins;
    joins.add(segment(0, 1000, 0x10, {}));
    joins.add(segment(1, 1000, 0x10, {}));
    EXPECT_EQ(joins.writes(), 1U);
    EXPECT_EQ(joins.cut(), joins.in);
    Bench not_consecutive;
    not_consecutive.add(segment(0, 1000, 0x10, {}));
    not_consecutive.add(segment(1, 1000, 0x10, {.id = 7}));
    EXPECT_EQ(not_consecutive.writes(), 2U);
}

TEST(Coalesce, StaysWithinOnePacketsSize) {
    Bench b;
    for (std::uint32_t i = 0; i < 200; ++i)
        b.add(tcp_packet({.id = static_cast<std::uint16_t>(i), .fragment = 0x4000}, {.sequence = 1000 + i * 1460},
                         pattern(1460, i)));
    EXPECT_EQ(b.cut(), b.in);
    for (const Sink::Out& o : b.sink.out)
        EXPECT_LE(o.written.packet.size(), 65535U);
    EXPECT_EQ(b.sink.out.size(), 5U) << "44 segments of 1460 octets a packet";
}

Octets datagram(std::uint32_t number, std::size_t size = 1000, IpFields ip = kDf) {
    ip.id = static_cast<std::uint16_t>(ip.id + number);
    return udp_packet(ip, 5000, pattern(size, number));
}

TEST(CoalesceUdp, JoinsAFlowIntoOneWrite) {
    Bench b;
    for (std::uint32_t i = 0; i < 10; ++i)
        b.add(datagram(i));
    b.add(datagram(10, 7));
    b.add(datagram(11));
    ASSERT_EQ(b.writes(), 2U) << "the shorter one ends it";
    const FakeTun::Written& w = b.sink.out[0].written;
    EXPECT_EQ(w.packet.size(), 28U + 10 * 1000 + 7);
    EXPECT_EQ(get16(w.packet, 24), 8U + 10 * 1000 + 7);
    EXPECT_EQ(w.header.gso_type, kVirtioGsoUdp);
    EXPECT_EQ(w.header.gso_size, 1000);
    EXPECT_EQ(w.header.hdr_len, 28);
    EXPECT_EQ(w.header.csum_offset, 6);
    EXPECT_EQ(get16(w.packet, 26),
              static_cast<std::uint16_t>(~plain_checksum({}, pseudo_sum(w.packet, w.packet.size() - 20))));
    EXPECT_EQ(b.cut(), b.in);
}

TEST(CoalesceUdp, JoinsNothingThatCuttingWouldNotGiveBack) {
    Octets damaged = datagram(1);
    damaged.back() ^= 1;
    Octets odd_length = datagram(1);
    put16(odd_length, 24, 1000);
    const Other rows[] = {
        {"longer", datagram(1, 1001)},
        {"port", udp_packet(kDf, 5001, pattern(1000))},
        {"no checksum", udp_packet(kDf, 5000, pattern(1000), false)},
        {"no data", datagram(1, 0)},
        {"damaged", damaged},
        {"length", odd_length},
        {"identification", datagram(0, 1000, {.id = 9})},
        {"TTL", datagram(1, 1000, {.ttl = 63, .fragment = 0x4000})},
        {"TOS", datagram(1, 1000, {.tos = 1, .fragment = 0x4000})},
        {"fragment", datagram(1, 1000, {.fragment = 0x2000})},
        {"TCP", segment(1)},
    };
    for (const Other& row : rows) {
        Bench b;
        b.add(datagram(0));
        b.add(row.second);
        EXPECT_EQ(b.writes(), 2U) << row.description;
        EXPECT_EQ(by_flow(b.cut()), by_flow(b.in)) << row.description;
    }
}

TEST(CoalesceUdp, IsLeftWhereTheKernelDoesNotTakeIt) {
    Bench b(false);
    b.add(datagram(0));
    b.add(segment(0));
    b.add(datagram(1));
    b.add(segment(1));
    EXPECT_EQ(b.writes(), 3U) << "and does not part what is TCP";
    EXPECT_EQ(by_flow(b.cut()), by_flow(b.in));
}

// The headers' identification may change where DF says it means nothing (RFC 6864 4.1).
std::map<SessionIndex, std::vector<Octets>> without_id(std::map<SessionIndex, std::vector<Octets>> all) {
    for (auto& [session, packets] : all)
        for (Octets& p : packets) {
            if ((p[6] & 0x40) == 0) continue;
            put16(p, 4, 0);
            finish_ip_header(p);
        }
    return all;
}

// One of a few flows sends its next segment, now and then something odd.
struct Traffic {
    explicit Traffic(std::uint64_t seed) : rng(seed) {}
    SeededRng rng;
    std::array<std::uint32_t, 20> sequence{};
    std::array<std::uint16_t, 20> udp_id{};

    void step(Bench& b) {
        const std::uint32_t flow = rng.below(rng.below(3) == 0 ? 20 : 4);
        const SessionIndex session = flow % 2 == 0 ? kA : kB;
        IpFields ip{.id = rng.u16(), .fragment = static_cast<std::uint16_t>(flow % 3 == 0 ? 0 : 0x4000)};
        b.front = rng.below(2) * 14;
        if (rng.below(10) == 0) return b.add(ip_packet(ip, pattern(rng.below(200))), session);
        if (flow > 14) {
            ip.id = udp_id[flow]++;
            return b.add(udp_packet(ip, static_cast<std::uint16_t>(flow), pattern(rng.below(8) == 0 ? 300 : 600)),
                         session);
        }
        const std::size_t size = rng.below(8) == 0 ? rng.below(1400) : 1400;
        TcpFields tcp{.source = static_cast<std::uint16_t>(1000 + flow), .sequence = sequence[flow]};
        if (rng.below(12) == 0) tcp.flags = static_cast<std::uint8_t>(rng.below(64));
        if (rng.below(15) == 0) tcp.sequence += 1400; // lost one
        if (flow == 5) tcp.options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
        Octets packet = tcp_packet(ip, tcp, pattern(size, flow));
        if (rng.below(20) == 0) packet[packet.size() - 1] ^= 4;
        sequence[flow] = static_cast<std::uint32_t>(tcp.sequence + size);
        b.add(std::move(packet), session);
    }
};

TEST(Coalesce, CuttingGivesBackEveryPacketOfEveryFlowInOrder) {
    std::size_t packets = 0;
    std::size_t writes = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Bench b;
        Traffic traffic(seed);
        for (int i = 0; i < 400; ++i)
            traffic.step(b);
        ASSERT_EQ(by_flow(without_id(b.cut())), by_flow(without_id(b.in))) << "seed " << seed;
        packets += 400;
        writes += b.sink.out.size();
    }
    EXPECT_LT(writes, packets * 9 / 10) << "something is joined at all";
}

Octets large_packet(std::size_t data, std::uint8_t flags, IpFields ip = kDf, const Octets& options = {}) {
    return tcp_packet(ip, {.sequence = 0xfffffc00, .flags = flags, .options = options}, pattern(data));
}

std::vector<Octets> pieces_of(const auto& segmenter) {
    std::vector<Octets> out;
    for (std::size_t i = 0; i < segmenter.count(); ++i) {
        std::array<std::uint8_t, 120> head;
        Writer w(head);
        segmenter.write_head(i, w);
        EXPECT_TRUE(w.ok());
        out.push_back(joined({w.written(), segmenter.body(i)}));
    }
    return out;
}

std::vector<Octets> segments_of(const Octets& packet, std::uint16_t mss) {
    const auto p = parse_ipv4_packet(packet);
    const auto t = parse_tcp_segment(*p);
    return pieces_of(TcpSegmenter(*p, *t, mss));
}

TEST(Segment, AgreesWithAnIndependentCut) {
    const Octets timestamps{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    for (const auto mss : std::array<std::uint16_t, 4>{1, 536, 1400, 1460})
        for (const std::size_t size : {1U, 536U, 1461U, 2801U, 60000U}) {
            if (size / mss > 3000) continue;
            for (const Octets& options : {Octets{}, timestamps}) {
                const Octets whole = large_packet(size, 0x10 | 0x08 | 0x80 | 0x01, {.id = 0xfffe}, options);
                FakeTun::Written w{{}, whole};
                w.header.gso_type = kVirtioGsoTcp4;
                w.header.gso_size = mss;
                w.header.hdr_len = static_cast<std::uint16_t>(40 + options.size());
                ASSERT_EQ(segments_of(whole, mss), kernel_segments(w)) << mss << " " << size;
            }
        }
}

TEST(Segment, CutsUdpAsAnIndependentCutDoes) {
    for (const auto size : std::array<std::uint16_t, 3>{1, 600, 1472}) {
        const Octets whole = udp_packet({.id = 0xfffe, .fragment = 0x4000}, 5000, pattern(2800));
        FakeTun::Written w{{}, whole};
        w.header.gso_type = kVirtioGsoUdp;
        w.header.gso_size = size;
        w.header.hdr_len = 28;
        const auto p = parse_ipv4_packet(whole);
        const auto u = parse_udp_datagram(*p);
        ASSERT_TRUE(u.has_value());
        ASSERT_EQ(pieces_of(UdpSegmenter(*p, *u, size)), kernel_segments(w)) << size;
    }
}

TEST(Segment, MakesWhatCoalescingPutsTogetherAgain) {
    const Octets whole = large_packet(20000, 0x18);
    Bench b;
    for (Octets& s : segments_of(whole, 1400)) {
        ASSERT_TRUE(tcp_checksum_right(s));
        ASSERT_TRUE(ip_header_right(s));
        b.add(std::move(s));
    }
    ASSERT_EQ(b.writes(), 1U);
    Octets again = b.sink.out[0].written.packet;
    EXPECT_EQ(Octets(again.begin() + 40, again.end()), Octets(whole.begin() + 40, whole.end()));
    put16(again, 36, get16(whole, 36)); // partial there, complete here
    EXPECT_EQ(again, whole);
}

TEST(CompleteChecksum, MakesTransportChecksumsWhole) {
    for (const std::size_t size : {0U, 1U, 7U, 1400U}) {
        const Octets right = tcp_packet({}, {}, pattern(size));
        Octets partial = right;
        put16(partial, 36, static_cast<std::uint16_t>(~plain_checksum({}, pseudo_sum(partial, 20 + size))));
        ASSERT_TRUE(complete_checksum(partial, 20, 16));
        EXPECT_EQ(partial, right);
    }
    Octets packet = ip_packet({}, pattern(8));
    const Octets before = packet;
    EXPECT_FALSE(complete_checksum(packet, 20, 7)) << "one octet of the field is outside";
    EXPECT_FALSE(complete_checksum(packet, 29, 0));
    EXPECT_FALSE(complete_checksum(packet, 65535, 65535));
    EXPECT_EQ(packet, before);
}

} // namespace
} // namespace lns::datapath
