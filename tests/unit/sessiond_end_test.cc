// SPDX-License-Identifier: ISC
// How sessions, tunnels and the worker end.
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;
using shm::SessionState;

TEST(SessionEnd, StopWaitsForEveryDatapath) {
    Rig rig;
    rig.confirms = {true, false};
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const SessionIndex sid = rig.index_of(joe);
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended; }));
    rig.advance(5s);
    EXPECT_EQ(rig.forward(sid).state, shm::ForwardState::removing);
    EXPECT_EQ(rig.session(sid).state, SessionState::closing);
    EXPECT_TRUE(rig.records_of(AcctKind::stop).empty());
    rig.confirms[1] = true;
    rig.scan(1);
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.records_of(AcctKind::stop).size(), 1U);
    EXPECT_EQ(rig.forward(sid).state, shm::ForwardState::none);
}

TEST(SessionEnd, TheSlotIsFreeOnlyWhenTheStopIsStored) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const SessionIndex sid = rig.index_of(joe);
    ASSERT_TRUE(rig.until([&] { return rig.session(sid).acct_state == shm::AcctState::started; }));
    rig.stores = false;
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.records_of(AcctKind::stop).size() == 1; }));
    rig.advance(40s); // longer than the call lingers
    EXPECT_EQ(rig.session(sid).state, SessionState::closing);
    EXPECT_TRUE(rig.session(sid).address.is_set());
    rig.store(rig.records.back());
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
}

TEST(SessionEnd, TheSlotIsFreeOnlyWhenTheLacHasLetGo) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const SessionIndex sid = rig.index_of(joe);
    site.deaf = true;
    rig.cli().send(imsg::DropSession{1, raw(sid), 0, 0});
    ASSERT_TRUE(rig.until([&] { return rig.session(sid).acct_state == shm::AcctState::stopped; }));
    rig.advance(2s);
    EXPECT_EQ(rig.session(sid).state, SessionState::closing);
    EXPECT_FALSE(rig.session(sid).address.is_set()) << "the address is free already";
    site.deaf = false;
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    EXPECT_EQ(joe.leg().result, 3U);
}

// A LAC that vanished with all of a table that has little more room, and calls again for the same users.
TEST(SessionEnd, WhatASilentLacWillNeverAcknowledgeTakesNoRoomFromTheSameUsersNewCalls) {
    constexpr int kUsers = 8;
    Rig rig({.config = [](conf::Config& c) { c.max_sessions = kUsers + 2; }});
    LacSite& vanished = rig.lac_up();
    const auto user = [](int i) { return "user" + std::to_string(i); };
    for (int i = 0; i < kUsers; ++i)
        rig.online(vanished, user(i));
    vanished.deaf = true;
    LacSite& again = rig.lac_up();
    for (int i = 0; i < kUsers; ++i) {
        ASSERT_TRUE(rig.online(again, user(i)).open());
        if (i != 3) continue;
        EXPECT_EQ(rig.tunnels_in_use(), 2U);
        EXPECT_EQ(rig.sessions_in_use(), kUsers + 4U) << "the old ones keep their ids, and are more than fit";
        rig.restart(); // what lingers is found again
    }
    EXPECT_EQ(rig.count(Counter::session_table_full), 0U);
    EXPECT_EQ(rig.records_of(AcctKind::stop).size(), std::size_t{kUsers});
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == kUsers && rig.tunnels_in_use() == 1; }));
}

