// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "sessiond/pool.h"
#include "sessiond/residents.h"
#include "sessiond/timer_wheel.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;

Ipv4 ip(const char* text) { return *parse_ipv4(text); }

struct Fixture {
    std::vector<shm::TwoSlot<shm::LeaseRecord>> leases;
    Pool pool;

    explicit Fixture(const char* prefix, std::size_t slots = 16)
        : leases(shm::make_cells<shm::LeaseRecord>(slots)), pool(conf::PoolPlan({*parse_prefix4(prefix)}), writer()) {
        pool.attach();
    }
    shm::TwoSlotWriter<shm::LeaseRecord> writer() { return shm::TwoSlotWriter<shm::LeaseRecord>(std::span(leases)); }
    std::string give(const char* user, std::uint32_t session) {
        const auto address = pool.choose(user);
        if (!address) return "none";
        pool.take(*address, SessionIndex{session}, Generation{1}, user);
        return to_string(*address);
    }
};

TEST(Pool, GivesTheUserHisPreviousAddress) {
    Fixture f("10.0.0.0/29");
    const std::string joe = f.give("joe", 1);
    const std::string ann = f.give("ann", 2);
    EXPECT_NE(joe, ann);
    f.pool.release(ip(joe.c_str()), MonoTime{1s});
    EXPECT_NE(f.give("bob", 3), joe); // a fresh one goes first
    EXPECT_EQ(f.give("joe", 4), joe);
}

TEST(Pool, ReusesTheLongestReleasedWhenNothingIsFresh) {
    Fixture f("10.0.0.0/30"); // .1 .2 .3
    const std::string a = f.give("a", 1);
    const std::string b = f.give("b", 2);
    const std::string c = f.give("c", 3);
    EXPECT_EQ(f.give("d", 4), "none");
    f.pool.release(ip(b.c_str()), MonoTime{1s});
    f.pool.release(ip(a.c_str()), MonoTime{2s});
    EXPECT_EQ(f.give("d", 4), b);
    EXPECT_EQ(f.give("a", 5), a);
    EXPECT_EQ(f.give("e", 6), "none");
    EXPECT_EQ(f.pool.holder(ip(c.c_str())), SessionIndex{3});
}

TEST(Pool, AnotherPlanLeavesSessionsTheirAddresses) {
    Fixture f("10.0.0.0/29");
    const std::string joe = f.give("joe", 1);
    const std::string ann = f.give("ann", 2);
    f.pool.release(ip(ann.c_str()), MonoTime{1s});
    f.pool.take(ip("10.1.0.1"), SessionIndex{3}, Generation{1}, "bob"); // outside the pool
    f.pool.replace_plan(conf::PoolPlan({*parse_prefix4("10.1.0.0/29")}));
    const auto leases = f.writer();
    for (std::size_t i = 0; i < leases.size(); ++i)
        EXPECT_FALSE(leases.get(i).address.is_set()) << "no lease is kept outside the pool";
    EXPECT_EQ(f.pool.holder(ip(joe.c_str())), SessionIndex{1});
    EXPECT_EQ(f.pool.holder(ip("10.1.0.1")), SessionIndex{3});
    // What sessiond does next for all that live.
    f.pool.take(ip(joe.c_str()), SessionIndex{1}, Generation{1}, "joe");
    f.pool.take(ip("10.1.0.1"), SessionIndex{3}, Generation{1}, "bob");
    EXPECT_EQ(f.give("ann", 4), "10.1.0.2");
    f.pool.release(ip(joe.c_str()), MonoTime{2s});
    EXPECT_EQ(f.pool.holder(ip(joe.c_str())), SessionIndex::none);
    EXPECT_EQ(f.give("joe", 5), "10.1.0.3") << "his previous address is not in the pool any more";
    f.pool.release(ip("10.1.0.1"), MonoTime{3s});
    EXPECT_EQ(f.give("bob", 6), "10.1.0.1") << "he got a lease when his address came into the pool";
}

