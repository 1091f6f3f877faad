// SPDX-License-Identifier: ISC
// What an accepted login gets: address, routes, and the place of an older session.
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;
using shm::SessionState;

Ipv4 ip(const char* text) { return *parse_ipv4(text); }

std::string address_of(Rig& rig, const Subscriber& s) { return to_string(rig.session(s).address); }

void hang_up(Rig& rig, const Subscriber& s) {
    const std::size_t before = rig.sessions_in_use();
    s.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() < before; }));
}

TEST(SessionLogin, AFramedAddressOutsideThePoolGetsARouteOfItsOwn) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) { r.framed_address = ip("192.0.2.9"); };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    EXPECT_EQ(address_of(rig, joe), "192.0.2.9");
    EXPECT_EQ(joe.client->address(), ip("192.0.2.9").value);
    EXPECT_EQ(rig.times_told("route add 192.0.2.9/32"), 1U);
    hang_up(rig, joe);
    EXPECT_EQ(rig.times_told("route remove 192.0.2.9/32"), 1U);
}

TEST(SessionLogin, AFramedAddressInsideThePoolIsTakenOutOfIt) {
    Rig rig({.pool = "10.9.0.0/30\n"}); // .1 .2 .3
    rig.verdict = [](imsg::AuthReply& r) { r.framed_address = ip("10.9.0.1"); };
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    rig.verdict = [](imsg::AuthReply&) {};
    EXPECT_NE(address_of(rig, rig.online(site, "ann")), "10.9.0.1");
    EXPECT_NE(address_of(rig, rig.online(site, "bob")), "10.9.0.1");
    EXPECT_EQ(rig.times_told("route add 10.9.0.1/32"), 0U);
}

TEST(SessionLogin, TheSpecialFramedAddressesMeanThePool) {
    for (const char* framed : {"255.255.255.254", "255.255.255.255"}) {
        Rig rig;
        rig.verdict = [&](imsg::AuthReply& r) { r.framed_address = ip(framed); };
        LacSite& site = rig.lac_up();
        EXPECT_EQ(address_of(rig, rig.online(site, "joe")), "10.9.0.1");
    }
}

TEST(SessionLogin, ThePeerChoosesAFreeAddressOfThePoolWhereItMay) {
    struct Row {
        const char* description;
        const char* framed;
        const char* wish;
        const char* given;
    };
    for (const Row& row : {Row{"free", "255.255.255.255", "10.9.0.3", "10.9.0.3"},
                           Row{"ann's", "255.255.255.255", "10.9.0.1", "10.9.0.2"},
                           Row{"not of the pool", "255.255.255.255", "192.0.2.7", "10.9.0.2"},
                           Row{"none in particular", "255.255.255.255", "0.0.0.0", "10.9.0.2"},
                           Row{"not asked for its wish", "255.255.255.254", "10.9.0.3", "10.9.0.2"}}) {
        Rig rig({.pool = "10.9.0.0/29\n"});
        LacSite& site = rig.lac_up();
        rig.online(site, "ann"); // .1
        rig.verdict = [&](imsg::AuthReply& r) { r.framed_address = ip(row.framed); };
        const Subscriber& joe = rig.online(site, ppp::Client::Wishes{.user = "joe", .address = ip(row.wish).value});
        EXPECT_EQ(address_of(rig, joe), row.given) << row.description;
        EXPECT_EQ(joe.client->address(), ip(row.given).value) << row.description;
        const auto starts = rig.records_of(AcctKind::start);
        ASSERT_EQ(starts.size(), 2U) << row.description;
        EXPECT_EQ(starts[1].address, ip(row.given)) << row.description;
    }
}

TEST(SessionLogin, AProtectedFramedAddressIsReplacedByOneOfThePool) {
    for (const char* framed : {"127.0.0.1", "10.0.0.1", "224.0.0.1"}) { // the LAC, our own, multicast
        Rig rig;
        rig.verdict = [&](imsg::AuthReply& r) { r.framed_address = ip(framed); };
        LacSite& site = rig.lac_up();
        EXPECT_EQ(address_of(rig, rig.online(site, "joe")), "10.9.0.1") << framed;
        EXPECT_EQ(rig.count(Counter::address_refused), 1U);
        EXPECT_TRUE(rig.logged("is not for subscribers"));
    }
}

TEST(SessionLogin, TheUserGetsHisPreviousAddressAgain) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const std::string before = address_of(rig, joe);
    hang_up(rig, joe);
    EXPECT_NE(address_of(rig, rig.online(site, "ann")), before);
    EXPECT_EQ(address_of(rig, rig.online(site, "joe")), before);
}

