// SPDX-License-Identifier: ISC
// Throttling, interception and the clamped segment size in the packet path, with a clock of the test's own.
#include <gtest/gtest.h>

#include <thread>

#include "datapathd/mss_clamp.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/throttle.h"
#include "shm/rule_counters.h"
#include "tests/unit/datapath_fakes.h"

namespace lns::datapath {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr FineTime kBurst = 250 * kFinePerMillisecond; // the default, unless the rate is low
constexpr MonoTime kStart{std::chrono::hours(24 * 365)};

FineTime default_burst(std::uint32_t kbits) {
    return conf::throttle_burst(conf::Config{}, kbits) * kFinePerMillisecond;
}

// Octets that pass in the first ten seconds and in those after them, `every` so long a packet of `size`.
std::array<double, 2> passed_in_ten_seconds(std::uint32_t kbits, std::size_t size, Clock::duration every) {
    std::uint64_t word = 0;
    std::array<double, 2> octets{};
    for (MonoTime now = kStart; now < kStart + 20s; now += every)
        if (gcra_take(word, fine_time(now), time_at_rate(size, kbits), default_burst(kbits)))
            octets[now < kStart + 10s ? 0 : 1] += static_cast<double>(size);
    return octets;
}

TEST(Gcra, IsAccurateWithinThreePercentOverTenSecondsFromSlowToFast) {
    struct Case {
        std::uint32_t kbits;
        std::size_t size;
        std::chrono::nanoseconds every; // offers more than twice the rate
    };
    for (const Case& c : {Case{64, 1500, 80ms}, Case{64, 64, 3ms}, Case{256, 1500, 20ms}, Case{1000, 576, 2ms},
                          Case{10'000, 1400, 500us}, Case{100'000, 1500, 50us}, Case{100'000, 64, 2us},
                          Case{1'000'000, 1500, 5us}, Case{1'000'000, 300, 1us}}) {
        const double wanted = c.kbits * 1000.0 * 10 / 8;
        const auto [first, then] = passed_in_ten_seconds(c.kbits, c.size, c.every);
        EXPECT_NEAR(then / wanted, 1.0, 0.03) << c.kbits << " kbit/s, packets of " << c.size;
        const double burst = c.kbits * conf::throttle_burst(conf::Config{}, c.kbits) / 8.0;
        EXPECT_NEAR((first - burst) / wanted, 1.0, 0.03) << "after a silence the burst comes on top";
    }
}

// A sender that grows until it loses something (slow start, then additive increase; a timeout when too little comes
// back for a fast retransmission), over a path of 20 milliseconds: the share of the rate that its packets got in ten
// seconds, once it has been there for ten.
double tcp_share(std::uint32_t kbits, FineTime burst) {
    constexpr std::size_t kSize = 1500;
    constexpr Clock::duration kRoundTrip = 20ms;
    std::uint64_t word = 0;
    std::uint64_t octets = 0;
    double window = 10;
    double threshold = 1e9;
    for (MonoTime now = kStart; now < kStart + 20s;) {
        const auto count = static_cast<int>(window);
        int passed = 0;
        for (int i = 0; i < count; ++i) {
            const MonoTime at = now + kRoundTrip * i / count;
            if (!gcra_take(word, fine_time(at), time_at_rate(kSize, kbits), burst)) continue;
            ++passed;
            if (at >= kStart + 10s && at < kStart + 20s) octets += kSize;
        }
        now += kRoundTrip;
        if (passed == count) {
            window = window < threshold ? std::min(window * 2, threshold) : window + std::max(1.0, window / 50);
            continue;
        }
        threshold = std::max(2.0, window * 0.7); // RFC 9438
        window = passed < 3 ? 1 : threshold;
        if (passed < 3) now += 200ms;
    }
    return static_cast<double>(octets) * 8 / 10 / 1000 / kbits;
}

TEST(Gcra, TcpComesWithinThreePercentOfTheRate) {
    for (const std::uint32_t kbits : {64U, 128U, 256U, 1000U, 10'000U, 100'000U, 1'000'000U})
        EXPECT_NEAR(tcp_share(kbits, default_burst(kbits)), 1.0, 0.03) << kbits << " kbit/s";
    EXPECT_LT(tcp_share(64, kBurst), 0.97) << "a quarter of a second is not two packets: it waits for time-outs";
}

TEST(Gcra, LosesNothingBelowTheRate) {
    for (const std::uint32_t kbits : {64U, 10'000U, 1'000'000U}) {
        std::uint64_t word = 0;
        MonoTime now = kStart;
        for (int i = 0; i < 10'000; ++i) {
            const std::size_t size = 40 + static_cast<std::size_t>(i) * 37 % 1460;
            ASSERT_TRUE(gcra_take(word, fine_time(now), time_at_rate(size, kbits), kBurst)) << kbits << ' ' << i;
            now += std::chrono::nanoseconds(size * 8 * 1'000'000 / kbits + 1);
        }
    }
}

TEST(Gcra, AllowsABurstAfterSilenceAndNoMore) {
    std::uint64_t word = 0;
    const auto cost = time_at_rate(1000, 8000); // a millisecond
    int passed = 0;
    for (int i = 0; i < 1000; ++i)
        passed += gcra_take(word, fine_time(kStart), cost, kBurst) ? 1 : 0;
    EXPECT_EQ(passed, 250);
    EXPECT_TRUE(gcra_take(word, fine_time(kStart + 1ms), cost, kBurst));
    EXPECT_FALSE(gcra_take(word, fine_time(kStart + 1ms), cost, kBurst));
    passed = 0;
    for (int i = 0; i < 1000; ++i)
        passed += gcra_take(word, fine_time(kStart + 1h), cost, kBurst) ? 1 : 0;
    EXPECT_EQ(passed, 250);
}

TEST(Gcra, LetsAPacketLargerThanTheBurstPassWhenNothingIsOwed) {
    std::uint64_t word = 0;
    const auto cost = time_at_rate(1500, 8); // a second and a half
    EXPECT_TRUE(gcra_take(word, fine_time(kStart), cost, kFinePerMillisecond));
    EXPECT_FALSE(gcra_take(word, fine_time(kStart + 1499ms), cost, kFinePerMillisecond));
    EXPECT_TRUE(gcra_take(word, fine_time(kStart + 1500ms), cost, kFinePerMillisecond));
}

TEST(Gcra, SeveralWorkersTakeFromOneBucketExactly) {
    std::uint64_t word = 0;
    constexpr auto cost = time_at_rate(1000, 8000);
    std::array<int, 4> passed{};
    std::vector<std::thread> workers;
    for (int& mine : passed)
        workers.emplace_back([&word, &mine] {
            for (int i = 0; i < 20'000; ++i)
                mine += gcra_take(word, fine_time(kStart), cost, kBurst) ? 1 : 0;
        });
    for (std::thread& worker : workers)
        worker.join();
    EXPECT_EQ(passed[0] + passed[1] + passed[2] + passed[3], 250);
}

// ---- In the packet path ----

Octets up_packet(std::size_t size = 100) { return ip_packet({}, pattern(size)); }
Octets down_packet(std::size_t size = 100, std::uint16_t fragment = 0x4000) {
    return ip_packet({.source = kHost, .destination = kSubscriber, .fragment = fragment}, pattern(size));
}

struct ServicesRig : Rig {
    explicit ServicesRig(const shm::SessionServices& wanted, std::uint16_t flags, conf::Config config = {}) {
        services.configure(config);
        serve(wanted, flags);
    }
    void expect_all_counted() const {
        expect_conserved();
        EXPECT_EQ(session().up_packets, count(Counter::up_forwarded));
        EXPECT_EQ(session().up_octets, count(Counter::up_octets));
        EXPECT_EQ(session().down_packets, count(Counter::down_sent));
        EXPECT_EQ(session().down_octets, count(Counter::down_octets));
    }
};

// 8 kbit/s and 250 milliseconds: 250 octets at once, then an octet a millisecond.
constexpr shm::SessionServices kSlow{{}, 8, 8, {}};

TEST(Throttle, DropsWhatIsOverTheRateUpstreamAndCountsIt) {
    ServicesRig r(kSlow, shm::kThrottled);
    const auto send = [&](int packets) {
        for (int i = 0; i < packets; ++i)
            r.udp.arrive(data_message(up_packet(80))); // 100 octets
        r.up.run(64, r.now);
    };
    send(5);
    EXPECT_EQ(r.tun.written.size(), 2U);
    EXPECT_EQ(r.count(Counter::up_throttled), 3U);
    EXPECT_EQ(r.session().up_dropped, 3U);
    r.now += 100ms;
    send(5);
    EXPECT_EQ(r.tun.written.size(), 3U);
    r.now += 10s;
    send(5);
    EXPECT_EQ(r.tun.written.size(), 5U);
    EXPECT_EQ(r.session().up_octets, 500U);
    r.expect_all_counted();
}

TEST(Throttle, TheOtherDirectionAndOtherSessionsAreNotTouched) {
    ServicesRig r({{}, 8, 0, {}}, shm::kThrottled);
    const SessionIndex other{3 * 256 + 6};
    r.t.activate(other, Ipv4{kSubscriber.value + 1});
    r.rescan();
    for (int i = 0; i < 50; ++i) {
        r.tun.arrive(down_packet(1000));
        r.udp.arrive(data_message(ip_packet({.source = Ipv4{kSubscriber.value + 1}}, pattern(1000)), other));
    }
    r.down.run(64, r.now);
    r.up.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 50U);
    EXPECT_EQ(r.session(other).up_packets, 50U);
    EXPECT_EQ(r.count(Counter::up_throttled) + r.count(Counter::down_throttled), 0U);
}

TEST(Throttle, JudgesEachSegmentOfWhatTheKernelJoined) {
    ServicesRig r({{}, 0, 8000, {}}, shm::kThrottled, {}); // an octet a microsecond: 250,000 at once
    const Octets data = pattern(40'000);
    VirtioHeader header;
    header.gso_type = kVirtioGsoTcp4;
    header.gso_size = 1000;
    header.hdr_len = 40;
    for (int i = 0; i < 10; ++i)
        r.tun.arrive(tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {}, data), header);
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 250'000U / 1040);
    EXPECT_EQ(r.count(Counter::down_throttled), 400U - 240);
    EXPECT_EQ(r.session().down_octets, 240U * 1040);
    EXPECT_EQ(r.session().down_dropped, 160U);
    r.expect_all_counted();
}

TEST(Throttle, JudgesEachDatagramOfAnArrivingTrain) {
    ServicesRig r(kSlow, shm::kThrottled);
    const Octets one = data_message(up_packet(80));
    r.udp.arriving.push_back({{kLac, kLacPort}, joined({one, one, one, one}), static_cast<std::uint16_t>(one.size())});
    r.up.run(64, r.now);
    EXPECT_EQ(r.session().up_packets, 2U);
    EXPECT_EQ(r.session().up_dropped, 2U);
    r.expect_all_counted();
}

TEST(Throttle, JudgesEachFragmentThatItMakes) {
    ServicesRig r({{}, 0, 64, {}}, shm::kThrottled); // 2000 octets at once
    r.set_mru(576);
    r.tun.arrive(down_packet(2400, 0));
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 4U) << "three of 572 octets, and the small one at the end";
    EXPECT_EQ(r.count(Counter::down_throttled), 1U);
    r.expect_all_counted();
}

TEST(Throttle, ServicesOfAnEarlierUseOfTheSlotDoNotCount) {
    ServicesRig r(kSlow, shm::kThrottled);
    shm::SessionServices old = kSlow;
    old.generation = Generation{77};
    r.t.service_writer.write(raw(Tables::kSession), old);
    for (int i = 0; i < 50; ++i)
        r.tun.arrive(down_packet(1000));
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 50U);
}

TEST(PacketLimit, LetsSoManyPassInATenthOfASecond) {
    conf::Config config;
    config.packet_limit = 10;
    ServicesRig r({}, shm::kPacketLimited, config);
    const auto send = [&] {
        for (int i = 0; i < 30; ++i)
            r.tun.arrive(down_packet(10));
        r.down.run(64, r.now);
    };
    send();
    EXPECT_EQ(r.udp.sent.size(), 10U);
    EXPECT_EQ(r.count(Counter::down_limited), 20U);
    r.now += 50ms;
    send();
    EXPECT_EQ(r.udp.sent.size(), 15U);
    r.expect_all_counted();
}

constexpr Endpoint kListener{Ipv4{0xc6336409}, 9999};

TEST(Interception, CopiesWhatIsSentAndWhatIsReceived) {
    ServicesRig r({{}, 0, 0, kListener.address, kListener.port}, shm::kSnooped);
    r.udp.arrive(data_message(up_packet(70)));
    r.up.run(64, r.now);
    r.tun.arrive(down_packet(90));
    r.down.run(64, r.now);
    ASSERT_EQ(r.copies.sent.size(), 2U);
    EXPECT_EQ(r.copies.sent[0].to, kListener);
    EXPECT_EQ(r.copies.sent[0].packet, up_packet(70));
    EXPECT_EQ(r.copies.sent[1].packet, down_packet(90));
    EXPECT_EQ(r.count(Counter::snoop_sent), 2U);
    EXPECT_EQ(r.tun.written.size(), 1U);
    EXPECT_EQ(r.udp.sent.size(), 1U);
    r.serve({}, 0);
    r.tun.arrive(down_packet(90));
    r.down.run(64, r.now);
    EXPECT_EQ(r.copies.sent.size(), 2U) << "it ends at once";
}

TEST(Interception, CopiesLeaveWhenThePacketsAreGone) {
    ServicesRig r({{}, 0, 0, kListener.address, kListener.port}, shm::kSnooped);
    std::size_t sent = 0;
    std::size_t written = 0;
    r.copies.on_send = [&] {
        sent = r.udp.sent.size();
        written = r.tun.written.size();
    };
    for (int i = 0; i < 5; ++i)
        r.tun.arrive(down_packet());
    r.down.run(64, r.now);
    EXPECT_EQ(sent, 5U);
    for (int i = 0; i < 5; ++i)
        r.udp.arrive(data_message(up_packet()));
    r.up.run(64, r.now);
    EXPECT_EQ(written, 5U);
}

TEST(Interception, AFullSocketCostsTheCopyOnly) {
    ServicesRig r({{}, 0, 0, kListener.address, kListener.port}, shm::kSnooped);
    r.copies.room = 2;
    for (int i = 0; i < 5; ++i) {
        r.tun.arrive(down_packet());
        r.udp.arrive(data_message(up_packet()));
    }
    r.down.run(64, r.now);
    r.up.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 5U);
    EXPECT_EQ(r.tun.written.size(), 5U);
    EXPECT_EQ(r.count(Counter::snoop_sent), 2U);
    EXPECT_EQ(r.count(Counter::snoop_queue_full), 8U);
    r.expect_all_counted();
}

