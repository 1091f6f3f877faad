// SPDX-License-Identifier: ISC
// save_state: the machine is booted anew, with empty tables, and the sessions go on.
#include "lib/counters/counter_names.h"
#include "sessiond/saved_counters.h"
#include "shm/process_counts.h"
#include "tests/unit/sessiond_rig.h"
#include "tests/unit/state_samples.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;
using shm::SessionState;

constexpr auto kEchoReply = static_cast<std::uint8_t>(ppp::Code::EchoReply);

bool echo_is_answered(Rig& rig, Subscriber& s, std::uint8_t id) {
    s.frames.clear();
    s.say(ppp::frame(ppp::Protocol::LCP, ppp::packet(ppp::Code::EchoRequest, id, ppp::be32(0))));
    return rig.until([&] { return s.got(ppp::Protocol::LCP, kEchoReply); }, 2s);
}

void full_answer(imsg::AuthReply& r) {
    r.framed_address = *parse_ipv4("192.0.2.9");
    r.route_count = 1;
    r.route_addresses[0] = *parse_ipv4("172.16.5.0");
    r.route_lengths[0] = 24;
    r.class_count = 1;
    r.classes.assign("\x04gold");
}

TEST(SavedState, ASessionGoesOnAfterANewBoot) {
    Rig rig;
    rig.verdict = full_answer;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.session(joe).acct_state == shm::AcctState::started; }));
    const SessionIndex index = rig.index_of(joe);
    rig.add_traffic(index, 0, {10, 1000, 20, 2000});
    rig.add_traffic(index, 1, {1, 100, 2, 200});
    const shm::SessionRecord before = rig.session(joe);
    const std::string file = rig.save_state();
    rig.told.clear();
    rig.new_boot(file);
    EXPECT_TRUE(rig.until([&] { return rig.when_told("route sync end") < rig.told.size(); }));
    ASSERT_EQ(rig.loads.size(), 1U);
    EXPECT_EQ(rig.loads[0].tunnels, 1U);
    EXPECT_EQ(rig.loads[0].sessions, 1U);
    EXPECT_EQ(rig.told, (std::vector<std::string>{"route sync begin", "route add 192.0.2.9/32",
                                                  "route add 172.16.5.0/24", "route sync end"}))
        << "no Accounting-On, no second Start";
    EXPECT_TRUE(echo_is_answered(rig, joe, 9));
    EXPECT_EQ(rig.index_of(joe), index) << "the number the operator knows";
    const shm::SessionRecord after = rig.session(joe);
    EXPECT_EQ(after.state, SessionState::open);
    EXPECT_EQ(after.opened, before.opened);
    EXPECT_EQ(after.acct_session_id, before.acct_session_id);
    const shm::ForwardRecord forward = rig.forward(index);
    EXPECT_EQ(forward.state, shm::ForwardState::active);
    EXPECT_EQ(forward.address, before.address);
    EXPECT_EQ(forward.route_count, 1);
    // The control connection goes on with the right Ns and Nr: the test's LAC checks each of them.
    site.lac->say(SessionId::none, l2tp::test::payload(l2tp::MessageType::HELLO));
    EXPECT_TRUE(rig.until([&] { return site.lac->quiet(); }, 2s));
    rig.advance(70s); // HELLO and LCP echo of ours
    EXPECT_TRUE(joe.open());
    rig.add_traffic(index, 1, {5, 500, 6, 600});
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 1; }));
    const imsg::AcctRequest stop = rig.records.back();
    EXPECT_EQ(stop.octets_in, 1600U);
    EXPECT_EQ(stop.octets_out, 2800U);
    EXPECT_EQ(stop.packets_in, 16U);
    EXPECT_EQ(stop.packets_out, 28U);
    EXPECT_EQ(stop.acct_session_id, before.acct_session_id);
    EXPECT_EQ(stop.classes.view(), "\x04gold");
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
}

TEST(SavedState, ASecondBootCarriesTheTrafficOfBoth) {
    Rig rig;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    for (int i = 0; i < 3; ++i) {
        rig.add_traffic(rig.index_of(joe), 0, {1, 100, 1, 10});
        rig.new_boot(rig.save_state());
        rig.advance(1s);
        ASSERT_EQ(rig.session(joe).carried.up_octets, 100U * (static_cast<unsigned>(i) + 1));
    }
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 1; }));
    EXPECT_EQ(rig.records.back().octets_in, 300U);
}

