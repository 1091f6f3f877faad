// SPDX-License-Identifier: ISC
// The life of a session through the whole worker: call, login, verdicts, forwarding.
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;
using imsg::AuthVerdict;
using shm::SessionState;

TEST(SessionLife, ACallBecomesASession) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const SessionIndex sid = rig.index_of(joe);
    const shm::SessionRecord record = rig.session(joe);
    EXPECT_EQ(to_string(record.address), "10.9.0.1");
    EXPECT_EQ(joe.client->address(), record.address.value);
    EXPECT_EQ(record.user.view(), "joe");
    EXPECT_EQ(record.calling.view(), "0123joe");
    EXPECT_EQ(record.called.view(), "555");

    const shm::ForwardRecord forward = rig.forward(sid);
    EXPECT_EQ(forward.state, shm::ForwardState::active);
    EXPECT_EQ(forward.generation, record.generation);
    EXPECT_EQ(forward.address, record.address);
    EXPECT_EQ((Endpoint{forward.peer, forward.peer_port}), site.endpoint());
    EXPECT_EQ(forward.local, Ipv4{0x7f000001});
    EXPECT_EQ(raw(forward.peer_tunnel), l2tp::test::kTheirs);
    EXPECT_EQ(raw(forward.peer_session), joe.call);
    EXPECT_EQ(forward.mru, 1462);
    EXPECT_EQ(forward.route_count, 0);
    for (const auto& hints : rig.hints) {
        ASSERT_EQ(hints.size(), 1U);
        EXPECT_EQ(hints[0].session, raw(sid));
        EXPECT_EQ(hints[0].generation, raw(record.generation));
    }
    EXPECT_EQ(rig.count(Counter::sessions_opened), 1U);
    EXPECT_EQ(rig.times_told("route add 10.9.0.1/32"), 0U) << "the pool's prefix has a route";
}

TEST(SessionLife, AsksAboutAPapLoginWithAllThatIsKnown) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    ASSERT_EQ(rig.asked.size(), 1U);
    const imsg::AuthRequest& q = rig.asked[0];
    EXPECT_EQ(q.session, raw(rig.index_of(joe)));
    EXPECT_EQ(q.generation, raw(rig.session(joe).generation));
    EXPECT_EQ(q.method, imsg::AuthMethod::pap);
    EXPECT_EQ(q.user.view(), "joe");
    EXPECT_EQ(q.password.view(), "secret");
    EXPECT_EQ(q.calling.view(), "0123joe");
    EXPECT_EQ(q.called.view(), "555");
    EXPECT_EQ(q.nas_port_tunnel, raw(site.lac->lns()));
    EXPECT_EQ(q.lac, Ipv4{0x7f000001});
    EXPECT_EQ(q.tx_speed, 1000000U);
    EXPECT_EQ(q.acct_session_id, rig.records_of(AcctKind::start).at(0).acct_session_id);
}