TEST(Interception, CopiesMoreThanFitsItsMemoryAtOnce) {
    ServicesRig r({{}, 0, 0, kListener.address, kListener.port}, shm::kSnooped);
    for (int i = 0; i < 20; ++i)
        r.udp.arrive(data_message(up_packet(60'000)));
    for (int i = 0; i < 400; ++i)
        r.udp.arrive(data_message(up_packet(30)));
    r.up.run(1000, r.now);
    ASSERT_EQ(r.copies.sent.size(), 420U);
    EXPECT_EQ(r.copies.sent[19].packet, up_packet(60'000));
    EXPECT_EQ(r.copies.sent[419].packet, up_packet(30));
}

TEST(Interception, OfWhatTheKernelJoinedThereIsACopyOfEachPacket) {
    ServicesRig r({{}, 0, 0, kListener.address, kListener.port}, shm::kSnooped);
    VirtioHeader header;
    header.gso_type = kVirtioGsoTcp4;
    header.gso_size = 1000;
    header.hdr_len = 40;
    r.tun.arrive(tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {}, pattern(2500)),
                 header);
    r.down.run(64, r.now);
    ASSERT_EQ(r.copies.sent.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(ip_header_right(r.copies.sent[i].packet));
        EXPECT_TRUE(tcp_checksum_right(r.copies.sent[i].packet));
        EXPECT_EQ(joined({Bytes(r.udp.sent[i].octets).subspan(kEncapsulationSize)}), r.copies.sent[i].packet);
    }
}

TEST(Interception, WhatTheSubscriberSentIsCopiedThoughItIsThrottledAndWhatHeDidNotReceiveIsNot) {
    ServicesRig r({{}, 8, 8, kListener.address, kListener.port}, shm::kSnooped | shm::kThrottled);
    for (int i = 0; i < 5; ++i)
        r.udp.arrive(data_message(up_packet(80)));
    r.up.run(64, r.now);
    EXPECT_EQ(r.copies.sent.size(), 5U);
    EXPECT_EQ(r.session().up_packets, 2U);
    for (int i = 0; i < 5; ++i)
        r.tun.arrive(down_packet(80));
    r.udp.room = 1;
    r.down.run(64, r.now);
    EXPECT_EQ(r.copies.sent.size(), 6U);
}

TEST(Interception, ACopyThatComesBackIsNotCopiedAgain) {
    ServicesRig r({{}, 0, 0, kSubscriber, 443}, shm::kSnooped);
    r.tun.arrive(udp_packet({.source = kHost, .destination = kSubscriber}, 7, pattern(50))); // to port 443
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 1U);
    EXPECT_TRUE(r.copies.sent.empty());
    EXPECT_EQ(r.count(Counter::snoop_loop), 1U);
}

// ---- Access lists ----

struct FilterRig : ServicesRig {
    explicit FilterRig(const std::string& text) : ServicesRig({}, shm::kFiltered) { replace(text); }
    void replace(const std::string& text) {
        auto parsed = conf::parse_startup_config(text, "test");
        EXPECT_FALSE(parsed.diagnostics.has_errors());
        lists = parsed.settings.access_lists;
        services.replace_lists(parsed.settings.access_lists);
    }
    void name(const char* in, const char* out) {
        shm::SessionAaa aaa;
        aaa.generation = Generation{1};
        aaa.filter_in.assign(in);
        aaa.filter_out.assign(out);
        t.aaa.write(raw(Tables::kSession), aaa);
    }
    std::uint64_t matches(const char* list, const char* rule) {
        return shm::rule_matches(t.rule_counters, conf::rule_key(list, rule));
    }
    std::vector<conf::AccessList> lists;
};

constexpr const char* kWeb = "ip access-list extended web\n"
                             " permit tcp any any eq 80\n"
                             " permit udp any eq 7 any\n"
                             " deny udp any any\n";

Octets to_host(std::uint16_t port) { return tcp_packet({}, {.destination = port}, pattern(20)); }

TEST(Filter, HoldsWhatTheSubscriberSendsAgainstItsList) {
    FilterRig r(kWeb);
    r.name("web", "");
    for (const Octets& packet : {to_host(80), to_host(81), udp_packet({}, 7, pattern(9)), udp_packet({}, 8, pattern(9)),
                                 ip_packet({.protocol = 1}, pattern(8))})
        r.udp.arrive(data_message(packet));
    r.up.run(64, r.now);
    EXPECT_EQ(r.session().up_packets, 2U);
    EXPECT_EQ(r.session().up_dropped, 3U);
    EXPECT_EQ(r.count(Counter::up_filtered), 3U);
    EXPECT_EQ(r.matches("web", "permit tcp any any eq 80"), 1U);
    EXPECT_EQ(r.matches("web", "deny udp any any"), 1U);
    r.tun.arrive(down_packet());
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 1U) << "the other direction has none";
    r.expect_all_counted();
}

TEST(Filter, HoldsWhatHeReceivesAgainstTheOther) {
    FilterRig r(kWeb);
    r.name("", "web");
    const auto from_host = [](std::uint16_t port) {
        return tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {.destination = port},
                          pattern(20));
    };
    r.tun.arrive(from_host(80));
    r.tun.arrive(from_host(81));
    r.udp.arrive(data_message(to_host(81)));
    r.down.run(64, r.now);
    r.up.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 1U);
    EXPECT_EQ(r.count(Counter::down_filtered), 1U);
    EXPECT_EQ(r.tun.written.size(), 1U);
    r.expect_all_counted();
}

