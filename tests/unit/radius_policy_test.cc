// SPDX-License-Identifier: ISC
// The small rules of radiusd-client: settings, Message-Authenticator, window, log limits.
#include <gtest/gtest.h>

#include "radiusd-client/counters.h"
#include "radiusd-client/log_limiter.h"
#include "radiusd-client/message_authenticator_policy.h"
#include "radiusd-client/settings.h"
#include "radiusd-client/window.h"

namespace lns::radius_client {
namespace {

using namespace std::chrono_literals;
using conf::Tristate;

const MonoTime kStart{1000s};

TEST(Settings, NameTheServersInOrderWithAccountingOnTheNextPort) {
    conf::Config config;
    config.primary_radius = Ipv4{0x0a000001};
    config.primary_radius_port = 1812;
    config.secondary_radius = Ipv4{0x0a000002};
    const Settings settings = make_settings(config, Secret("s"));
    ASSERT_EQ(settings.auth_servers.size(), 2U);
    EXPECT_EQ(to_string(settings.auth_servers[0]), "10.0.0.1:1812");
    EXPECT_EQ(to_string(settings.auth_servers[1]), "10.0.0.2:1645");
    EXPECT_EQ(to_string(settings.acct_servers[0]), "10.0.0.1:1813");
    EXPECT_EQ(to_string(settings.acct_servers[1]), "10.0.0.2:1646");
    EXPECT_EQ(settings.source, conf::AuthSource::radius);
}

TEST(Settings, TakeAServerThatIsNamedTwiceOnce) {
    conf::Config config;
    config.primary_radius = config.secondary_radius = Ipv4{0x0a000001};
    EXPECT_EQ(make_settings(config, {}).auth_servers.size(), 1U);
    config.secondary_radius_port = 1812;
    EXPECT_EQ(make_settings(config, {}).auth_servers.size(), 2U);
    EXPECT_EQ(make_settings({}, {}).source, conf::AuthSource::local);
}

TEST(Settings, ProtectOurAddressesAndKeepRoutesWithinTheAllowedOnes) {
    conf::Config config;
    config.bind_address = Ipv4{0x0a010001};
    config.primary_radius = Ipv4{0x0a020001};
    const auto judge = [&](const char* route) {
        return radius::judge_route(make_settings(config, {}).routes, *parse_prefix4(route));
    };
    EXPECT_EQ(judge("10.1.0.0/24"), radius::RouteRefusal::covers_us);
    EXPECT_EQ(judge("10.2.0.1/32"), radius::RouteRefusal::covers_us);
    EXPECT_EQ(judge("10.3.0.0/24"), radius::RouteRefusal::none);
    config.framed_route_allow = "10.4.0.0/16, 172.16.0.0/12";
    EXPECT_EQ(judge("10.3.0.0/24"), radius::RouteRefusal::not_allowed);
    EXPECT_EQ(judge("172.20.0.0/16"), radius::RouteRefusal::none);
    config.framed_route_allow = "nonsense";
    EXPECT_EQ(judge("10.3.0.0/24"), radius::RouteRefusal::not_allowed);
}

TEST(MessageAuthenticatorPolicy, AutoAsksOnlyOfServersThatHaveSentIt) {
    const Endpoint a{Ipv4{1}, 1812};
    const Endpoint b{Ipv4{2}, 1812};
    MessageAuthenticatorPolicy policy;
    EXPECT_FALSE(policy.required(a));
    EXPECT_TRUE(policy.worrying());
    EXPECT_TRUE(policy.seen(a));
    EXPECT_FALSE(policy.seen(a));
    EXPECT_TRUE(policy.required(a));
    EXPECT_FALSE(policy.required(b));
    policy.set_mode(Tristate::yes);
    EXPECT_TRUE(policy.required(b));
    policy.set_mode(Tristate::no);
    EXPECT_FALSE(policy.required(a));
    EXPECT_FALSE(policy.worrying());
    MessageAuthenticatorPolicy later;
    later.recall({b});
    EXPECT_TRUE(later.required(b));
}

TEST(Window, GrowsWithAnswersAndShrinksOnceForABurstOfLosses) {
    Window window(100, 10, 150);
    for (int i = 0; i < 100; ++i)
        window.answered();
    EXPECT_EQ(window.size(), 150U);
    for (int i = 0; i < 100; ++i)
        window.unanswered(kStart);
    EXPECT_EQ(window.size(), 75U);
    for (int i = 1; i < 10; ++i)
        window.unanswered(kStart + i * 1s);
    EXPECT_EQ(window.size(), 10U);
}

void answer(Window& window, int times, Clock::duration took) {
    for (int i = 0; i < times; ++i)
        window.answered(took, window.size());
}

TEST(Window, OfAQuickServerStaysWhatItsSocketHolds) {
    Window window(96, 64, 4096);
    answer(window, 96, 50ms); // which was busy with something else at first
    answer(window, 1000, 4ms);
    EXPECT_EQ(window.size(), 96U);
}

TEST(Window, OfAFarServerThatServesManyAtOnceGrows) {
    Window window(96, 64, 4096);
    answer(window, 5000, 400ms);
    EXPECT_EQ(window.size(), 4096U);
    answer(window, 1, 900ms); // now they wait for each other
    EXPECT_EQ(window.size(), 4095U);
}

TEST(Window, GrowsOnlyWhenItIsUsedUp) {
    Window window(96, 64, 4096);
    for (int i = 0; i < 1000; ++i)
        window.answered(50ms, 95);
    EXPECT_EQ(window.size(), 96U);
    window.answered(50ms, 96);
    EXPECT_EQ(window.size(), 97U);
}

TEST(LogLimiter, LetsOneLineAnIntervalThroughAndCountsTheOthers) {
    LogLimiter limiter(60s);
    EXPECT_EQ(limiter.pass("a", kStart), 0U);
    EXPECT_FALSE(limiter.pass("a", kStart + 1s));
    EXPECT_FALSE(limiter.pass("a", kStart + 59s));
    EXPECT_EQ(limiter.pass("b", kStart + 1s), 0U);
    EXPECT_EQ(limiter.pass("a", kStart + 60s), 2U);
    EXPECT_EQ(more_like_this(2), " (2 more like this)");
    EXPECT_EQ(more_like_this(0), "");
}

} // namespace
} // namespace lns::radius_client