TEST(SessionLife, AsksAboutAChapLoginWithChallengeAndResponse) {
    Rig rig({.config = [](conf::Config& c) { c.auth_chap_first = true; }});
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.dial(site, "joe", ppp::AuthMethod::chap);
    ASSERT_TRUE(rig.until([&] { return joe.open(); }));
    const imsg::AuthRequest& q = rig.asked.at(0);
    EXPECT_EQ(q.method, imsg::AuthMethod::chap);
    EXPECT_EQ(q.chap_response, (std::array<std::uint8_t, 16>{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
    EXPECT_NE(q.chap_challenge, (std::array<std::uint8_t, 16>{}));
    EXPECT_TRUE(q.password.empty());
}

TEST(SessionLife, TheRefusedSubscriberSeesWhyBeforeTheCallEnds) {
    struct Row {
        AuthVerdict verdict;
        ppp::AuthMethod method;
        std::uint16_t result;
        Counter counter;
    };
    constexpr std::array kRows{
        Row{AuthVerdict::reject, ppp::AuthMethod::pap, 3, Counter::login_rejected},
        Row{AuthVerdict::reject, ppp::AuthMethod::chap, 3, Counter::login_rejected},
        Row{AuthVerdict::unavailable, ppp::AuthMethod::pap, 4, Counter::login_unavailable},
        Row{AuthVerdict::unavailable, ppp::AuthMethod::chap, 4, Counter::login_unavailable},
    };
    for (const Row& row : kRows) {
        Rig rig;
        rig.verdict = [&](imsg::AuthReply& r) {
            r.verdict = row.verdict;
            r.message.assign("no entry");
        };
        LacSite& site = rig.lac_up();
        const Subscriber& joe = rig.dial(site, "joe", row.method);
        bool seen_before = false;
        ASSERT_TRUE(rig.until([&] {
            seen_before |= joe.client->nak_seen && !joe.leg().ended;
            return joe.leg().ended && rig.sessions_in_use() == 0;
        }));
        EXPECT_TRUE(joe.client->nak_seen);
        EXPECT_TRUE(joe.client->terminated);
        EXPECT_TRUE(joe.got(ppp::Protocol::LCP, static_cast<std::uint8_t>(ppp::Code::TerminateRequest)));
        EXPECT_EQ(joe.leg().result, row.result);
        EXPECT_EQ(rig.count(row.counter), 1U);
        EXPECT_TRUE(rig.records_of(AcctKind::start).empty());
        EXPECT_TRUE(rig.records_of(AcctKind::stop).empty());
    }
}

TEST(SessionLife, StartIsSentBeforeTheNetworkIsUp) {
    Rig rig;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.times_told("start joe") == 1; }));
    EXPECT_FALSE(joe.open());
    EXPECT_EQ(rig.session(joe).state, SessionState::starting);
    EXPECT_TRUE(rig.hints[0].empty());
    ASSERT_TRUE(rig.until([&] { return joe.open(); }));
    EXPECT_EQ(rig.times_told("start joe"), 1U);
}

TEST(SessionLife, AStartNamesWhatTheLoginGave) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) {
        r.class_count = 1;
        r.classes.assign(std::string_view("\3abc"));
        r.local = 1;
    };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const imsg::AcctRequest start = rig.records_of(AcctKind::start).at(0);
    EXPECT_EQ(start.address, rig.session(joe).address);
    EXPECT_EQ(start.classes.view(), "\3abc");
    EXPECT_EQ(start.local, 1);
    EXPECT_EQ(start.tunnel, raw(site.lac->lns()));
    EXPECT_EQ(start.octets_in, 0U);
    EXPECT_EQ(start.calling.view(), "0123joe");
    EXPECT_TRUE(rig.until([&] { return rig.session(joe).acct_state == shm::AcctState::started; }));
}

TEST(SessionLife, AnInterimRecordComesEachInterval) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) { r.interim_interval = 60; };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    rig.add_traffic(rig.index_of(joe), 0, {1, 100, 2, 200});
    ASSERT_TRUE(rig.until([&] { return rig.records_of(AcctKind::interim).size() == 1; }));
    EXPECT_EQ(rig.records_of(AcctKind::interim)[0].octets_in, 100U);
    EXPECT_EQ(rig.records_of(AcctKind::interim)[0].octets_out, 200U);
    ASSERT_TRUE(rig.until([&] { return rig.records_of(AcctKind::interim).size() == 2; }));
    const auto interims = rig.records_of(AcctKind::interim);
    EXPECT_GE(interims[1].session_time - interims[0].session_time, 59U);
}

TEST(SessionLife, SessionTimeoutEndsIt) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) { r.session_timeout = 40; };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    rig.advance(20s);
    EXPECT_TRUE(joe.open());
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 0; }));
    EXPECT_TRUE(joe.client->terminated);
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 5U);
    EXPECT_GE(rig.records_of(AcctKind::stop).at(0).session_time, 40U);
}

TEST(SessionLife, IdleTimeoutCountsFromTheLastPacket) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) { r.idle_timeout = 30; };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    for (int i = 0; i < 5; ++i) {
        rig.add_traffic(rig.index_of(joe), 1, {1, 1, 1, 1});
        rig.advance(20s);
    }
    EXPECT_TRUE(joe.open());
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 4U);
}