TEST(Filter, JudgesEachSegmentByItsOwnFlags) {
    FilterRig r("ip access-list extended nopush\n deny tcp any any match-any +psh\n permit ip any any\n");
    r.name("", "nopush");
    VirtioHeader header;
    header.gso_type = kVirtioGsoTcp4;
    header.gso_size = 1000;
    header.hdr_len = 40;
    r.tun.arrive(
        tcp_packet({.source = kHost, .destination = kSubscriber, .fragment = 0x4000}, {.flags = 0x18}, pattern(3000)),
        header);
    r.down.run(64, r.now);
    EXPECT_EQ(r.udp.sent.size(), 2U) << "the last one has PSH";
    EXPECT_EQ(r.count(Counter::down_filtered), 1U);
    r.expect_all_counted();
}

TEST(Filter, IsJudgedBeforeAPacketIsCutOrRefused) {
    FilterRig r("ip access-list extended none\n");
    r.name("", "none");
    r.set_mru(576);
    r.tun.arrive(down_packet(2400, 0));
    r.tun.arrive(down_packet(2400));
    r.down.run(64, r.now);
    EXPECT_EQ(r.count(Counter::down_filtered), 2U);
    EXPECT_TRUE(r.icmp.sent.empty());
    r.expect_all_counted();
}