TEST(SessionLogin, AnEmptyPoolRefusesTheCall) {
    Rig rig({.pool = "10.9.0.1/32\n"});
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Subscriber& ann = rig.dial(site, "ann");
    ASSERT_TRUE(rig.until([&] { return ann.leg().ended && rig.sessions_in_use() == 1; }));
    EXPECT_EQ(ann.leg().result, 2U);
    EXPECT_EQ(ann.leg().error, 7U); // try another
    EXPECT_EQ(rig.count(Counter::pool_empty), 1U);
    EXPECT_EQ(rig.times_told("start ann"), 0U);
    EXPECT_EQ(rig.times_told("stop ann"), 0U);
    hang_up(rig, joe);
    rig.online(site, "ann");
}

TEST(SessionLogin, FramedRoutesComeAndGoWithTheSession) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) {
        r.route_count = 3;
        r.route_addresses = {ip("172.16.5.0"), ip("172.16.6.0"), ip("10.0.0.0")};
        r.route_lengths = {24, 28, 8}; // the last one covers our own address
    };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    EXPECT_EQ(rig.times_told("route add 172.16.5.0/24"), 1U);
    EXPECT_EQ(rig.times_told("route add 172.16.6.0/28"), 1U);
    EXPECT_EQ(rig.times_told("route add 10.0.0.0/8"), 0U);
    EXPECT_EQ(rig.count(Counter::route_refused), 1U);
    EXPECT_EQ(rig.forward(rig.index_of(joe)).route_count, 2);
    EXPECT_EQ(rig.records_of(AcctKind::start).at(0).route_count, 2);
    hang_up(rig, joe);
    EXPECT_EQ(rig.times_told("route remove 172.16.5.0/24"), 1U);
    EXPECT_EQ(rig.times_told("route remove 172.16.6.0/28"), 1U);
}

TEST(SessionLogin, ANewSessionOfTheSameUserEndsTheOlderBeforeItsOwnStart) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& first = rig.online(site, "joe");
    const std::string address = address_of(rig, first);
    rig.confirms[1] = false;
    const Subscriber& second = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return first.leg().ended; }));
    EXPECT_EQ(first.leg().result, 3U);
    rig.advance(5s);
    EXPECT_EQ(rig.times_told("stop joe"), 0U);
    EXPECT_EQ(rig.times_told("start joe"), 1U) << "the second waits for the first";
    EXPECT_FALSE(second.open());
    rig.confirms[1] = true;
    rig.scan(1);
    ASSERT_TRUE(rig.until([&] { return second.open(); }));
    std::vector<std::string> of_joe;
    for (const std::string& what : rig.told)
        if (what.ends_with(" joe")) of_joe.push_back(what);
    EXPECT_EQ(of_joe, (std::vector<std::string>{"start joe", "stop joe", "start joe"}));
    EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 13U);
    EXPECT_EQ(address_of(rig, second), address);
    EXPECT_EQ(rig.count(Counter::replaced), 1U);
    EXPECT_EQ(rig.asked.size(), 2U) << "the parked answer is used, nobody is asked again";
}

TEST(SessionLogin, OfManyLoginsOfOneUserTheLastStays) {
    Rig rig;
    LacSite& site = rig.lac_up();
    std::vector<const Subscriber*> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(&rig.dial(site, "joe"));
    ASSERT_TRUE(rig.until([&] {
        return rig.sessions_in_use() == 1 &&
               std::count_if(all.begin(), all.end(), [](const Subscriber* s) { return s->open(); }) == 1;
    }));
    rig.advance(5s);
    EXPECT_EQ(rig.sessions_in_use(), 1U);
    EXPECT_EQ(rig.times_told("start joe"), rig.times_told("stop joe") + 1);
}

TEST(SessionLogin, DuplicateUsersMayBeAllowed) {
    Rig rig({.config = [](conf::Config& c) { c.allow_duplicate_users = true; }});
    LacSite& site = rig.lac_up();
    const Subscriber& first = rig.online(site, "joe");
    const Subscriber& second = rig.online(site, "joe");
    EXPECT_TRUE(first.open());
    EXPECT_NE(address_of(rig, first), address_of(rig, second));
}

TEST(SessionLogin, TheSameAddressEndsItsOlderHolder) {
    Rig rig({.config = [](conf::Config& c) { c.allow_duplicate_users = true; }});
    rig.verdict = [](imsg::AuthReply& r) { r.framed_address = ip("192.0.2.9"); };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    const Subscriber& ann = rig.online(site, "ann");
    EXPECT_TRUE(joe.leg().ended);
    EXPECT_EQ(address_of(rig, ann), "192.0.2.9");
    EXPECT_LT(rig.when_told("stop joe"), rig.when_told("start ann"));
    EXPECT_LT(rig.when_told("route remove 192.0.2.9/32"), rig.told.size());
    EXPECT_EQ(rig.times_told("route add 192.0.2.9/32"), 2U);
}

