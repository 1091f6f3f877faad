// SPDX-License-Identifier: ISC
// Control connections: limits, strangers, restarts.
#include <set>

#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using l2tp::test::cdn_payload;
using l2tp::test::kTheirs;

// A LAC that sends SCCRQ and never answers.
LacSite& half_open(Rig& rig, Ipv4 address = Ipv4{0x7f000001}) {
    LacSite& site = rig.lac(address);
    site.tick();
    site.deaf = true;
    return site;
}

TEST(Acknowledgements, WaitAMomentForALacThatDoesNotWaitForThem) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const auto say = [&](int messages) {
        for (int i = 0; i < messages; ++i)
            site.lac->say(SessionId::none, l2tp::test::payload(l2tp::MessageType::HELLO, [](l2tp::AvpWriter&) {}));
        rig.step();
    };
    rig.advance(2s);
    say(1);
    EXPECT_TRUE(site.lac->quiet()) << "it may wait for this";
    say(2);
    EXPECT_FALSE(site.lac->quiet());
    rig.step();
    EXPECT_TRUE(site.lac->quiet());
    say(4);
    EXPECT_TRUE(site.lac->quiet()) << "so many are enough";
    say(1);
    EXPECT_FALSE(site.lac->quiet());
    rig.restart();
    rig.step();
    EXPECT_TRUE(site.lac->quiet()) << "not forgotten in a crash";
    rig.advance(2s);
    say(1);
    EXPECT_TRUE(site.lac->quiet());
}

TEST(TunnelLimits, HalfOpenTunnelsAreBoundedForEachSource) {
    Rig rig({.config = [](conf::Config& c) { c.max_half_open_per_source = 2; }});
    for (int i = 0; i < 3; ++i)
        half_open(rig);
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::half_open_unrecorded) == 1; }));
    EXPECT_EQ(rig.tunnels_in_use(), 2U);
    const LacSite& other = rig.lac(Ipv4{0x7f000002});
    ASSERT_TRUE(rig.until([&] { return other.lac->up; }));
    // They give up, and there is room again.
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
    rig.lac_up();
}

TEST(TunnelLimits, HalfOpenTunnelsAreBoundedInAll) {
    Rig rig({.config = [](conf::Config& c) { c.max_half_open_tunnels = 3; }});
    for (std::uint32_t i = 1; i <= 4; ++i)
        half_open(rig, Ipv4{0x7f000000 + i});
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::half_open_unrecorded) == 1; }));
    EXPECT_EQ(rig.tunnels_in_use(), 3U);
}

TEST(TunnelLimits, ALacGetsInWhileTooManyTunnelsAreInTheMaking) {
    for (const bool authenticates : {true, false}) {
        Rig rig({.config = [](conf::Config& c) { c.max_half_open_tunnels = 1; }});
        half_open(rig, Ipv4{0x7f000002});
        ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
        LacSite& site = rig.lac(Ipv4{0x7f000001}, {.calls = 0, .authenticates = authenticates});
        ASSERT_TRUE(rig.until([&] { return site.lac->up && site.lac->quiet(); }, 5s)) << "before the other gives up";
        EXPECT_EQ(rig.count(Counter::half_open_unrecorded), 1U);
        const shm::TunnelRecord record = rig.tunnel(rig.tunnel_of(site));
        EXPECT_EQ(record.state, shm::TunnelState::open);
        EXPECT_EQ(record.peer, site.endpoint());
        EXPECT_EQ(record.peer_id, PeerTunnelId{kTheirs});
        EXPECT_EQ(record.authenticated, authenticates);
        EXPECT_FALSE(record.host_name.empty());
        rig.online(site, "joe");
        rig.restart();
        rig.online(site, "ann");
    }
}

TEST(TunnelLimits, ALacWhoseSccrqWasLostUponGetsTheSameAnswerAgain) {
    Rig rig({.config = [](conf::Config& c) { c.max_half_open_per_source = 1; }});
    half_open(rig);
    LacSite& site = half_open(rig);
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::half_open_unrecorded) == 1; }));
    site.deaf = false; // it repeats its SCCRQ, and compares what it gets
    ASSERT_TRUE(rig.until([&] { return site.lac->up && site.lac->quiet(); }, 5s));
    EXPECT_EQ(rig.tunnels_in_use(), 2U);
}