TEST(Filter, WithoutAListOfThatNameAllPassesUntilThereIsOne) {
    FilterRig r(kWeb);
    r.name("other", "");
    r.udp.arrive(data_message(to_host(81)));
    r.up.run(64, r.now);
    EXPECT_EQ(r.tun.written.size(), 1U);
    EXPECT_EQ(r.count(Counter::filter_undefined), 1U);
    r.replace("ip access-list standard other\n deny any\n");
    r.udp.arrive(data_message(to_host(81)));
    r.up.run(64, r.now);
    EXPECT_EQ(r.tun.written.size(), 1U);
    EXPECT_EQ(r.count(Counter::up_filtered), 1U);
}

TEST(Filter, RulesThatStayKeepTheirCounters) {
    FilterRig r(kWeb);
    r.name("web", "");
    r.udp.arrive(data_message(to_host(80)));
    r.up.run(64, r.now);
    for (int i = 0; i < 100; ++i) // more than the table holds at once
        r.replace("ip access-list standard l" + std::to_string(i) + "\n permit host 1.2.3." + std::to_string(i) + "\n" +
                  kWeb);
    EXPECT_EQ(r.matches("web", "permit tcp any any eq 80"), 1U);
    r.replace("ip access-list extended web\n deny ip any host 1.2.3.4\n permit tcp any any eq 80\n");
    r.udp.arrive(data_message(to_host(80)));
    r.up.run(64, r.now);
    EXPECT_EQ(r.matches("web", "permit tcp any any eq 80"), 2U);
    EXPECT_EQ(r.matches("web", "deny udp any any"), 0U);
}

