// SPDX-License-Identifier: ISC
// Test packets: made right, and found out when something is wrong with them.
#include <gtest/gtest.h>

#include "lib/base/rng.h"
#include "tools/lacsim/checksum.h"
#include "tools/lacsim/flow.h"
#include "tools/lacsim/histogram.h"
#include "tools/lacsim/pacer.h"
#include "tools/lacsim/reflector.h"
#include "tools/lacsim/test_packet.h"
#include "tools/lacsim/timer_wheel.h"

namespace lns::lacsim {
namespace {

using Octets = std::vector<std::uint8_t>;
constexpr Ipv4 kSubscriber{0x0a400005};
constexpr Endpoint kTarget{Ipv4{0x0a5b0002}, 9};
const MonoTime kNow{std::chrono::seconds(1000)};

Octets packet(std::size_t size, const TestHeader& header) {
    PacketMaker maker(size, 40000, kTarget);
    Octets octets(size);
    maker.fill(octets);
    maker.stamp(octets, kSubscriber, header);
    return octets;
}

TEST(LacsimChecksum, IsThatOfRfc1071) {
    // RFC 1071 3: the words 0001 f203 f4f5 f6f7 sum up to ddf2.
    const Octets example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    EXPECT_EQ(checksum_fold(checksum_add(example)), static_cast<std::uint16_t>(~0xddf2));
}

TEST(LacsimChecksum, WideAndNarrowSumsAgreeForEveryLength) {
    SeededRng rng(3);
    Octets data(100);
    rng.fill(data);
    for (std::size_t n = 0; n <= data.size(); ++n) {
        std::uint64_t plain = 0;
        for (std::size_t i = 0; i < n; ++i)
            plain += static_cast<std::uint64_t>(data[i]) << (i % 2 == 0 ? 8 : 0);
        EXPECT_EQ(checksum_fold(checksum_add(Bytes(data).first(n))), checksum_fold(plain)) << n;
    }
}

TEST(LacsimTestPacket, OfEverySizePassesItsOwnChecks) {
    for (std::size_t size = 64; size <= 1600; size += 7) {
        const Octets octets = packet(size, {.run = 1, .flow = 2, .address = kSubscriber, .sequence = 3, .sent = kNow});
        InnerPacket inner;
        ASSERT_EQ(decode_inner(octets, inner), InnerFault::none) << size;
        EXPECT_EQ(inner.source, kSubscriber);
        EXPECT_EQ(inner.destination, kTarget.address);
        std::uint16_t port = 0;
        Bytes payload;
        ASSERT_EQ(decode_udp(inner, port, payload), InnerFault::none) << size;
        TestHeader header;
        ASSERT_TRUE(read_payload(payload, header)) << size;
        EXPECT_EQ(header.sequence, 3U);
        EXPECT_EQ(header.sent, kNow);
    }
}

TEST(LacsimTestPacket, EveryChangedOctetIsFound) {
    const Octets good = packet(100, {.run = 1, .flow = 2, .address = kSubscriber, .sequence = 3, .sent = kNow});
    for (std::size_t i = 0; i < good.size(); ++i) {
        Octets bad = good;
        bad[i] ^= 0x10;
        InnerPacket inner;
        std::uint16_t port = 0;
        Bytes payload;
        TestHeader header;
        const bool accepted = decode_inner(bad, inner) == InnerFault::none &&
                              decode_udp(inner, port, payload) == InnerFault::none && read_payload(payload, header);
        EXPECT_FALSE(accepted) << "octet " << i;
    }
}

TEST(LacsimTestPacket, ForeignPatternUnderARightChecksumIsFound) {
    Octets payload(80);
    fill_pattern(payload);
    Writer w(payload);
    write_header(w, {.run = 1, .sent = kNow});
    TestHeader header;
    EXPECT_TRUE(read_payload(payload, header));
    payload[79] ^= 1;
    EXPECT_FALSE(read_payload(payload, header));
    EXPECT_TRUE(is_test_payload(payload));
}

TEST(LacsimTestPacket, OctetsBehindThePacketAreAFault) {
    Octets octets = packet(100, {.address = kSubscriber, .sent = kNow});
    octets.push_back(0);
    InnerPacket inner;
    EXPECT_EQ(decode_inner(octets, inner), InnerFault::length);
}

TEST(LacsimFlow, TellsDuplicatesFromLateArrivals) {
    FlowCheck flow;
    EXPECT_EQ(flow.arrive(0), FlowCheck::Arrival::in_order);
    EXPECT_EQ(flow.arrive(2), FlowCheck::Arrival::in_order);
    EXPECT_EQ(flow.arrive(1), FlowCheck::Arrival::late);
    EXPECT_EQ(flow.arrive(1), FlowCheck::Arrival::duplicate);
    EXPECT_EQ(flow.arrive(2), FlowCheck::Arrival::duplicate);
    EXPECT_EQ(flow.arrive(200), FlowCheck::Arrival::in_order);
    EXPECT_EQ(flow.arrive(200), FlowCheck::Arrival::duplicate);
    EXPECT_EQ(flow.arrive(199), FlowCheck::Arrival::late);
    EXPECT_EQ(flow.expected(), 201U);
    EXPECT_EQ(flow.unique(), 5U);
}

TEST(LacsimFlow, SumsUpAndTravels) {
    FlowTable table;
    for (std::uint32_t s : {0U, 1U, 1U, 4U})
        table.arrive({.flow = 7, .sequence = s, .sent = kNow}, 100, kNow + std::chrono::milliseconds(2));
    table.arrive({.flow = FlowTable::kMostFlows, .sent = kNow}, 100, kNow);
    const Tally t = table.tally();
    EXPECT_EQ(t.unique, 3U);
    EXPECT_EQ(t.octets, 300U);
    EXPECT_EQ(t.duplicated, 1U);
    EXPECT_EQ(t.missing, 2U);
    EXPECT_EQ(t.corrupt, 1U);
    std::array<std::uint8_t, Tally::kSize> wire{};
    Writer w(wire);
    t.write(w);
    ASSERT_TRUE(w.ok());
    Tally back;
    Reader r(wire);
    ASSERT_TRUE(back.read(r));
    EXPECT_EQ(back.missing, 2U);
    EXPECT_EQ(back.latency_max, 2000000U);
}

TEST(LacsimFlow, KnowsTheLongestPause) {
    FlowTable table;
    EXPECT_EQ(table.tally().pause, 0U);
    std::uint32_t sequence = 0;
    for (const int ms : {0, 10, 150, 155})
        table.arrive({.flow = 1, .sequence = sequence++, .sent = kNow}, 100, kNow + std::chrono::milliseconds(ms));
    EXPECT_EQ(table.tally().pause, 140000000U);
}

TEST(LacsimReflector, CountsEchoesAndReports) {
    Reflector reflector;
    const auto send = [&](Kind kind, Ipv4 from, std::uint32_t sequence, std::size_t size) {
        Octets payload(size);
        fill_pattern(payload);
        Writer w(payload);
        write_header(w,
                     {.run = 9, .flow = 1, .address = kSubscriber, .sequence = sequence, .kind = kind, .sent = kNow});
        Octets reply;
        reflector.receive(payload, {from, 40000}, kNow, [&](Bytes b) { reply.assign(b.begin(), b.end()); });
        return reply;
    };
    EXPECT_TRUE(send(Kind::up, kSubscriber, 0, 60).empty());
    const Octets echo = send(Kind::echo_request, kSubscriber, 1, 60);
    TestHeader header;
    ASSERT_TRUE(read_payload(echo, header));
    EXPECT_EQ(header.kind, Kind::echo_reply);
    EXPECT_TRUE(reflector.intact());
    EXPECT_TRUE(send(Kind::up, Ipv4{1}, 2, 60).empty());
    EXPECT_FALSE(reflector.intact());
    EXPECT_TRUE(send(Kind::query, kSubscriber, 0, 60).empty()) << "a reply longer than the query";
    const Octets answer = send(Kind::query, kSubscriber, 0, TestHeader::kSize + Tally::kSize);
    ASSERT_TRUE(read_payload(answer, header));
    EXPECT_EQ(header.kind, Kind::query_reply);
    Reader r(Bytes(answer).subspan(TestHeader::kSize));
    Tally t;
    ASSERT_TRUE(t.read(r));
    EXPECT_EQ(t.unique, 2U);
    EXPECT_EQ(t.misdelivered, 1U);
}

TEST(LacsimHistogram, PercentilesAreWithinTwoPercent) {
    Histogram h;
    EXPECT_EQ(h.percentile_ms(0.5), 0);
    for (int i = 1; i <= 1000; ++i)
        h.add(std::chrono::microseconds(i * 10));
    EXPECT_NEAR(h.percentile_ms(0.5), 5.0, 0.1);
    EXPECT_NEAR(h.percentile_ms(0.99), 9.9, 0.2);
    EXPECT_DOUBLE_EQ(h.max_ms(), 10.0);
    EXPECT_DOUBLE_EQ(h.percentile_ms(1.0), 10.0);
}

TEST(LacsimPacer, KeepsTheRateAndForgetsLongPauses) {
    Pacer pacer(1000, std::chrono::seconds(1));
    pacer.start(kNow);
    std::uint32_t sent = 0;
    for (int ms = 1; ms <= 100; ++ms)
        sent += pacer.due(kNow + std::chrono::milliseconds(ms), 1000);
    EXPECT_NEAR(sent, 100, 1);
    EXPECT_LE(pacer.due(kNow + std::chrono::milliseconds(900), 1000), 11U);
    EXPECT_FALSE(pacer.over(kNow + std::chrono::milliseconds(999)));
    EXPECT_TRUE(pacer.over(kNow + std::chrono::milliseconds(1000)));
}

TEST(LacsimTimerWheel, FiresOnceNotBeforeItsTimeInAnyOrderOfArming) {
    TimerWheel wheel(3, kNow);
    std::vector<std::uint32_t> fired;
    const auto fire = [&](std::uint32_t id) { fired.push_back(id); };
    wheel.arm(0, kNow + std::chrono::seconds(60)); // more than a turn of the wheel
    wheel.arm(1, kNow + std::chrono::milliseconds(25));
    wheel.arm(2, kNow + std::chrono::milliseconds(25));
    wheel.cancel(2);
    wheel.advance(kNow + std::chrono::milliseconds(24), fire);
    EXPECT_TRUE(fired.empty());
    wheel.advance(kNow + std::chrono::milliseconds(40), fire);
    EXPECT_EQ(fired, std::vector<std::uint32_t>{1});
    for (int s = 1; s < 60; ++s)
        wheel.advance(kNow + std::chrono::seconds(s), fire);
    EXPECT_EQ(fired.size(), 1U);
    wheel.advance(kNow + std::chrono::milliseconds(60020), fire);
    EXPECT_EQ(fired.size(), 2U);
}

TEST(LacsimTimerWheel, SurvivesAPauseLongerThanATurnAndRearmingInTheCallback) {
    TimerWheel wheel(2, kNow);
    int fired = 0;
    wheel.arm(0, kNow + std::chrono::seconds(1));
    wheel.arm(1, kNow + std::chrono::seconds(2));
    wheel.advance(kNow + std::chrono::seconds(300), [&](std::uint32_t id) {
        ++fired;
        if (id == 0 && fired < 10) wheel.arm(0, kNow + std::chrono::seconds(301));
    });
    EXPECT_EQ(fired, 2);
    EXPECT_TRUE(wheel.armed(0));
    EXPECT_FALSE(wheel.armed(1));
}

} // namespace
} // namespace lns::lacsim