TEST(Pool, WhatIsHeldForNobodyIsReleased) {
    Fixture f("10.0.0.0/29");
    const std::string joe = f.give("joe", 1);
    const std::string ann = f.give("ann", 2);
    EXPECT_TRUE(f.pool.keeps(ip(joe.c_str()), SessionIndex{1}));
    EXPECT_FALSE(f.pool.keeps(ip(joe.c_str()), SessionIndex{2}));
    const auto sweep = [&f](MonoTime now) {
        std::size_t released = 0;
        for (std::size_t place = 0; place < f.pool.places(); ++place)
            released += f.pool.release_unless(
                place, [](Ipv4 /*address*/, SessionIndex session) { return session == SessionIndex{1}; }, now);
        return released;
    };
    EXPECT_EQ(sweep(MonoTime{1s}), 1U);
    EXPECT_EQ(f.pool.holder(ip(joe.c_str())), SessionIndex{1});
    EXPECT_EQ(f.pool.holder(ip(ann.c_str())), SessionIndex::none);
    EXPECT_EQ(sweep(MonoTime{2s}), 0U);
}

TEST(Pool, ANamelessUserIsNobodysPredecessor) {
    Fixture f("10.0.0.0/30");
    const std::string first = f.give("", 1);
    f.pool.release(ip(first.c_str()), MonoTime{1s});
    EXPECT_NE(f.give("", 2), first);
}

TEST(Pool, TakesAFixedAddressOutOfThePool) {
    Fixture f("10.0.0.0/30");
    f.pool.take(ip("10.0.0.1"), SessionIndex{9}, Generation{1}, "fixed");
    f.pool.take(ip("192.0.2.1"), SessionIndex{8}, Generation{1}, "outside");
    EXPECT_NE(f.give("a", 1), "10.0.0.1");
    EXPECT_NE(f.give("b", 2), "10.0.0.1");
    EXPECT_EQ(f.give("c", 3), "none");
    EXPECT_EQ(f.pool.holder(ip("192.0.2.1")), SessionIndex{8});
    EXPECT_FALSE(f.pool.in_pool(ip("192.0.2.1")));
}

TEST(Pool, RemembersAcrossACrash) {
    Fixture f("10.0.0.0/24");
    const std::string joe = f.give("joe", 1);
    const std::string ann = f.give("ann", 2);
    f.pool.release(ip(joe.c_str()), MonoTime{1s});
    Pool again(conf::PoolPlan({*parse_prefix4("10.0.0.0/24")}), f.writer());
    again.attach();
    again.take(ip(ann.c_str()), SessionIndex{2}, Generation{1}, "ann"); // its session lives
    EXPECT_EQ(to_string(*again.choose("joe")), joe);
    EXPECT_NE(to_string(*again.choose("new")), ann);
    EXPECT_NE(to_string(*again.choose("new")), joe);
}

TEST(Pool, ForgetsTheOldestLeaseWhenTheTableIsFull) {
    Fixture f("10.0.0.0/24", 4);
    for (std::uint32_t i = 1; i <= 40; ++i) {
        const std::string address = f.give(("user" + std::to_string(i)).c_str(), i);
        ASSERT_NE(address, "none");
        f.pool.release(ip(address.c_str()), MonoTime{std::chrono::seconds(i)});
    }
    EXPECT_EQ(f.pool.in_use(), 0U);
    EXPECT_EQ(f.give("user40", 99), "10.0.0.40");
}

TEST(Residents, ParksALoginUntilItsBlockerIsGone) {
    Residents r;
    r.add("joe", SessionIndex{1});
    r.add("joe", SessionIndex{2});
    const auto is_joes = [](SessionIndex) { return true; };
    EXPECT_EQ(r.others("joe", SessionIndex{2}, is_joes), std::vector{SessionIndex{1}});
    EXPECT_TRUE(r.others("joe", SessionIndex{2}, [](SessionIndex) { return false; }).empty()); // same hash, other name
    imsg::AuthReply reply{};
    reply.session = 2;
    r.park(SessionIndex{1}, reply);
    EXPECT_TRUE(r.unpark(SessionIndex{7}).empty());
    EXPECT_EQ(r.unpark(SessionIndex{1}).size(), 1U);
    EXPECT_TRUE(r.unpark(SessionIndex{1}).empty());
    r.remove(SessionIndex{1});
    EXPECT_TRUE(r.others("joe", SessionIndex{2}, is_joes).empty());
}

