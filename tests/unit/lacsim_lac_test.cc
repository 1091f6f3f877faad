// SPDX-License-Identifier: ISC
// Whole runs of lacsim in memory, against a small LNS and with a clock of the test's own.
#include <gtest/gtest.h>

#include "tests/unit/lacsim_fake_lns.h"
#include "tools/lacsim/control_channel.h"
#include "tools/lacsim/report.h"

namespace lns::lacsim {
namespace {

Options options(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = more;
    words.emplace_back("10.0.0.1");
    const auto o = parse_options(words);
    EXPECT_TRUE(o.ok()) << o.error().message;
    return *o;
}

struct Rig {
    explicit Rig(const Options& o)
        : opts(o), lac(opts, stats, rng, lns, now, std::vector<std::uint32_t>(o.tunnels, 0)) {}

    void start() {
        lac.start(now);
        lns.exchange(lac, now);
    }
    void pass(std::chrono::milliseconds time) {
        for (const MonoTime end = now + time; now < end;) {
            now += std::chrono::milliseconds(10);
            lac.step(now);
            lns.exchange(lac, now);
        }
    }
    void hang_up() {
        lac.hang_up();
        lac.step(now);
        lns.exchange(lac, now);
    }
    [[nodiscard]] std::string failure() const {
        return stats.sessions_failed.counts().empty() ? "" : stats.sessions_failed.counts().begin()->first;
    }

    Options opts;
    Statistics stats;
    SeededRng rng{42};
    FakeLns lns;
    MonoTime now{std::chrono::seconds(1000)};
    Lac lac;
};

TEST(LacsimLac, SessionsComeUpWithPapAndHangUpCleanly) {
    Rig run(options({"-s", "3"}));
    run.start();
    EXPECT_EQ(run.lac.phase(), Lac::Phase::ready);
    EXPECT_EQ(run.stats.sessions_up, 3U);
    EXPECT_EQ(run.stats.authenticated_pap, 3U);
    EXPECT_EQ(run.lns.users, (std::vector<std::string>{"user1@isp", "user2@isp", "user3@isp"}));
    const Call* second = run.lac.call_numbered(2);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(to_string(second->ppp().address()), "10.64.0.2");
    EXPECT_EQ(to_string(second->ppp().primary_dns()), "8.8.8.8");
    EXPECT_EQ(second->ppp().peer_mru(), 1400);
    EXPECT_EQ(run.lac.call_of(second->ppp().address()), second);
    run.hang_up();
    EXPECT_EQ(run.lac.phase(), Lac::Phase::done);
    EXPECT_EQ(run.lns.cdn_seen, 3U);
    EXPECT_EQ(run.lns.stopccn_seen, 1U);
    EXPECT_TRUE(as_asked(run.opts, run.stats));
}

TEST(LacsimLac, SessionsComeUpWithChapAndWithoutAuthentication) {
    for (const AuthMethod method : {AuthMethod::chap, AuthMethod::none}) {
        Rig run(options({"-s", "2"}));
        run.lns.auth = method;
        run.start();
        EXPECT_EQ(run.stats.sessions_up, 2U);
        EXPECT_EQ(run.stats.authenticated_chap, method == AuthMethod::chap ? 2U : 0U);
        EXPECT_EQ(run.stats.authenticated_none, method == AuthMethod::none ? 2U : 0U);
    }
}

TEST(LacsimLac, PassiveSubscriberWaitsForTheLns) {
    Rig run(options({"--passive"}));
    run.start();
    EXPECT_EQ(run.stats.sessions_up, 1U);
}

TEST(LacsimLac, RefusalIsReportedWithWhatTheLnsSaid) {
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap}) {
        Rig run(options());
        run.lns.auth = method;
        run.lns.refuse = true;
        run.start();
        EXPECT_EQ(run.stats.sessions_up, 0U);
        EXPECT_EQ(run.failure(), method == AuthMethod::pap ? "authentication rejected (Authenticate-Nak), CDN 3/0"
                                                           : "authentication rejected (CHAP Failure), CDN 3/0");
        EXPECT_FALSE(as_asked(run.opts, run.stats));
    }
}

TEST(LacsimLac, TunnelSecretIsChecked) {
    Rig good(options({"-S", "s3cret"}));
    good.lns.secret = "s3cret";
    good.start();
    EXPECT_EQ(good.stats.sessions_up, 1U);
    Rig bad(options({"-S", "s3cret"}));
    bad.lns.secret = "other";
    bad.start();
    EXPECT_EQ(bad.stats.tunnels_up, 0U);
    EXPECT_EQ(bad.stats.tunnels_failed.counts().begin()->first, "LNS answered the challenge wrongly");
    EXPECT_EQ(bad.stats.sessions_failed.total(), 1U);
}