TEST(TunnelLimits, AnSccrqRepeatedForEverIsAnsweredNoMoreThanItBrought) {
    Rig rig({.config = [](conf::Config& c) { c.max_half_open_tunnels = 1; }});
    half_open(rig, Ipv4{0x7f000002});
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
    LacSite& site = half_open(rig);
    const Octets sccrq = l2tp::test::datagram(TunnelId::none, SessionId::none, 0, 0, l2tp::test::sccrq(kTheirs));
    for (int i = 0; i < 500; ++i) {
        site.send(sccrq);
        if (i % 50 == 0) rig.step();
    }
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::half_open_limit) > 0; }));
    rig.step();
    EXPECT_LE(rig.count(Counter::half_open_unrecorded), 2U * AnswerBudget::kAnswersASecond) << "in about a second";
    EXPECT_EQ(rig.count(Counter::half_open_unrecorded) + rig.count(Counter::half_open_limit), 501U);
    EXPECT_EQ(rig.tunnels_in_use(), 1U);
}

TEST(TunnelLimits, AnScccnThatNobodyWasAskedForIsForNoTunnel) {
    Rig rig({.config = [](conf::Config& c) { c.max_half_open_tunnels = 1; }});
    half_open(rig, Ipv4{0x7f000002});
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
    LacSite& site = half_open(rig);
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::half_open_unrecorded) == 1; }));
    const auto scccn = l2tp::test::payload(l2tp::MessageType::SCCCN);
    for (std::uint16_t id = 1; id <= 100; ++id) // one of 65535 would be the right one
        site.send(l2tp::test::datagram(TunnelId{id}, SessionId::none, 1, 1, scccn));
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::unknown_tunnel) >= 99; }));
    EXPECT_LE(rig.tunnels_in_use(), 2U);
    EXPECT_EQ(rig.count(Counter::tunnels_opened), 0U);
}

TEST(TunnelLimits, AnOpenTunnelIsNotHalfOpen) {
    Rig rig({.config = [](conf::Config& c) { c.max_half_open_per_source = 1; }});
    for (int i = 0; i < 5; ++i)
        rig.lac_up();
    EXPECT_EQ(rig.tunnels_in_use(), 5U);
    EXPECT_EQ(rig.count(Counter::half_open_unrecorded), 0U);
    rig.restart();
    half_open(rig);
    half_open(rig);
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::half_open_unrecorded) == 1; }))
        << "counted anew after a crash";
}

TEST(TunnelLimits, AFullTableRefusesWithStopCcn) {
    Rig rig;
    for (int i = 0; i < 8; ++i)
        rig.lac_up();
    const LacSite& site = rig.lac();
    ASSERT_TRUE(rig.until([&] { return site.lac->stopped; }));
    EXPECT_EQ(site.lac->stop_result, 2U);
    EXPECT_GE(rig.count(Counter::tunnel_table_full), 1U);
    EXPECT_TRUE(rig.logged("tunnel table is full"));
}

TEST(TunnelLimits, AClosedTunnelMakesRoomForANewOne) {
    Rig rig;
    std::vector<LacSite*> sites;
    for (int i = 0; i < 8; ++i)
        sites.push_back(&rig.lac_up());
    sites[3]->stop();
    ASSERT_TRUE(rig.until([&] { return sites[3]->lac->quiet(); }, 5s));
    EXPECT_EQ(rig.tunnels_in_use(), 8U) << "it is kept to acknowledge again";
    const LacSite& site = rig.lac();
    EXPECT_TRUE(rig.until([&] { return site.lac->up; }, 5s));
    EXPECT_EQ(rig.count(Counter::tunnel_table_full), 0U);
}

TEST(Tunnels, ADatagramFromAnotherPortIsNotOfTheTunnel) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    LacSite& stranger = half_open(rig);
    stranger.send(l2tp::test::datagram(site.lac->lns(), SessionId::none, 5, 3, l2tp::test::stop_payload(kTheirs)));
    const auto header =
        l2tp::encode_data_header(PeerTunnelId{raw(site.lac->lns())}, PeerSessionId{raw(joe.leg().peer)});
    stranger.send(ppp::join({Octets(header.begin(), header.end()),
                             ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::TerminateRequest, 1))}));
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::wrong_peer) == 2; }));
    rig.advance(2s);
    EXPECT_TRUE(joe.open());
    EXPECT_FALSE(joe.client->terminated);
}