TEST(Filter, FragmentsAreSeenAsWhatTheyAre) {
    const auto facts = [](const Octets& packet) { return facts_of(*parse_ipv4_packet(packet)); };
    const conf::PacketFacts whole = facts(to_host(80));
    EXPECT_TRUE(whole.has_ports && whole.has_flags && !whole.later_fragment);
    EXPECT_EQ(whole.destination_port, 80);
    EXPECT_EQ(whole.tcp_flags, 0x10);
    const conf::PacketFacts later = facts(ip_packet({.protocol = 6, .fragment = 0x2002}, pattern(40)));
    EXPECT_TRUE(later.later_fragment && !later.has_ports && !later.has_flags && !later.forged);
    EXPECT_TRUE(facts(ip_packet({.protocol = 6, .fragment = 0x0001}, pattern(40))).forged);
    EXPECT_FALSE(facts(ip_packet({.protocol = 17, .fragment = 0x0001}, pattern(40))).forged);
    const conf::PacketFacts cut = facts(ip_packet({.protocol = 6, .fragment = 0x2000}, pattern(8)));
    EXPECT_TRUE(cut.has_ports && !cut.has_flags);
    EXPECT_FALSE(facts(ip_packet({.protocol = 6}, pattern(3))).has_ports);
}

// ---- TCP's segment size ----