TEST(SessionLife, ASilentSubscriberIsDroppedUnlessItsPacketsAreSeen) {
    Rig rig({.config = [](conf::Config& c) { c.idle_echo_timeout = 60; }});
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    joe.client->send = [](const Octets&) {}; // answers no echo
    for (int i = 0; i < 10; ++i) {
        rig.add_traffic(rig.index_of(joe), 0, {1, 1, 0, 0});
        rig.advance(15s);
    }
    EXPECT_FALSE(joe.leg().ended);
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 0; }));
    EXPECT_EQ(joe.leg().result, 1U);
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 2U);
}

TEST(SessionLife, IpDataIsRelayedToADatapathOnceAndNotBack) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Octets packet{0xff, 0x03, 0x00, 0x21, 0x45, 0, 0, 20};
    joe.say(packet);
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::relayed_out) == 1; }));
    imsg::Datagram got;
    std::uint16_t at = 0;
    bool received = rig.relay(0).receive(got);
    if (!received) {
        at = 1;
        received = rig.relay(1).receive(got);
    }
    ASSERT_TRUE(received);
    EXPECT_EQ(got.peer, site.endpoint());
    EXPECT_EQ(Octets(got.payload.end() - 8, got.payload.end()), packet);
    const Octets copy(got.payload.begin(), got.payload.end());
    ASSERT_TRUE(rig.relay(at).send({got.peer, got.local, copy}));
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::session_not_ready) == 1; }));
    rig.advance(1s);
    EXPECT_EQ(rig.count(Counter::relayed_out), 1U);
    EXPECT_FALSE(rig.relay(0).receive(got));
    EXPECT_FALSE(rig.relay(1).receive(got));
}

TEST(SessionLife, ADatagramThatADatapathPassesOnIsLikeADirectOne) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Octets request = ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::EchoRequest, 77, ppp::be32(0)));
    const auto header =
        l2tp::encode_data_header(PeerTunnelId{raw(site.lac->lns())}, PeerSessionId{raw(joe.leg().peer)});
    const Octets datagram = ppp::join({Octets(header.begin(), header.end()), request});
    ASSERT_TRUE(rig.relay(0).send({site.endpoint(), Ipv4{0x7f000001}, datagram}));
    const auto reply = static_cast<std::uint8_t>(ppp::Code::EchoReply);
    ASSERT_TRUE(rig.until([&] { return joe.got(ppp::Protocol::LCP, reply); }));
    EXPECT_EQ(rig.count(Counter::relayed_in), 1U);
    // From elsewhere it is as little believed as a direct one.
    Endpoint other = site.endpoint();
    ++other.port;
    ASSERT_TRUE(rig.relay(1).send({other, Ipv4{0x7f000001}, datagram}));
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::wrong_peer) == 1; }));
}

TEST(SessionLife, TheSessionTableFullIsAnOrderlyRefusal) {
    Rig rig({.config = [](conf::Config& c) { c.max_sessions = 1; }});
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    const Subscriber& ann = rig.dial(site, "ann");
    ASSERT_TRUE(rig.until([&] { return ann.leg().ended; }));
    EXPECT_EQ(ann.leg().result, 4U);
    EXPECT_EQ(rig.count(Counter::session_table_full), 1U);
    EXPECT_EQ(rig.sessions_in_use(), 1U);
}

TEST(SessionLife, CallsThatDoNotComeOnlineLeaveRoomForThoseOfOtherTunnels) {
    constexpr std::size_t kSessions = 300, kMost = 279; // the first that are more than 256 and what they leave free
    Rig rig({.config =
                 [](conf::Config& c) {
                     c.max_sessions = kSessions;
                     c.allow_duplicate_users = true;
                 },
             .pool = "10.9.0.0/23\n"});
    LacSite& bad = rig.lac_up();
    rig.answers = false; // nobody comes online
    for (std::size_t i = 0; i < kSessions; ++i) {
        rig.dial(bad, "joe");
        rig.step();
    }
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::unfinished_calls) == kSessions - kMost; }));
    EXPECT_EQ(rig.sessions_in_use(), kMost);
    EXPECT_EQ(rig.count(Counter::session_table_full), 0U);
    rig.restart(); // what is counted is found again
    rig.answers = true;
    LacSite& other = rig.lac(Ipv4{0x7f000002});
    ASSERT_TRUE(rig.until([&] { return other.lac->up; }));
    EXPECT_TRUE(rig.online(other, "ann").open());
    const Subscriber& more = rig.dial(bad, "joe");
    EXPECT_TRUE(rig.until([&] { return more.leg().ended || more.open(); }));
}