TEST(Tunnels, AStopCcnWithoutTunnelIdCountsOnlyFromThePeer) {
    Rig rig;
    LacSite& site = half_open(rig);
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
    const Octets stop = l2tp::test::datagram(TunnelId::none, SessionId::none, 1, 0, l2tp::test::stop_payload(kTheirs));
    LacSite& stranger = rig.lac(Ipv4{0x7f000002});
    stranger.deaf = true;
    stranger.send(stop);
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::unknown_tunnel) == 1; }));
    rig.advance(1s);
    EXPECT_EQ(rig.tunnel(TunnelIndex{1}).state, shm::TunnelState::opening);
    site.send(stop);
    EXPECT_TRUE(rig.until([&] { return rig.tunnel(TunnelIndex{1}).state != shm::TunnelState::opening; }, 2s));
}

TEST(Tunnels, ACdnCannotReachACallOfAnotherTunnel) {
    Rig rig;
    LacSite& site = rig.lac_up();
    LacSite& other = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    other.lac->say(joe.leg().peer, cdn_payload(joe.call));
    other.lac->say(SessionId::none, cdn_payload(joe.call));
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::unknown_session) == 2; }));
    rig.advance(2s);
    EXPECT_TRUE(joe.open());
    EXPECT_EQ(rig.sessions_in_use(), 1U);
}

TEST(Tunnels, ACdnBeforeTheIcrpWasSeenFindsTheCallByTheLacsId) {
    Rig rig;
    LacSite& site = rig.lac_up();
    site.lac->dial();
    site.lac->say(SessionId::none, cdn_payload(1));
    ASSERT_TRUE(rig.until([&] { return site.lac->quiet(); }));
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }, 2s));
}

TEST(Tunnels, ARestartedLacEndsItsOldTunnelOnlyWhenItHasProvenItself) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const TunnelIndex old = rig.tunnel_of(site);
    const SessionIndex sid = rig.index_of(joe);
    site.restart();
    site.tick();
    site.deaf = true; // an SCCRQ, which anybody could have sent
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 2; }));
    rig.advance(2s);
    EXPECT_EQ(rig.session(sid).state, shm::SessionState::open);
    site.deaf = false;
    ASSERT_TRUE(rig.until([&] { return site.lac->up && site.lac->quiet() && rig.tunnels_in_use() == 1; }));
    EXPECT_NE(rig.tunnel_of(site), old);
    EXPECT_EQ(rig.sessions_in_use(), 0U);
    EXPECT_EQ(rig.times_told("stop joe"), 1U);
    rig.online(site, "joe");
}

TEST(Tunnels, GarbageIsCountedAndNotAnswered) {
    Rig rig;
    LacSite& site = half_open(rig);
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
    const std::uint64_t sent = rig.count(Counter::control_sent);
    SeededRng rng(3);
    for (std::size_t i = 0; i < 200; ++i) {
        Octets octets(rng.below(200));
        rng.fill(octets);
        if (octets.size() > 1 && i % 2 == 0) octets[1] = 2;
        site.send(octets);
        if (i % 20 == 0) rig.step();
    }
    rig.step();
    EXPECT_EQ(rig.tunnels_in_use(), 1U);
    EXPECT_LE(rig.count(Counter::control_sent), sent + 2) << "nothing but the SCCRP again";
}

TEST(Tunnels, AHelloIsAnswered) {
    Rig rig;
    LacSite& site = rig.lac_up();
    site.lac->say(SessionId::none, l2tp::test::payload(l2tp::MessageType::HELLO));
    EXPECT_TRUE(rig.until([&] { return site.lac->quiet(); }, 2s));
}

TEST(Tunnels, ATunnelThatDiesWithAHalfMadeCallIsFreeOnce) {
    Rig rig;
    LacSite& dead = rig.lac_up();
    dead.lac->dial();
    dead.tick();
    dead.deaf = true;
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 1; }));
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 0; }));
    std::set<TunnelIndex> slots;
    for (int i = 0; i < 8; ++i)
        slots.insert(rig.tunnel_of(rig.lac_up()));
    EXPECT_EQ(slots.size(), 8U);
    const LacSite& ninth = rig.lac();
    EXPECT_TRUE(rig.until([&] { return ninth.lac->stopped || ninth.lac->up; }));
    EXPECT_TRUE(ninth.lac->stopped) << "it was given the slot of another tunnel";
}

} // namespace
} // namespace lns::sessiond