// What `show counters` has of a counter.
std::uint64_t shown(Rig& rig, Proc proc, std::string_view name) {
    const std::uint16_t instance = shm::counters_instance(static_cast<unsigned>(proc), 0);
    const shm::ProcessCounts counts(instance, rig.table(shm::TableId::process_counters, instance).view<std::uint64_t>(),
                                    rig.table(shm::TableId::carried_counters).reader<shm::CounterValues>(),
                                    rig.table(shm::TableId::counter_baseline).reader<shm::CounterValues>());
    return counts.since_cleared(counters::find_counter(proc, name).value());
}

TEST(SavedState, CountersOfAllProcessesGoOn) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    const std::uint16_t radius = shm::counters_instance(static_cast<unsigned>(Proc::radius), 0);
    const std::size_t replies = counters::find_counter(Proc::radius, "replies").value();
    rig.table(shm::TableId::process_counters, radius).view<std::uint64_t>()[replies] = 7;
    for (int boot = 0; boot < 2; ++boot) {
        rig.new_boot(rig.save_state());
        EXPECT_EQ(shown(rig, Proc::session, "sessions_opened"), 1U) << boot;
        EXPECT_EQ(shown(rig, Proc::radius, "replies"), 7U) << boot;
    }
    rig.online(site, "ann");
    EXPECT_EQ(shown(rig, Proc::session, "sessions_opened"), 2U);
    EXPECT_EQ(shown(rig, Proc::session, "sessions_ended"), 0U);
}

TEST(SavedState, CountersBeginWhereTheyWereCleared) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    const std::uint16_t session = shm::counters_instance(static_cast<unsigned>(Proc::session), 0);
    shm::CounterValues cleared{1'795'328'907, session, {}};
    const std::size_t opened = counters::find_counter(Proc::session, "sessions_opened").value();
    cleared.values[opened] = 1;
    rig.table(shm::TableId::counter_baseline).writer<shm::CounterValues>().write(0, cleared);
    rig.online(site, "ann");
    rig.new_boot(rig.save_state());
    EXPECT_EQ(shown(rig, Proc::session, "sessions_opened"), 1U);
    const auto carried = rig.table(shm::TableId::carried_counters).reader<shm::CounterValues>();
    EXPECT_EQ(carried.get(shm::place_of_values(carried, session)).cleared, cleared.cleared) << "and since when";
}

TEST(SavedState, CountersOfAProcessThatRunsNoMoreAreItsNeighbours) {
    Rig rig;
    SavedCounters first{"sessiond", 0, 0, {{"sessions_opened", 3}, {"of another release", 9}}};
    SavedCounters second{"sessiond", 1, 0, {{"sessions_opened", 4}}};
    SavedCounters stranger{"stranger", 0, 0, {{"sessions_opened", 5}}};
    carry_counters(rig.worker(), {first, second, stranger});
    EXPECT_EQ(shown(rig, Proc::session, "sessions_opened"), 7U);
    carry_counters(rig.worker(), {});
    EXPECT_EQ(shown(rig, Proc::session, "sessions_opened"), 0U) << "a load that a crash broke off begins anew";
}

TEST(SavedState, SilenceCountsFromTheLastPacketBeforeTheBoot) {
    Rig rig;
    rig.verdict = [](imsg::AuthReply& r) { r.idle_timeout = 100; };
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    rig.advance(90s);
    rig.add_traffic(rig.index_of(joe), 0, {1, 100, 0, 0});
    rig.new_boot(rig.save_state());
    rig.advance(90s);
    EXPECT_TRUE(joe.open());
    EXPECT_TRUE(rig.until([&] { return !joe.open(); }, 20s));
}

TEST(SavedState, AddressesAreRememberedForTheirUsers) {
    Rig rig({.pool = "10.9.0.1/32\n10.9.0.2/32\n10.9.0.3/32\n"});
    LacSite& site = rig.lac_up();
    const Subscriber& ann = rig.online(site, "ann");
    const Subscriber& joe = rig.online(site, "joe");
    const Ipv4 address = rig.session(joe).address;
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 1; }));
    rig.new_boot(rig.save_state());
    const Subscriber& eve = rig.online(site, "eve");
    EXPECT_NE(rig.session(eve).address, rig.session(ann).address);
    EXPECT_NE(rig.session(eve).address, address);
    EXPECT_EQ(rig.session(rig.online(site, "joe")).address, address);
}