TEST(SessionLife, ALongUserNameOrPasswordIsRefusedWithANak) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.dial(site, std::string(200, 'j'));
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 0; }));
    EXPECT_TRUE(joe.client->nak_seen);
    EXPECT_EQ(rig.count(Counter::user_name_too_long), 1U);
    EXPECT_TRUE(rig.asked.empty());
}

// The manual's cleanup_interval.
TEST(CleanUp, ComesRegularlyAndFindsNothingWrongWithThoseWhoLive) {
    Rig rig({.config = [](conf::Config& c) { c.cleanup_interval = 30; }});
    rig.verdict = [](imsg::AuthReply& reply) { reply.framed_address = Ipv4{0x0a630007}; }; // outside the pool
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    const auto clean_ups = rig.count(Counter::clean_ups);
    rig.told.clear();
    ASSERT_TRUE(rig.until([&] { return rig.count(Counter::clean_ups) > clean_ups; }));
    rig.step();
    EXPECT_LT(rig.when_told("route sync begin"), rig.when_told("route add 10.99.0.7/32"));
    EXPECT_LT(rig.when_told("route add 10.99.0.7/32"), rig.when_told("route sync end"));
    EXPECT_LT(rig.when_told("route sync end"), rig.told.size());
    rig.advance(std::chrono::seconds(60));
    EXPECT_EQ(rig.count(Counter::clean_ups), clean_ups + 3);
    EXPECT_EQ(rig.count(Counter::cleaned_up), 0U);
    EXPECT_TRUE(joe.open());
}

// More slots than one part of a clean-up has; and sessions that leave shortly before, during and after one, each at
// another moment. The parent counts who asks for a route from the beginning of the sync: it must come to none.
TEST(CleanUp, GoesOnInPartsWhileSessionsLeave) {
    constexpr int kTunnels = 8;
    static_assert(kTunnels * shm::kBlockSlots > Sessions::kSweepPart);
    Rig rig({.config = [](conf::Config& c) { c.cleanup_interval = 30; }});
    std::uint32_t next = 0x0a630001; // 10.99.0.1, outside the pool
    rig.verdict = [&next](imsg::AuthReply& reply) { reply.framed_address = Ipv4{next++}; };
    std::vector<Subscriber*> subscribers;
    for (int i = 0; i < kTunnels; ++i)
        subscribers.push_back(&rig.online(rig.lac_up(), "user" + std::to_string(i)));
    std::size_t parts = 0; // steps that ended between the beginning and the end of a sync
    for (int i = 0; i < kTunnels; ++i) {
        const auto clean_ups = rig.count(Counter::clean_ups);
        ASSERT_TRUE(rig.until([&] { return rig.count(Counter::clean_ups) > clean_ups; }));
        rig.advance(30s - i * 100ms);
        const std::string user = "user" + std::to_string(i);
        const std::string route = to_string(rig.session(*subscribers[static_cast<std::size_t>(i)]).address) + "/32";
        rig.told.clear();
        subscribers[static_cast<std::size_t>(i)]->terminate();
        ASSERT_TRUE(rig.until([&] {
            parts += rig.times_told("route sync begin") - rig.times_told("route sync end");
            return rig.times_told("stop " + user) == 1 && rig.times_told("route sync end") == 1;
        }));
        rig.step();
        int asked = 0;
        for (const std::string& what : rig.told) {
            if (what == "route sync begin") asked = 0;
            asked += what == "route add " + route ? 1 : 0;
            if (what == "route remove " + route) asked = std::max(0, asked - 1); // as the parent counts
        }
        EXPECT_EQ(asked, 0) << user;
    }
    EXPECT_GT(parts, 0U) << "all of it in one go";
    EXPECT_EQ(rig.count(Counter::cleaned_up), 0U);
}

} // namespace
} // namespace lns::sessiond
