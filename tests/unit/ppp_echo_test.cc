// SPDX-License-Identifier: ISC
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(PppEcho, AsksAQuietPeerAndGivesUpInTheEnd) {
    Lns lns;
    lns.open();
    lns.advance(seconds(30));
    EXPECT_LE(lns.number_of(Protocol::LCP, Code::EchoRequest), 1U);
    lns.advance(milliseconds(7500));
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::EchoRequest), 1U);
    EXPECT_EQ(lns.sent.at(0).data, be32(lns.s.magic));
    lns.advance(seconds(240) - milliseconds(37501));
    EXPECT_EQ(lns.s.phase, Phase::open);
    lns.advance(milliseconds(1));
    EXPECT_EQ(lns.s.phase, Phase::terminating);
    EXPECT_EQ(lns.downs, 1);
    lns.advance(seconds(6));
    EXPECT_EQ(lns.finished, Reason::echo_timeout);
}

TEST(PppEcho, AnyPacketIsLife) {
    Lns lns;
    lns.open();
    for (int i = 0; i < 100; ++i) {
        lns.advance(seconds(200));
        lns.lcp(Code::Identification, 1, be32(1));
    }
    EXPECT_EQ(lns.s.phase, Phase::open);
}

TEST(PppEcho, ABusySessionIsNotAsked) {
    Lns lns;
    lns.open();
    for (int i = 0; i < 100; ++i) {
        alive(lns.s, lns.now);
        lns.advance(seconds(20));
    }
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::EchoRequest), 0U);
    const MonoTime last = lns.s.echo.last_life;
    alive(lns.s, last - seconds(1000)); // old news does not age it
    EXPECT_EQ(lns.s.echo.last_life, last);
}

TEST(PppEcho, SessionsThatComeUpTogetherAreSpread) {
    std::vector<MonoTime> due;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Lns lns(seed);
        lns.open();
        EXPECT_GE(lns.s.echo.due - lns.now, lns.cfg.echo_interval);
        EXPECT_LE(lns.s.echo.due - lns.now, lns.cfg.echo_interval * 5 / 4);
        due.push_back(lns.s.echo.due);
        lns.now += lns.cfg.echo_interval;
        alive(lns.s, lns.now);
        lns.now += seconds(8);
        lns.tick(); // they stay spread when traffic stops for all at once
        EXPECT_EQ(lns.s.echo.due, due.back() + lns.cfg.echo_interval);
    }
    std::sort(due.begin(), due.end());
    EXPECT_GT(std::unique(due.begin(), due.end()) - due.begin(), 40);
}

TEST(PppEcho, AQuietSessionIsLookedAtOnceARequest) {
    Lns lns;
    lns.open();
    for (unsigned requests = 1; requests <= 20; ++requests) {
        lns.now = lns.s.echo.due;
        lns.tick();
        ASSERT_EQ(lns.number_of(Protocol::LCP, Code::EchoRequest), requests);
        EXPECT_EQ(lns.s.echo.due, lns.now + lns.cfg.echo_interval + milliseconds(lns.s.echo.jitter_ms));
        EXPECT_EQ(lns.s.echo.outstanding, 1);
        lns.now += milliseconds(5);
        lns.lcp(Code::EchoReply, lns.s.echo.id, be32(1));
        EXPECT_EQ(lns.s.echo.outstanding, 0);
    }
}

TEST(PppEcho, OfSessionsThatRecoverTogetherComeSpreadOverTheInterval) {
    std::vector<MonoTime> due;
    MonoTime recovered{};
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Lns lns(seed);
        lns.open();
        lns.now += seconds(5);
        lns.recover();
        recovered = lns.now;
        due.push_back(lns.s.echo.due);
        lns.now = lns.s.echo.due;
        lns.tick();
        EXPECT_EQ(lns.number_of(Protocol::LCP, Code::EchoRequest), 1U);
        EXPECT_EQ(lns.s.phase, Phase::open);
    }
    for (int quarter = 0; quarter < 4; ++quarter) {
        const MonoTime from = recovered + quarter * Config{}.echo_interval / 4;
        const auto within = std::ranges::count_if(
            due, [&](MonoTime at) { return at >= from && at < from + Config{}.echo_interval / 4; });
        EXPECT_GT(within, 10) << quarter;
        EXPECT_LT(within, 40) << quarter;
    }
}

TEST(PppEcho, WeWhoWereAwayAskBeforeWeJudge) {
    Lns lns;
    lns.open();
    lns.now += seconds(1000);
    lns.tick();
    EXPECT_EQ(lns.s.phase, Phase::open);
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::EchoRequest), 1U);
    lns.advance(seconds(40));
    EXPECT_EQ(lns.finished, Reason::echo_timeout);
}

TEST(PppEcho, CanBeSwitchedOff) {
    Lns lns;
    lns.cfg.echo_interval = seconds(0);
    lns.open();
    lns.advance(seconds(10000));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(next_deadline(lns.s), kNever);
}

TEST(PppEcho, SwitchedOffWhileRunningItStops) {
    Lns lns;
    lns.open();
    lns.cfg.echo_interval = seconds(0);
    lns.advance(seconds(10000));
    EXPECT_TRUE(lns.sent.empty());
}

} // namespace
} // namespace lns::ppp