TEST(LacsimLac, SilentLnsFailsTheRunInBoundedTime) {
    Rig run(options());
    run.lns.silent = true;
    run.start();
    run.pass(std::chrono::seconds(60));
    EXPECT_EQ(run.lac.phase(), Lac::Phase::ready);
    EXPECT_EQ(run.stats.tunnels_failed.counts().begin()->first, "no answer to SCCRQ");
    EXPECT_EQ(run.stats.l2tp.control_retransmitted, ControlChannel::kMaxTransmissions - 1);
    run.hang_up();
    EXPECT_EQ(run.lac.phase(), Lac::Phase::done);
}

TEST(LacsimLac, ComesUpUnderLossInBothDirections) {
    Rig run(options({"-s", "20", "--timeout", "300"}));
    SeededRng dice(5);
    run.lns.lose = [&dice](bool) { return dice.below(100) < 15; };
    run.start();
    run.pass(std::chrono::seconds(200));
    EXPECT_EQ(run.stats.sessions_up, 20U) << run.failure();
    EXPECT_EQ(run.stats.malformed_total(), 0U);
    run.hang_up();
    run.pass(std::chrono::seconds(60));
    EXPECT_EQ(run.lac.phase(), Lac::Phase::done);
}

TEST(LacsimLac, AddressGivenTwiceIsAFault) {
    Rig run(options({"-s", "2"}));
    run.lns.same_address = true;
    run.start();
    EXPECT_EQ(run.stats.malformed[static_cast<std::size_t>(Malformed::address_twice)], 1U);
    EXPECT_FALSE(as_asked(run.opts, run.stats));
}

TEST(LacsimLac, ConfigureAckThatDiffersIsAFault) {
    Rig run(options());
    run.lns.spoil_ack = true;
    run.start();
    EXPECT_EQ(run.stats.sessions_up, 0U);
    EXPECT_GT(run.stats.malformed[static_cast<std::size_t>(Malformed::ppp_ack_differs)], 0U);
}

TEST(LacsimLac, EndsByTheLnsAreToldApart) {
    Rig run(options({"-s", "3"}));
    run.start();
    run.lns.send_cdn(1, 3, "kicked");
    ControlWriter terminate(5, 9);
    run.lns.send_ppp(2, Protocol::lcp, terminate.finish());
    run.lns.exchange(run.lac, run.now);
    run.lns.send_cdn(2, 3, "");
    run.lns.exchange(run.lac, run.now);
    EXPECT_EQ(run.stats.sessions_ended_by_lns.counts().at("CDN at up 3/0 kicked"), 1U);
    EXPECT_EQ(run.stats.sessions_ended_by_lns.counts().at("Terminate-Request, CDN 3/0"), 1U);
    run.lns.send_stopccn(6);
    run.lns.exchange(run.lac, run.now);
    EXPECT_EQ(run.stats.tunnels_ended_by_lns.counts().at("StopCCN 6/0 maintenance"), 1U);
    EXPECT_EQ(run.stats.sessions_ended_by_lns.counts().at("tunnel: StopCCN 6/0 maintenance"), 1U);
    EXPECT_TRUE(run.lac.all_down());
    EXPECT_FALSE(as_asked(run.opts, run.stats));
}

TEST(LacsimLac, EchoRequestsAndHelloAreAnswered) {
    Rig run(options());
    run.start();
    ControlWriter echo(9, 5);
    echo.data().u32(0x99990001);
    run.lns.send_ppp(1, Protocol::lcp, echo.finish());
    run.lns.send_hello();
    run.lns.exchange(run.lac, run.now);
    EXPECT_EQ(run.stats.ppp.echo_requests_answered, 1U);
    EXPECT_EQ(run.stats.l2tp.hello_answered, 1U);
    EXPECT_EQ(run.stats.malformed_total(), 0U);
}

TEST(LacsimLac, UnansweredEchoEndsTheSession) {
    Rig run(options({"--echo", "2"}));
    run.start();
    run.pass(std::chrono::seconds(20));
    EXPECT_TRUE(run.lac.all_down());
    EXPECT_EQ(run.stats.sessions_ended_by_lns.counts().at("echo requests not answered"), 1U);
}

TEST(LacsimLac, RepeatSetsEachSessionUpAnew) {
    Rig run(options({"-s", "2", "--repeat", "3"}));
    run.start();
    run.pass(std::chrono::seconds(1));
    EXPECT_EQ(run.lac.phase(), Lac::Phase::ready);
    EXPECT_EQ(run.stats.sessions_up, 6U);
    EXPECT_EQ(run.stats.sessions_ended_by_us, 6U);
    EXPECT_TRUE(as_asked(run.opts, run.stats));
}

