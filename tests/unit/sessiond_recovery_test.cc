// SPDX-License-Identifier: ISC
// sessiond dies and a new one goes on with the same tables: no subscriber notices (DESIGN 1, law 4).
#include <map>
#include <set>

#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;
using shm::SessionState;

constexpr auto kEchoReply = static_cast<std::uint8_t>(ppp::Code::EchoReply);

bool echo_is_answered(Rig& rig, Subscriber& s, std::uint8_t id) {
    s.frames.clear();
    for (int i = 0; i < 2; ++i) { // a crash may take one datagram with it
        s.say(ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::EchoRequest, id, ppp::be32(0))));
        if (rig.until([&] { return s.got(ppp::Protocol::LCP, kEchoReply); }, 2s)) return true;
    }
    return false;
}

// radiusd-client stores a record twice told only once.
std::size_t distinct(const std::vector<imsg::AcctRequest>& records) {
    std::set<std::uint64_t> ids;
    for (const imsg::AcctRequest& r : records)
        ids.insert(r.acct_session_id);
    return ids.size();
}

TEST(Recovery, AnEstablishedSessionGoesOn) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) {
        r.framed_address = *parse_ipv4("192.0.2.9");
        r.route_count = 1;
        r.route_addresses[0] = *parse_ipv4("172.16.5.0");
        r.route_lengths[0] = 24;
    };
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.session(joe).acct_state == shm::AcctState::started; }));
    const shm::SessionRecord before = rig.session(joe);
    rig.told.clear();
    joe.frames.clear();
    rig.restart();
    ASSERT_TRUE(rig.until([&] { return rig.when_told("route sync end") < rig.told.size(); }));
    EXPECT_TRUE(rig.logged("went on with 1 tunnels and 1 sessions"));
    EXPECT_EQ(rig.told, (std::vector<std::string>{"route sync begin", "route add 192.0.2.9/32",
                                                  "route add 172.16.5.0/24", "route sync end"}));
    EXPECT_TRUE(echo_is_answered(rig, joe, 9));
    const shm::SessionRecord after = rig.session(joe);
    EXPECT_EQ(after.state, SessionState::open);
    EXPECT_EQ(after.address, before.address);
    EXPECT_EQ(after.opened, before.opened);
    EXPECT_EQ(rig.forward(rig.index_of(joe)).state, shm::ForwardState::active);
    // The control connection goes on with the right Ns and Nr: the test's LAC checks each of them.
    site.lac->say(SessionId::none, l2tp::test::payload(l2tp::MessageType::HELLO));
    EXPECT_TRUE(rig.until([&] { return site.lac->quiet(); }, 2s));
    Subscriber& ann = rig.dial(site, "ann");
    rig.verdict = [](imsg::AuthReply&) {};
    EXPECT_TRUE(rig.until([&] { return ann.open(); }));
    rig.advance(70s); // HELLO and LCP echo of ours
    EXPECT_TRUE(joe.open());
    EXPECT_EQ(rig.tunnels_in_use(), 1U);
}

// As from the beginning, not from the crash: the first dies of his session timeout, the other of silence.
TEST(Recovery, TimersRunOn) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) { r.session_timeout = 60; };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    rig.verdict = [](imsg::AuthReply& r) { r.idle_timeout = 60; };
    const Subscriber& ann = rig.online(site, "ann");
    const MonoTime online = rig.now;
    for (int i = 0; i < 2; ++i) {
        rig.advance(20s);
        rig.restart();
    }
    rig.advance(10s);
    EXPECT_TRUE(joe.open() && ann.open());
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && ann.leg().ended; }));
    EXPECT_LE(rig.now - online, 70s);
    std::map<std::string, std::uint32_t> causes;
    ASSERT_TRUE(rig.until([&] { return rig.records_of(AcctKind::stop).size() == 2; }));
    for (const imsg::AcctRequest& r : rig.records_of(AcctKind::stop))
        causes[r.user.str()] = r.terminate_cause;
    EXPECT_EQ(causes, (std::map<std::string, std::uint32_t>{{"ann", 4}, {"joe", 5}}));
}

TEST(Recovery, PoolAndResidentsAreRebuilt) {
    Rig rig({.pool = "10.9.0.1/32\n10.9.0.2/32\n"});
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    rig.restart();
    const Subscriber& ann = rig.online(site, "ann");
    EXPECT_NE(rig.session(ann).address, rig.session(joe).address);
    const Subscriber& again = rig.online(site, "joe");
    EXPECT_TRUE(joe.leg().ended);
    EXPECT_TRUE(again.open());
    EXPECT_EQ(rig.times_told("stop joe"), 1U);
}

TEST(Recovery, AQuestionIsAskedAgain) {
    for (const auto method : {ppp::AuthMethod::pap, ppp::AuthMethod::chap}) {
        Rig rig;
        rig.answers = false;
        LacSite& site = rig.lac_up();
        Subscriber& joe = rig.dial(site, "joe", method);
        ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 1; }));
        rig.restart();
        ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 2; }));
        rig.answer(rig.asked[0]); // of before the crash
        rig.answer(rig.asked[1]);
        EXPECT_TRUE(rig.until([&] { return joe.open(); }));
        EXPECT_EQ(rig.times_told("start joe"), 1U);
    }
}

TEST(Recovery, ASessionThatWasClosingIsFinished) {
    Rig rig;
    rig.confirms = {false, false};
    rig.stores = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended; }));
    rig.restart(); // forwarding is not removed yet
    rig.advance(2s);
    EXPECT_EQ(rig.sessions_in_use(), 1U);
    rig.confirms = {true, true};
    rig.scan(0);
    rig.scan(1);
    ASSERT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 1; }));
    rig.restart(); // the Stop is not stored yet
    ASSERT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 2; }));
    rig.stores = true;
    rig.store(rig.records.back());
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    EXPECT_EQ(distinct(rig.records_of(AcctKind::stop)), 1U);
    rig.online(site, "joe");
}

TEST(Recovery, AccountingOnIsSentOnlyWhenNothingLivesOn) {
    Rig rig;
    rig.advance(1s);
    EXPECT_EQ(rig.times_told("on"), 1U);
    rig.restart();
    rig.advance(1s);
    EXPECT_EQ(rig.times_told("on"), 2U);
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    rig.restart();
    rig.advance(1s);
    EXPECT_EQ(rig.times_told("on"), 2U);
}

TEST(Recovery, AParkedLoginIsNotLost) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    rig.confirms = {false, false};
    const Subscriber& second = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 2; }));
    rig.advance(1s);
    rig.restart();
    rig.confirms = {true, true};
    rig.scan(0);
    rig.scan(1);
    ASSERT_TRUE(rig.until([&] { return second.open() && rig.sessions_in_use() == 1; }));
    EXPECT_EQ(rig.times_told("stop joe"), 1U);
    EXPECT_EQ(rig.times_told("start joe"), 2U);
}

} // namespace
} // namespace lns::sessiond