Octets syn(Ipv4 source, Ipv4 destination, const Octets& options, std::uint8_t flags = kTcpSyn) {
    return tcp_packet({.source = source, .destination = destination, .fragment = 0x4000},
                      {.flags = flags, .options = options}, {});
}

TEST(MssClamp, BringsHandshakesDownToTheMruBothWays) {
    Rig r;
    r.set_mru(1400);
    r.udp.arrive(data_message(syn(kSubscriber, kHost, {2, 4, 0x05, 0xb4})));
    r.up.run(64, r.now);
    r.tun.arrive(syn(kHost, kSubscriber, {2, 4, 0x05, 0xb4}, kTcpSyn | kTcpAck));
    r.down.run(64, r.now);
    const Octets down = joined({Bytes(r.udp.sent.at(0).octets).subspan(kEncapsulationSize)});
    for (const Octets& packet : {r.tun.written.at(0).packet, down}) {
        EXPECT_EQ(get16(packet, 42), 1360U);
        EXPECT_TRUE(tcp_checksum_right(packet));
        EXPECT_TRUE(ip_header_right(packet));
    }
    EXPECT_EQ(r.count(Counter::mss_clamped), 2U);
}

TEST(MssClamp, AlsoWhatSessiondPassedOn) {
    Rig r;
    r.set_mru(1400);
    const Octets datagram = data_message(syn(kSubscriber, kHost, {2, 4, 0x05, 0xb4}));
    r.up.from_sessiond({{kLac, kLacPort}, kOurs, datagram}, r.now);
    EXPECT_EQ(get16(r.tun.written.at(0).packet, 42), 1360U);
}