TEST(LacsimLac, RenegotiatesOnceWhenAsked) {
    Rig run(options({"--renegotiate"}));
    run.start();
    run.pass(std::chrono::seconds(10));
    EXPECT_EQ(run.stats.renegotiated, 1U);
    EXPECT_EQ(run.stats.sessions_up, 1U);
    EXPECT_EQ(run.stats.authenticated_pap, 1U);
}

TEST(LacsimLac, NoGoodbyeIsSilent) {
    Rig run(options({"--no-goodbye"}));
    run.start();
    const std::uint64_t before = run.lns.control_seen;
    run.hang_up();
    EXPECT_EQ(run.lac.phase(), Lac::Phase::done);
    EXPECT_EQ(run.lns.control_seen, before);
    EXPECT_EQ(run.lns.cdn_seen + run.lns.stopccn_seen, 0U);
}

TEST(LacsimLac, RateBoundsTheSetUps) {
    Rig run(options({"-s", "100", "--rate", "50"}));
    run.start();
    run.pass(std::chrono::seconds(1));
    EXPECT_NEAR(static_cast<double>(run.stats.sessions_up), 50, 4);
    run.pass(std::chrono::seconds(2));
    EXPECT_EQ(run.stats.sessions_up, 100U);
}

TEST(LacsimLac, GarbageIsCountedAndChangesNothing) {
    Rig run(options());
    run.start();
    SeededRng dice(9);
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::uint8_t> octets(dice.below(80));
        dice.fill(octets);
        run.lac.receive(octets, run.now);
    }
    EXPECT_EQ(run.stats.malformed_total(), 2000U);
    EXPECT_EQ(run.stats.sessions_up_now, 1U);
}

TEST(LacsimChannel, NeverHasMoreOutThanTheWindowAndKeepsEarlyMessages) {
    L2tpCounters counters;
    std::vector<std::vector<std::uint8_t>> out;
    ControlChannel channel(
        counters, [&out](Bytes b) { out.emplace_back(b.begin(), b.end()); }, [](std::uint32_t) {});
    const MonoTime now{std::chrono::seconds(1)};
    channel.set_peer(7, 2);
    for (int i = 0; i < 5; ++i)
        channel.send(MessageWriter(MessageType::HELLO, 7, 0).finish(), now);
    EXPECT_EQ(out.size(), 2U);
    const auto nothing = [](Bytes, std::uint16_t) {};
    channel.receive({.control = true, .ns = 0, .nr = 1, .body = {}}, now, nothing);
    EXPECT_EQ(out.size(), 3U);
    channel.receive({.control = true, .ns = 0, .nr = 9, .body = {}}, now, nothing); // acknowledges what was not sent
    EXPECT_EQ(out.size(), 3U);

    std::vector<std::uint16_t> delivered;
    const std::vector<std::uint8_t> body(8);
    const auto take = [&delivered](Bytes, std::uint16_t session) { delivered.push_back(session); };
    for (const std::uint16_t ns : std::initializer_list<std::uint16_t>{1, 2, 0, 1, 3})
        channel.receive({.control = true, .session = ns, .ns = ns, .nr = 1, .body = body}, now, take);
    EXPECT_EQ(delivered, (std::vector<std::uint16_t>{0, 1, 2, 3}));
    EXPECT_EQ(counters.duplicates, 1U);
    EXPECT_EQ(counters.early, 2U);
    EXPECT_TRUE(channel.acknowledgement_due());
}

TEST(LacsimChannel, KnowsHowLongAMessageWaitedForItsAcknowledgement) {
    L2tpCounters counters;
    ControlChannel channel(
        counters, [](Bytes) {}, [](std::uint32_t) {});
    const MonoTime now{std::chrono::seconds(1)};
    const auto nothing = [](Bytes, std::uint16_t) {};
    channel.send(MessageWriter(MessageType::HELLO, 7, 0).finish(), now);
    channel.receive({.control = true, .ns = 0, .nr = 1, .body = {}}, now + std::chrono::milliseconds(30), nothing);
    EXPECT_EQ(counters.longest_unanswered, 30U);
    channel.send(MessageWriter(MessageType::HELLO, 7, 0).finish(), now + std::chrono::seconds(5));
    channel.receive({.control = true, .ns = 0, .nr = 2, .body = {}}, now + std::chrono::milliseconds(5020), nothing);
    EXPECT_EQ(counters.longest_unanswered, 30U);
    channel.send(MessageWriter(MessageType::HELLO, 7, 0).finish(), now + std::chrono::seconds(6));
    EXPECT_TRUE(channel.on_timer(now + std::chrono::milliseconds(7100))); // sent again: it still waits
    channel.receive({.control = true, .ns = 0, .nr = 3, .body = {}}, now + std::chrono::milliseconds(7200), nothing);
    EXPECT_EQ(counters.longest_unanswered, 1200U);
}

} // namespace
} // namespace lns::lacsim