TEST(SavedState, ACdnThatWasNotAcknowledgedIsSentAgain) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    site.deaf = true;
    rig.cli().send(imsg::DropSession{1, raw(rig.index_of(joe)), 0, 0});
    ASSERT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 1; }));
    rig.new_boot(rig.save_state());
    site.deaf = false;
    EXPECT_TRUE(rig.until([&] { return joe.leg().ended && rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.tunnels_in_use(), 1U);
}

TEST(SavedState, ASessionThatWasClosingIsFinished) {
    Rig rig;
    rig.confirms = {false, false};
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return joe.leg().ended; }));
    rig.confirms = {true, true};
    rig.new_boot(rig.save_state());
    EXPECT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 1 && rig.sessions_in_use() == 0; }));
}

TEST(SavedState, ALacThatHasGivenUpMeanwhileFadesOut) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    const std::string file = rig.save_state();
    site.deaf = true;
    rig.new_boot(file);
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0 && rig.tunnels_in_use() == 0; }, 300s));
    EXPECT_EQ(rig.times_told("stop joe"), 1U);
}

TEST(SavedState, ADamagedFileIsRefusedWholeAndTheStartIsFresh) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    std::string file = rig.save_state();
    file[file.size() / 2] = static_cast<char>(file[file.size() / 2] ^ 1);
    rig.told.clear();
    rig.new_boot(file);
    rig.advance(1s);
    ASSERT_EQ(rig.loads.size(), 1U);
    EXPECT_EQ(rig.loads[0].refused, 1U);
    EXPECT_EQ(rig.loads[0].why.view(), "its checksum is wrong: it is damaged or cut short");
    EXPECT_EQ(rig.sessions_in_use(), 0U);
    EXPECT_EQ(rig.times_told("on"), 1U);
}

TEST(SavedState, WhatFindsNoRoomIsLeftOut) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    rig.online(site, "ann");
    rig.new_boot(rig.save_state(), 1);
    rig.advance(1s);
    EXPECT_EQ(rig.loads.back().sessions, 1U);
    EXPECT_EQ(rig.sessions_in_use(), 1U);
    EXPECT_TRUE(rig.logged("left out: the table is full"));
}

TEST(SavedState, WhatLingersTakesNoRoomFromThoseWhoLive) {
    Rig rig;
    LacSite& silent = rig.lac_up();
    LacSite& site = rig.lac_up();
    const SessionIndex joe = rig.index_of(rig.online(silent, "joe"));
    silent.deaf = true;
    rig.cli().send(imsg::DropSession{1, raw(joe), 0, 0});
    ASSERT_TRUE(rig.until([&] { return rig.session(joe).acct_state == shm::AcctState::stopped; }));
    const Subscriber& ann = rig.online(site, "ann");
    rig.new_boot(rig.save_state(), 1);
    rig.advance(1s);
    EXPECT_EQ(rig.loads.back().sessions, 2U);
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 1; }));
    EXPECT_TRUE(ann.open());
}

TEST(SavedState, ALoadThatWasBrokenOffBeginsAnew) {
    Rig rig;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    rig.online(site, "ann");
    rig.new_boot(rig.save_state());
    const shm::TunnelRecord half{};
    rig.table(shm::TableId::tunnels).writer<shm::TunnelRecord>().write(raw(rig.tunnel_of(site)), half);
    rig.restart(); // the parent has had no answer: it hands the file over again
    rig.advance(1s);
    EXPECT_EQ(rig.loads.back().sessions, 2U);
    EXPECT_EQ(rig.sessions_in_use(), 2U);
    EXPECT_TRUE(echo_is_answered(rig, joe, 3));
}

// Damage that a checksum does not show, as of a release with a fault: whatever the values are, the process lives
// and takes new calls.
TEST(SavedState, AnyValuesAreSurvived) {
    Rig rig;
    rig.verdict = full_answer;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    const std::string file = rig.save_state();
    const StateOctets good = unsealed(as_octets(file));
    SeededRng rng(7);
    int loaded = 0;
    for (int i = 0; i < 150; ++i) {
        StateOctets bad = good;
        for (std::uint32_t n = 1 + rng.below(3); n > 0; --n)
            bad[bad.size() - 7 - rng.below(1200)] = static_cast<std::uint8_t>(rng.u16());
        rig.new_boot(std::string(as_text(seal(bad))));
        rig.advance(500ms);
        loaded += rig.loads.back().refused == 0 ? 1 : 0;
    }
    EXPECT_GT(loaded, 20);
    rig.new_boot("");
    site.restart();
    ASSERT_TRUE(rig.until([&] { return site.lac->up && site.lac->quiet(); }));
    rig.verdict = [](imsg::AuthReply&) {};
    rig.online(site, "ann");
}

} // namespace
} // namespace lns::sessiond