TEST(SessionEnd, AsLongAsPacketsMayBeUnderWayOrTheStopIsNotStoredTheRoomIsTaken) {
    Rig rig({.config = [](conf::Config& c) { c.max_sessions = 1; }});
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const SessionIndex sid = rig.index_of(joe);
    ASSERT_TRUE(rig.until([&] { return rig.session(sid).acct_state == shm::AcctState::started; }));
    site.deaf = true;
    rig.stores = rig.confirms[1] = false;
    const auto refused = [&] {
        const Subscriber& ann = rig.dial(rig.lac_up(), "ann");
        return rig.until([&] { return ann.leg().ended && ann.leg().result == 4; }, 5s);
    };
    rig.cli().send(imsg::DropSession{1, raw(sid), 0, 0});
    EXPECT_TRUE(refused()) << "no confirmation of datapathd";
    rig.confirms[1] = true;
    rig.scan(1);
    ASSERT_TRUE(rig.until([&] { return rig.session(sid).acct_state == shm::AcctState::stop_sent; }, 5s));
    EXPECT_TRUE(refused()) << "no Stop record in the spool";
    rig.store(rig.records.back());
    ASSERT_TRUE(rig.until([&] { return !rig.session(sid).address.is_set(); }, 5s));
    rig.stores = true;
    EXPECT_TRUE(rig.online(rig.lac_up(), "ann").open());
    EXPECT_EQ(rig.session(sid).state, SessionState::closing);
}

TEST(SessionEnd, AStopHasTheTotalsOfThisSessionOnly) {
    Rig rig;
    LacSite& site = rig.lac_up();
    std::vector<SessionIndex> slots;
    for (int i = 0; i < 2; ++i) {
        const Subscriber& joe = rig.online(site, "joe");
        rig.add_traffic(rig.index_of(joe), 0, {1, 1000, 2, 2000});
        rig.add_traffic(rig.index_of(joe), 1, {10, 10000, 20, 20000});
        slots.push_back(rig.index_of(joe));
        joe.terminate();
        ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    }
    const auto stops = rig.records_of(AcctKind::stop);
    ASSERT_EQ(stops.size(), 2U);
    for (const imsg::AcctRequest& stop : stops) {
        EXPECT_EQ(stop.packets_in, 11U);
        EXPECT_EQ(stop.octets_in, 11000U);
        EXPECT_EQ(stop.packets_out, 22U);
        EXPECT_EQ(stop.octets_out, 22000U);
        EXPECT_EQ(stop.terminate_cause, 1U);
    }
    EXPECT_NE(stops[0].acct_session_id, stops[1].acct_session_id);
}

TEST(SessionEnd, WhatAnEarlierUseOfTheSlotCountedIsNotTheNextOnes) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const auto slots = static_cast<std::uint32_t>(rig.table(shm::TableId::session_counters).records());
    for (std::uint32_t i = 0; i < slots; ++i)
        rig.add_traffic(SessionIndex{i}, 0, {5, 5, 5, 5});
    const Subscriber& joe = rig.online(site, "joe");
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).octets_in, 0U);
}

TEST(SessionEnd, TheLacsHangUpEndsAllOfIt) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    site.lac->hang_up(site.lac->calls[joe.call - 1U]);
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 2U);
    EXPECT_EQ(rig.tunnels_in_use(), 1U);
}

TEST(SessionEnd, StopCcnEndsAllSessionsOfTheTunnelAndOnlyThose) {
    Rig rig;
    LacSite& site = rig.lac_up();
    LacSite& other = rig.lac_up();
    rig.online(site, "joe");
    rig.online(site, "ann");
    const Subscriber& bob = rig.online(other, "bob");
    site.lac->say(SessionId::none, l2tp::test::stop_payload(l2tp::test::kTheirs));
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 1; }));
    EXPECT_EQ(rig.records_of(AcctKind::stop).size(), 2U);
    EXPECT_TRUE(bob.open());
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
}

TEST(SessionEnd, ASilentLacLosesItsTunnelAndSessions) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    site.deaf = true;
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 0; }, 300s));
    EXPECT_EQ(rig.sessions_in_use(), 0U);
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 2U);
}

TEST(SessionEnd, TheManySessionsOfALostTunnelEndInPartsAndNewOnesDoNotWait) {
    Rig rig(Rig::Setup{.config = [](conf::Config& c) { c.max_sessions = 2000; }, .pool = "10.9.0.0/20\n"});
    LacSite& site = rig.lac_up();
    LacSite& other = rig.lac_up();
    for (int i = 0; i < 600; ++i)
        rig.dial(site, "joe" + std::to_string(i));
    ASSERT_TRUE(rig.until([&] { return rig.records_of(AcctKind::start).size() == 600; }));
    site.lac->say(SessionId::none, l2tp::test::stop_payload(l2tp::test::kTheirs));
    const Subscriber& bob = rig.dial(other, "bob");
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 1 && bob.open(); }));
    EXPECT_EQ(rig.records_of(AcctKind::stop).size(), 600U);
    ASSERT_TRUE(rig.until([&] { return rig.tunnels_in_use() == 1; }));
}