TEST(SessionLogin, AModemThatRebootsLogsInAgainInTheSameSession) {
    Rig rig;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    const SessionIndex sid = rig.index_of(joe);
    const std::string address = address_of(rig, joe);
    Rig::reboot(joe, "joe");
    ASSERT_TRUE(rig.until([&] { return joe.open() && rig.session(sid).state == SessionState::open; }));
    EXPECT_EQ(rig.asked.size(), 2U);
    EXPECT_EQ(address_of(rig, joe), address);
    EXPECT_EQ(rig.times_told("start joe"), 1U);
    EXPECT_EQ(rig.times_told("stop joe"), 0U);
    EXPECT_EQ(rig.forward(sid).state, shm::ForwardState::active);
    EXPECT_TRUE(rig.session(sid).forwarding);
}

TEST(SessionLogin, AnotherNameAfterRenegotiationNeedsAnotherCall) {
    Rig rig;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    Rig::reboot(joe, "ann");
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.times_told("start ann"), 0U);
    EXPECT_EQ(rig.records_of(AcctKind::stop).size(), 1U);
    EXPECT_EQ(rig.times_told("stop joe"), 1U) << "the Stop is of the name of its Start";
    EXPECT_EQ(rig.asked.size(), 1U);
}

TEST(SessionLogin, AHangUpWhileTheQuestionIsOutTakesItBack) {
    Rig rig;
    rig.answers = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 1; }));
    site.lac->hang_up(site.lac->calls[joe.call - 1U]);
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    ASSERT_EQ(rig.cancelled.size(), 1U);
    EXPECT_EQ(rig.cancelled[0].session, rig.asked[0].session);
    rig.answer(rig.asked[0]); // it was on its way
    rig.advance(1s);
    EXPECT_EQ(rig.sessions_in_use(), 0U);
    EXPECT_TRUE(rig.records_of(AcctKind::start).empty());
}

TEST(SessionLogin, AnAnswerToAnotherQuestionIsIgnored) {
    Rig rig;
    rig.answers = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 1; }));
    imsg::AuthRequest other = rig.asked[0];
    ++other.request;
    rig.answer(other);
    other = rig.asked[0];
    ++other.generation;
    rig.answer(other);
    rig.advance(2s);
    EXPECT_FALSE(rig.session(joe).address.is_set());
    rig.answer(rig.asked[0]);
    EXPECT_TRUE(rig.until([&] { return joe.open(); }));
}

TEST(SessionLogin, AnAnswerThatComesAfterRenegotiationIsIgnored) {
    for (const auto verdict : {imsg::AuthVerdict::accept, imsg::AuthVerdict::reject}) {
        Rig rig;
        rig.answers = false;
        rig.verdict = [&](imsg::AuthReply& r) { r.verdict = verdict; };
        LacSite& site = rig.lac_up();
        Subscriber& joe = rig.dial(site, "joe");
        ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 1; }));
        Rig::reboot(joe, "ann");
        ASSERT_TRUE(rig.until(
            [&] { return rig.session(joe).core.load<SessionCore>().ppp.phase != ppp::Phase::waiting_for_aaa; }));
        rig.answer(rig.asked[0]);
        ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 2; }));
        EXPECT_EQ(rig.count(ppp::Counter::stale_answer), 1U);
        EXPECT_FALSE(rig.session(joe).address.is_set());
        rig.verdict = [](imsg::AuthReply&) {};
        rig.answer(rig.asked[1]);
        ASSERT_TRUE(rig.until([&] { return joe.open(); }));
        hang_up(rig, joe);
        EXPECT_EQ(rig.times_told("start joe"), 0U);
        EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).user.view(), "ann");
        EXPECT_EQ(rig.records_of(AcctKind::stop).at(0).terminate_cause, 1U) << "he hung up";
    }
}

TEST(SessionLogin, ASecondLoginOfTheSessionReplacesAddressAndRoutesAndKeepsItsAge) {
    Rig rig;
    std::uint32_t host = 9;
    rig.verdict = [&](imsg::AuthReply& r) {
        r.framed_address = Ipv4{ip("192.0.2.0").value + host};
        r.route_count = 1;
        r.route_addresses[0] = Ipv4{ip("172.16.0.0").value + host * 256};
        r.route_lengths[0] = 24;
    };
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    rig.advance(30s);
    host = 10;
    Rig::reboot(joe, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.times_told("route add 192.0.2.10/32") == 1; }));
    EXPECT_EQ(rig.times_told("route remove 192.0.2.9/32"), 1U);
    EXPECT_EQ(rig.times_told("route remove 172.16.9.0/24"), 1U);
    EXPECT_EQ(rig.times_told("route add 172.16.10.0/24"), 1U);
    EXPECT_EQ(rig.forward(rig.index_of(joe)).address, ip("192.0.2.10"));
    hang_up(rig, joe);
    EXPECT_EQ(rig.times_told("route remove 192.0.2.10/32"), 1U);
    EXPECT_EQ(rig.times_told("route remove 172.16.10.0/24"), 1U);
    EXPECT_GE(rig.records_of(AcctKind::stop).at(0).session_time, 30U) << "one Start, one Stop, one time";
}

} // namespace
} // namespace lns::sessiond