TEST(NameIndex, FindsTheRecordsOfANameTheLatestFirst) {
    constexpr std::uint32_t kRecords = 5000;
    const auto name_of = [](std::uint32_t i) { return "user" + std::to_string(i % 1000); };
    NameIndex index;
    for (std::uint32_t i = 0; i < kRecords; ++i)
        index.add(name_of(i), i);
    for (std::uint32_t i = 0; i < kRecords; i += 2)
        index.remove(i);
    index.remove(0); // again
    index.remove(kRecords);
    index.add("user7", 1); // was user1's
    EXPECT_EQ(index.size(), kRecords / 2);
    const auto found = [&](const std::string& name) {
        std::vector<std::uint32_t> records;
        index.find(name, [&](std::uint32_t i) {
            if (i == 1 || name_of(i) == name) records.push_back(i);
            return true;
        });
        return records;
    };
    EXPECT_EQ(found("user7"), (std::vector<std::uint32_t>{1, 4007, 3007, 2007, 1007, 7}));
    EXPECT_EQ(found("user1"), (std::vector<std::uint32_t>{4001, 3001, 2001, 1001}));
    EXPECT_TRUE(found("user2").empty());
    EXPECT_TRUE(found("nobody").empty());
    int looks = 0;
    index.find("user7", [&](std::uint32_t) { return ++looks < 2; });
    EXPECT_EQ(looks, 2);
}

TEST(Pool, OfManyAddressesOfOneUserAFreeOneIsFound) {
    Fixture f("10.0.0.0/26", 64);
    std::vector<std::string> given;
    for (std::uint32_t i = 1; i <= 8; ++i)
        given.push_back(f.give("joe", i));
    f.pool.release(ip(given[3].c_str()), MonoTime{1s});
    EXPECT_EQ(f.give("joe", 9), given[3]);
    for (std::uint32_t i = 10; i < 40; ++i)
        EXPECT_NE(f.give("joe", i), "none");
}

TEST(Pool, ReleasesWhatIsHeldForNobody) {
    Fixture f("10.0.0.0/25", 64);
    std::vector<std::string> given;
    for (std::uint32_t i = 1; i <= 40; ++i)
        given.push_back(f.give("joe", i));
    const auto even = [](Ipv4, SessionIndex session) { return raw(session) % 2 == 0; };
    std::size_t released = 0;
    for (std::size_t place = 0; place < f.pool.places(); ++place)
        released += f.pool.release_unless(place, even, MonoTime{1s});
    EXPECT_EQ(released, 20U);
    EXPECT_EQ(f.pool.in_use(), 20U);
    for (std::uint32_t i = 1; i <= 40; ++i)
        EXPECT_EQ(f.pool.holder(ip(given[i - 1].c_str())), i % 2 == 0 ? SessionIndex{i} : SessionIndex::none);
}

TEST(TimerWheel, FindsTheNextPromiseWhereverTheWheelStands) {
    for (const auto turned : {0ms, 20ms, 1270ms, 1280ms, 163820ms, 163840ms, 200000ms}) {
        const MonoTime start{1000s};
        TimerWheel wheel(3, start);
        wheel.run(start + turned, [](std::uint32_t) {});
        const MonoTime now = start + turned;
        EXPECT_EQ(wheel.next(), kNever);
        for (const auto ahead : {160000ms, 70000ms, 1300ms, 40ms}) {
            wheel.schedule(2, now + ahead);
            EXPECT_GE(wheel.next(), now + ahead);
            EXPECT_LE(wheel.next(), now + ahead + 2 * TimerWheel::kTick);
        }
        int fired = 0;
        wheel.run(now + 200s, [&](std::uint32_t) { ++fired; });
        EXPECT_EQ(fired, 1);
        EXPECT_EQ(wheel.next(), kNever);
    }
}

TEST(TimerWheel, FiresOnceNotBeforeItsTimeAndKeepsTheEarliestPromise) {
    const MonoTime start{1000s};
    TimerWheel wheel(4, start);
    std::vector<std::uint32_t> fired;
    const auto run = [&](MonoTime now) { wheel.run(now, [&](std::uint32_t key) { fired.push_back(key); }); };
    EXPECT_EQ(wheel.next(), kNever);
    wheel.schedule(1, start + 5s);
    wheel.schedule(1, start + 9s); // later: the earlier promise stands
    wheel.schedule(2, start + 3s);
    wheel.schedule(2, start + 1s); // earlier: replaces it
    run(start + 900ms);
    EXPECT_TRUE(fired.empty());
    run(start + 1s);
    EXPECT_EQ(fired, std::vector<std::uint32_t>{2});
    run(start + 4s);
    EXPECT_EQ(fired.size(), 1U);
    run(start + 100s);
    EXPECT_EQ(fired, (std::vector<std::uint32_t>{2, 1}));
    EXPECT_EQ(wheel.next(), kNever);
}