TEST(SessionEnd, ACrashWithHalfOfThemEndedEndsTheRest) {
    Rig rig(
        Rig::Setup{.config = [](conf::Config& c) { c.max_sessions = 2000; }, .pool = "10.9.0.0/20\n", .quick = true});
    LacSite& site = rig.lac_up();
    for (int i = 0; i < 600; ++i)
        rig.dial(site, "joe" + std::to_string(i));
    ASSERT_TRUE(rig.until([&] { return rig.records_of(AcctKind::start).size() == 600; }));
    rig.crash_at({1000});
    site.lac->say(SessionId::none, l2tp::test::stop_payload(l2tp::test::kTheirs));
    ASSERT_TRUE(rig.until([&] { return rig.crashed() && rig.sessions_in_use() == 0; }));
    std::set<std::uint64_t> stopped;
    for (const imsg::AcctRequest& stop : rig.records_of(AcctKind::stop))
        stopped.insert(stop.acct_session_id);
    EXPECT_EQ(stopped.size(), 600U);
}

TEST(SessionEnd, DropSessionEndsOneAndSaysSo) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Subscriber& ann = rig.online(site, "ann");
    rig.cli().send(imsg::DropSession{7, raw(rig.index_of(joe)), 0, 0});
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 1; }));
    EXPECT_TRUE(joe.client->terminated);
    EXPECT_EQ(joe.leg().result, 3U);
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 6U);
    EXPECT_TRUE(ann.open());
    ASSERT_EQ(rig.results.size(), 1U);
    EXPECT_EQ(rig.results[0].request, 7U);
    EXPECT_EQ(rig.results[0].failed, 0U);
    for (const std::uint32_t wrong : {raw(rig.index_of(joe)), 0U, 4000000000U})
        rig.cli().send(imsg::DropSession{8, wrong, 0, 0});
    ASSERT_TRUE(rig.until([&] { return rig.results.size() == 4; }));
    for (std::size_t i = 1; i < 4; ++i)
        EXPECT_EQ(rig.results[i].failed, 1U) << rig.results[i].text.view();
}

TEST(SessionEnd, AnUnknownTunnelCannotBeDropped) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const std::uint32_t absent = raw(site.lac->lns()) == 1 ? 2U : 1U;
    rig.cli().send(imsg::DropTunnel{1, absent});
    rig.cli().send(imsg::DropTunnel{2, raw(site.lac->lns()) + 65536U});
    ASSERT_TRUE(rig.until([&] { return rig.results.size() == 2; }));
    EXPECT_EQ(rig.results[0].failed, 1U);
    EXPECT_EQ(rig.results[1].failed, 1U);
    rig.advance(15s);
    EXPECT_FALSE(site.lac->stopped);
}

TEST(SessionEnd, StopEndsEverythingInOrder) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Subscriber& ann = rig.online(site, "ann");
    rig.parent().send(imsg::Stop{rig.now + 8s});
    ASSERT_TRUE(rig.until([&] { return rig.stopped && site.lac->stopped; }, 9s));
    EXPECT_TRUE(joe.leg().ended);
    EXPECT_TRUE(ann.leg().ended);
    EXPECT_EQ(site.lac->stop_result, 6U);
    EXPECT_EQ(rig.records_of(AcctKind::stop).size(), 2U);
    EXPECT_EQ(rig.records_of(AcctKind::stop)[0].terminate_cause, 11U);
    ASSERT_EQ(rig.times_told("off"), 1U);
    EXPECT_EQ(rig.told.back(), "off");
    EXPECT_EQ(rig.sessions_in_use(), 0U);
}

TEST(SessionEnd, StopWithNothingToEndIsAnsweredAtOnce) {
    Rig rig;
    rig.parent().send(imsg::Stop{rig.now + 8s});
    ASSERT_TRUE(rig.until([&] { return rig.stopped; }, 1s));
    EXPECT_EQ(rig.times_told("on"), 1U);
    EXPECT_EQ(rig.times_told("off"), 1U);
}