TEST(MssClamp, TheChecksumHoldsAtAnyOffset) {
    for (const Octets& before : {Octets{}, Octets{1}, Octets{1, 1}, Octets{3, 3, 7}, Octets{1, 3, 3, 7},
                                 Octets{4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}}) {
        Octets options = joined({before, Octets{2, 4, 0x23, 0x28}});
        options.resize((options.size() + 3) / 4 * 4);
        Octets packet = syn(kHost, kSubscriber, options);
        const auto view = parse_ipv4_packet(packet);
        ASSERT_TRUE(view.has_value());
        EXPECT_TRUE(clamp_mss(packet, *view, 1492));
        EXPECT_EQ(get16(packet, 40 + before.size() + 2), 1452U) << before.size();
        EXPECT_TRUE(tcp_checksum_right(packet)) << before.size();
    }
}

TEST(MssClamp, LeavesEverythingElseAsItIs) {
    const auto unchanged = [](Octets packet) {
        const Octets before = packet;
        const auto view = parse_ipv4_packet(packet);
        return view && (!is_tcp_syn(*view) || !clamp_mss(packet, *view, 1492)) && packet == before;
    };
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {2, 4, 0x05, 0xac}))) << "1452 fits";
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {})));
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {2, 4, 0x23, 0x28}, kTcpAck))) << "no handshake";
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {0, 2, 4, 0x23, 0x28, 0, 0, 0}))) << "behind the end";
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {3, 0, 2, 4, 0x23, 0x28, 0, 0}))) << "a length of 0";
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {1, 1, 1, 2}))) << "cut off";
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {1, 1, 2, 4}))) << "cut off in the value";
    EXPECT_TRUE(unchanged(syn(kHost, kSubscriber, {2, 3, 0x23, 0x28}))) << "a length that is not its own";
    EXPECT_TRUE(unchanged(udp_packet({}, 7, pattern(40))));
}

} // namespace
} // namespace lns::datapath
