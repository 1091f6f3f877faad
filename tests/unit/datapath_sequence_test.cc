// SPDX-License-Identifier: ISC
// RFC 2661 5.4: the numbers of the data messages of sessions whose LAC requires them.
#include <algorithm>
#include <thread>

#include "tests/unit/datapath_fakes.h"

namespace lns::datapath {
namespace {

using namespace test;

Octets down_packet(std::size_t size, std::uint16_t fragment = 0x4000) {
    return ip_packet({.source = kHost, .destination = kSubscriber, .fragment = fragment}, pattern(size));
}

TEST(DataNumbers, BeginAnewWithEachUseOfTheSlotAndWrap) {
    std::vector<shm::DataSequence> table(4);
    const shm::DataNumbers numbers(table);
    EXPECT_FALSE(numbers.next(SessionIndex{2}, Generation{7}));
    EXPECT_EQ(numbers.take(SessionIndex{2}, Generation{7}, 0xfffe), 0xfffe);
    EXPECT_EQ(numbers.take(SessionIndex{2}, Generation{7}, 0xfffe), 0xffff);
    EXPECT_EQ(numbers.take(SessionIndex{2}, Generation{7}, 0xfffe), 0);
    EXPECT_EQ(numbers.next(SessionIndex{2}, Generation{7}), 1);
    EXPECT_EQ(numbers.take(SessionIndex{2}, Generation{8}, 0), 0);
    EXPECT_EQ(numbers.take(SessionIndex{2}, Generation{8}, 0), 1);
    EXPECT_EQ(numbers.take(SessionIndex{9}, Generation{8}, 5), 5) << "no such slot";
}

TEST(DataNumbers, AreTakenOnceEachBySeveralWorkers) {
    std::vector<shm::DataSequence> table(1);
    std::array<std::vector<std::uint16_t>, 4> taken;
    {
        std::vector<std::jthread> workers;
        for (auto& mine : taken)
            workers.emplace_back([&table, &mine] {
                for (int i = 0; i < 10'000; ++i)
                    mine.push_back(shm::DataNumbers(table).take(SessionIndex{0}, Generation{3}, 0));
            });
    }
    std::vector<std::uint16_t> all;
    for (const auto& mine : taken) {
        EXPECT_TRUE(std::ranges::is_sorted(mine));
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::ranges::sort(all);
    for (std::size_t i = 0; i < all.size(); ++i)
        ASSERT_EQ(all[i], i);
}

struct SequenceRig : Rig {
    explicit SequenceRig(std::uint16_t more_flags = 0, const shm::SessionServices& wanted = {}) {
        serve(wanted, static_cast<std::uint16_t>(shm::kSequenced | more_flags));
        rescan();
    }
    // What sessiond hands over: an LCP Echo-Request.
    void frame_of_sessiond() {
        std::array<std::uint8_t, 64> message{};
        Writer w(message);
        l2tp::encode_data_header(w, PeerTunnelId{0x1122},
                                 PeerSessionId{static_cast<std::uint16_t>(raw(Tables::kSession))}, {.sequence = true},
                                 0);
        w.bytes(Octets{0xff, 0x03, 0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4});
        down.from_sessiond({{kLac, kLacPort}, kOurs, w.written(), Tables::kSession, Generation{1}});
    }
    // Checks the header of everything that was sent, and that each number is one above that before.
    void expect_numbered(std::uint16_t first) const {
        for (const FakeUdp::Sent& s : udp.sent) {
            const auto header = l2tp::parse_header(s.octets);
            ASSERT_TRUE(header.ok());
            EXPECT_EQ(header->flags, l2tp::kFlagS | l2tp::kVersion2);
            EXPECT_EQ(raw(header->tunnel), 0x1122);
            EXPECT_EQ(raw(header->session), raw(Tables::kSession));
            EXPECT_EQ(header->ns, first++);
            EXPECT_EQ(header->nr, 0) << "reserved";
            EXPECT_TRUE(ppp::parse_frame(header->payload).ok());
        }
    }
    [[nodiscard]] Octets packet_of(std::size_t i) const { return joined({Bytes(udp.sent[i].octets).subspan(14)}); }
};

TEST(Sequencing, PacketsAndFramesHaveOneNumbering) {
    SequenceRig r;
    r.tun.arrive(down_packet(100));
    r.tun.arrive(down_packet(40));
    r.down.run(64, r.now);
    r.frame_of_sessiond();
    r.tun.arrive(down_packet(60));
    r.down.run(64, r.now);
    ASSERT_EQ(r.udp.sent.size(), 4U);
    r.expect_numbered(0);
    EXPECT_EQ(r.packet_of(0), down_packet(100));
    EXPECT_EQ(r.packet_of(3), down_packet(60));
    EXPECT_EQ(get16(r.udp.sent[2].octets, 12), 0xc021);
    EXPECT_EQ(r.session().down_octets, 3 * 20U + 200) << "of IP only";
    EXPECT_EQ(r.count(Counter::numbered_sent), 1U);
    r.expect_conserved();
}

TEST(Sequencing, SegmentsAndFragmentsHaveANumberEach) {
    SequenceRig r;
    VirtioHeader header;
    header.gso_type = kVirtioGsoTcp4;
    header.gso_size = 1000;
    header.hdr_len = 40;
    r.tun.arrive(tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {}, pattern(2500)),
                 header);
    r.set_mru(576);
    r.rescan();
    r.down.run(64, r.now);
    EXPECT_TRUE(r.udp.sent.empty()) << "too big";
    r.set_mru(1400);
    r.rescan();
    r.tun.arrive(tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {}, pattern(2500)),
                 header);
    r.down.run(64, r.now);
    ASSERT_EQ(r.udp.sent.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_TRUE(tcp_checksum_right(r.packet_of(i)));
    r.set_mru(576);
    r.rescan();
    r.tun.arrive(down_packet(1200, 0));
    r.down.run(64, r.now);
    ASSERT_EQ(r.udp.sent.size(), 6U);
    for (std::size_t i = 3; i < 6; ++i)
        EXPECT_TRUE(ip_header_right(r.packet_of(i)));
    r.expect_numbered(0);
    r.expect_conserved();
}

TEST(Sequencing, WhatIsDroppedTakesNoNumber) {
    SequenceRig r(shm::kThrottled, {{}, 0, 64, {}}); // 2000 octets at once
    VirtioHeader header;
    header.gso_type = kVirtioGsoTcp4;
    header.gso_size = 500;
    header.hdr_len = 40;
    r.tun.arrive(tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {}, pattern(5000)),
                 header);
    for (int i = 0; i < 4; ++i)
        r.tun.arrive(down_packet(1000));
    r.down.run(64, r.now);
    r.frame_of_sessiond();
    EXPECT_GT(r.count(Counter::down_throttled), 4U);
    ASSERT_GT(r.udp.sent.size(), 3U);
    r.expect_numbered(0);
}

TEST(Sequencing, GoesOnInTheNextProcess) {
    SequenceRig r;
    r.tun.arrive(down_packet(100));
    r.down.run(64, r.now);
    Services after(r.t.services(), r.interceptor, r.t.counters);
    EXPECT_EQ(after.take_ns(Tables::kSession, Generation{1}), 1);
    EXPECT_EQ(after.take_ns(Tables::kSession, Generation{2}), 0) << "another session";
}

TEST(Sequencing, GoesOnWhereASavedStateSays) {
    shm::SessionServices saved;
    saved.first_ns = 4711;
    SequenceRig r(0, saved);
    r.tun.arrive(down_packet(100));
    r.tun.arrive(down_packet(100));
    r.down.run(64, r.now);
    r.expect_numbered(4711);
}

TEST(Sequencing, OtherSessionsOfTheLacHaveNoNumbers) {
    SequenceRig r;
    const SessionIndex other{3 * 256 + 6};
    r.t.activate(other, Ipv4{kSubscriber.value + 1});
    r.rescan();
    r.tun.arrive(
        ip_packet({.source = kHost, .destination = Ipv4{kSubscriber.value + 1}, .fragment = 0x4000}, pattern(100)));
    r.tun.arrive(down_packet(100));
    r.down.run(64, r.now);
    ASSERT_EQ(r.udp.sent.size(), 2U);
    EXPECT_EQ(l2tp::parse_header(r.udp.sent[0].octets)->flags, l2tp::kVersion2);
    EXPECT_EQ(l2tp::parse_header(r.udp.sent[1].octets)->flags, l2tp::kFlagS | l2tp::kVersion2);
}

TEST(Sequencing, CopiesOfInterceptedPacketsAreTheBarePackets) {
    SequenceRig r(shm::kSnooped, {{}, 0, 0, kHost, 9});
    r.tun.arrive(down_packet(100));
    r.down.run(64, r.now);
    ASSERT_EQ(r.copies.sent.size(), 1U);
    EXPECT_EQ(r.copies.sent[0].packet, down_packet(100));
}

TEST(Sequencing, PacketsOfTheSubscriberAreTakenWhateverTheirNumber) {
    SequenceRig r;
    for (const unsigned ns : {5U, 4U, 5U, 0x8005U}) {
        Octets message = l2tp({.flags = 0x0802}, joined({kPppIp, ip_packet({}, pattern(40))}));
        put16(message, 6, ns);
        r.udp.arrive(message);
    }
    r.up.run(64, r.now);
    EXPECT_EQ(r.session().up_packets, 4U);
    r.expect_conserved();
}

TEST(Sequencing, NothingButADataMessageToBeNumberedIsTakenFromSessiond) {
    SequenceRig r;
    for (const Octets& message : {Octets{}, Octets{0x08, 2, 0, 1}, l2tp({.flags = 0x0002}, Octets{0xff, 3, 0xc0, 0x21}),
                                  l2tp({.flags = 0xc802}, {})})
        r.down.from_sessiond({{kLac, kLacPort}, kOurs, message, Tables::kSession, Generation{1}});
    EXPECT_TRUE(r.udp.sent.empty());
    EXPECT_EQ(r.count(Counter::numbered_bad), 4U);
    r.udp.refuse = true;
    r.frame_of_sessiond();
    EXPECT_EQ(r.count(Counter::numbered_lost), 1U);
}

} // namespace
} // namespace lns::datapath