TEST(SessionEnd, OneThatDiesInAStopGoesOnWithItAndTakesNobodyNew) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    rig.stores = false;
    rig.parent().send(imsg::Stop{rig.now + 8s});
    rig.advance(1s);
    EXPECT_FALSE(rig.stopped);
    rig.stopping = true;
    rig.stores = true;
    rig.restart();
    LacSite& late = rig.lac();
    EXPECT_TRUE(rig.until([&] { return late.lac->stopped; }, 1s)) << "between its start and Stop";
    rig.parent().send(imsg::Stop{rig.now + 8s});
    ASSERT_TRUE(rig.until([&] { return rig.stopped && site.lac->stopped; }, 8s));
    EXPECT_TRUE(joe.leg().ended);
    EXPECT_EQ(rig.told.back(), "off");
    EXPECT_EQ(rig.sessions_in_use(), 0U);
}

TEST(SessionEnd, OneThatDiesAtTheEndOfAStopDoesNotSayThatItBegins) {
    Rig rig;
    rig.stores = false;
    rig.parent().send(imsg::Stop{rig.now + 8s});
    ASSERT_TRUE(rig.until([&] { return rig.times_told("off") == 1; }, 1s));
    rig.stopping = true;
    rig.stores = true;
    rig.restart();
    rig.parent().send(imsg::Stop{rig.now + 8s});
    ASSERT_TRUE(rig.until([&] { return rig.stopped; }, 1s));
    EXPECT_EQ(rig.times_told("on"), 1U) << "of its first start";
}

TEST(SessionEnd, DropTunnelEndsItsSessionsAndItselfTenSecondsLater) {
    Rig rig({.config = [](conf::Config& c) { c.l2tp_hello_interval = 0; }});
    LacSite& site = rig.lac_up();
    LacSite& other = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Subscriber& ann = rig.online(site, "ann");
    const Subscriber& bob = rig.online(other, "bob");
    rig.cli().send(imsg::DropTunnel{1, raw(site.lac->lns())});
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && ann.leg().ended && rig.sessions_in_use() == 1; }, 3s));
    ASSERT_EQ(rig.results.size(), 1U);
    EXPECT_EQ(rig.results[0].failed, 0U);
    rig.advance(6s);
    EXPECT_FALSE(site.lac->stopped);
    EXPECT_TRUE(rig.until([&] { return site.lac->stopped; }, 5s));
    EXPECT_EQ(site.lac->stop_result, 1U);
    EXPECT_TRUE(bob.open());
    EXPECT_FALSE(other.lac->stopped);
}

TEST(SessionEnd, AStopGetsMoreTimeAsLongAsSessionsEnd) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    rig.online(site, "ann");
    rig.stores = false;
    rig.parent().send(imsg::Stop{rig.now + 8s});
    rig.advance(6s);
    EXPECT_TRUE(rig.still_stopping.empty()) << "nothing has ended";
    rig.store(rig.records_of(AcctKind::stop).at(0));
    EXPECT_TRUE(rig.until([&] { return !rig.still_stopping.empty(); }, 1s));
    EXPECT_EQ(rig.still_stopping, std::vector<std::uint32_t>{1});
    rig.parent().send(imsg::Stop{rig.now + 8s});
    rig.advance(6s);
    EXPECT_FALSE(rig.stopped) << "the first 8 seconds are over";
    EXPECT_TRUE(rig.until([&] { return rig.stopped && site.lac->stopped; }, 4s));
}

TEST(SessionEnd, StopDoesNotWaitForEverForTheSpool) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    rig.stores = false;
    rig.advance(20s); // no timer of the tunnel is near
    rig.parent().send(imsg::Stop{rig.now + 8s});
    rig.advance(6s);
    EXPECT_FALSE(rig.stopped);
    ASSERT_TRUE(rig.until([&] { return rig.stopped && site.lac->stopped; }, 4s));
    EXPECT_EQ(rig.told.back(), "off");
}

} // namespace
} // namespace lns::sessiond