TEST(TimerWheel, KnowsTheNextPromiseWhateverWasAskedBefore) {
    const MonoTime start{1000s};
    TimerWheel wheel(4, start);
    const auto next_is = [&](Clock::duration at) {
        return wheel.next() > start + at && wheel.next() <= start + at + 2 * TimerWheel::kTick;
    };
    wheel.schedule(1, start + 60s);
    EXPECT_TRUE(next_is(60s));
    wheel.schedule(2, start + 5s); // before what it knew
    EXPECT_TRUE(next_is(5s));
    wheel.run(start + 10s, [&](std::uint32_t) { wheel.schedule(3, start + 1s); }); // overdue when made
    EXPECT_LE(wheel.next(), start + 10s + 2 * TimerWheel::kTick);
    wheel.run(start + 11s, [](std::uint32_t) {});
    EXPECT_TRUE(next_is(60s));
}

TEST(TimerWheel, ReachesBeyondItsHorizon) {
    const MonoTime start{};
    TimerWheel wheel(2, start);
    const MonoTime far = start + 1h;
    wheel.schedule(1, far);
    MonoTime now = start;
    int looks = 0;
    bool fired = false;
    while (!fired && looks < 1000) {
        now = std::max(wheel.next(), now + 1ms);
        ++looks;
        wheel.run(now, [&](std::uint32_t) { fired = true; });
    }
    EXPECT_TRUE(fired);
    EXPECT_GE(now, far);
    EXPECT_LT(now, far + 1s);
    EXPECT_LT(looks, 60);
}

TEST(TimerWheel, KeepsAPromiseThatIsOverdueWhenMade) {
    const MonoTime start{};
    TimerWheel wheel(1, start);
    int fired = 0;
    wheel.schedule(0, start + 20ms);
    wheel.run(start + 500ms, [&](std::uint32_t key) {
        ++fired;
        wheel.schedule(key, start + 20ms); // an owner that has not got to it yet
    });
    const int then = fired;
    EXPECT_GE(then, 1);
    EXPECT_LT(wheel.next(), start + 1s);
    wheel.run(start + 600ms, [&](std::uint32_t) { ++fired; });
    EXPECT_GT(fired, then);
}

TEST(TimerWheel, TakesNewPromisesWhileItFires) {
    const MonoTime start{};
    TimerWheel wheel(1, start);
    int fired = 0;
    wheel.schedule(0, start + 20ms);
    for (MonoTime now = start; now < start + 2s; now += 10ms)
        wheel.run(now, [&](std::uint32_t key) {
            ++fired;
            wheel.schedule(key, now + 100ms);
        });
    EXPECT_GE(fired, 15);
    EXPECT_LE(fired, 20);
}

TEST(TimerWheel, SaysBeforehandWhichKeysAreNext) {
    const MonoTime start{std::chrono::hours(1)};
    TimerWheel wheel(16, start);
    for (std::uint32_t key = 0; key < 16; ++key)
        wheel.schedule(key, start + 1s);
    std::set<std::uint32_t> expected;
    std::uint32_t fired = 0;
    wheel.run(
        start + 2s, [&](std::uint32_t key) { EXPECT_TRUE(fired++ < 3 || expected.contains(key)) << key; },
        [&](std::uint32_t key) { expected.insert(key); });
    EXPECT_EQ(fired, 16U);
}

TEST(OnTheBeat, TimesOfAGroupComeTogetherAndThoseOfGroupsDoNot) {
    const MonoTime start{std::chrono::hours(1)};
    std::map<std::uint32_t, std::set<MonoTime>> times;
    for (const std::uint32_t group : {1U, 2U, 15U})
        for (int ms = 0; ms < 3200; ++ms) {
            const MonoTime at = start + std::chrono::milliseconds(ms);
            const MonoTime on = on_the_beat(at, group);
            EXPECT_GE(on, at);
            EXPECT_LT(on, at + 320ms);
            EXPECT_EQ(on_the_beat(on, group), on);
            times[group].insert(on);
        }
    EXPECT_LE(times[1].size(), 11U);
    for (const MonoTime at : times[1]) {
        EXPECT_FALSE(times[2].contains(at));
        EXPECT_FALSE(times[15].contains(at));
    }
}

} // namespace
} // namespace lns::sessiond
