// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "datapathd/forward_view.h"
#include "tests/unit/datapath_fast_maps.h"

namespace lns::datapath {
namespace {

using namespace test;

constexpr SessionIndex kSession = Tables::kSession;
constexpr SessionIndex kOther{3 * 256 + 6};

struct Rig {
    Tables t;
    FastMaps maps;
    FastPath fast{maps.view(), t.view, t.counting, t.counters};

    bool refresh(SessionIndex session = kSession) { return fast.refresh(session, t.forward.get(raw(session))); }
    bool is_fast(SessionIndex session = kSession) { return maps.entry(session).version != 0; }
};

TEST(FastEntry, SaysInNetworkOrderWhatAPacketHas) {
    const auto e = fast_entry(Tables::record(), {TunnelIndex{7}, TunnelId{4242}, SessionId{0xa4a0}});
    EXPECT_EQ(e.version, 0U);
    EXPECT_EQ(e.address, __builtin_bswap32(kSubscriber.value));
    EXPECT_EQ(e.peer, __builtin_bswap32(kLac.value));
    EXPECT_EQ(e.local, __builtin_bswap32(kOurs.value));
    EXPECT_EQ(e.peer_port, __builtin_bswap16(kLacPort));
    EXPECT_EQ(e.local_tunnel, __builtin_bswap16(4242));
    EXPECT_EQ(e.local_session, __builtin_bswap16(0xa4a0));
    EXPECT_EQ(e.peer_tunnel, 0x2211U);
    EXPECT_EQ(e.peer_session, 0x4433U);
    EXPECT_EQ(e.mru, 1500U);
}

TEST(FastEntry, HasTheMruThatUserSpaceWouldUse) {
    for (const auto& [agreed, used] : {std::pair{0, 1500}, {1400, 1400}, {20, 68}}) {
        auto record = Tables::record();
        record.mru = static_cast<std::uint16_t>(agreed);
        EXPECT_EQ(fast_entry(record, {}).mru, used);
    }
}

TEST(FastRate, IsThatOfUserSpace) {
    EXPECT_EQ(fast_rate(0, 5).per_octet, 0U) << "no limit";
    for (const std::uint32_t kbits : {1U, 64U, 1000U, 999'999U, 1'000'000U, 10'000'000U}) {
        const LnsFastRate rate = fast_rate(kbits, 5);
        EXPECT_EQ(rate.burst, 5U);
        for (const std::uint64_t octets : {28U, 1500U, 80'000U}) {
            const auto wanted = static_cast<double>(time_at_rate(octets, kbits));
            const auto got = static_cast<double>(octets * rate.per_octet >> LNS_FAST_RATE_SHIFT);
            EXPECT_NEAR(got, wanted, 1 + wanted / 1000) << kbits << ' ' << octets;
        }
    }
}

TEST(FastPath, IsForActiveSessionsWithAnAddressAndNothingThatUserSpaceMustDo) {
    EXPECT_TRUE(may_be_fast(Tables::record()));
    auto record = Tables::record();
    record.flags = shm::kThrottled;
    EXPECT_TRUE(may_be_fast(record));
    for (const unsigned flag : {unsigned{shm::kSnooped}, unsigned{shm::kFiltered}, unsigned{shm::kPacketLimited}, 16U})
        for (const unsigned throttled : {0U, unsigned{shm::kThrottled}}) {
            record.flags = static_cast<std::uint16_t>(flag | throttled);
            EXPECT_FALSE(may_be_fast(record)) << record.flags;
        }
    record = Tables::record();
    record.address = {};
    EXPECT_FALSE(may_be_fast(record));
    record = Tables::record();
    record.state = shm::ForwardState::removing;
    EXPECT_FALSE(may_be_fast(record));
}

TEST(FastPath, ASessionEntersAndEverythingLeadsToIt) {
    Rig r;
    r.t.activate();
    EXPECT_FALSE(r.refresh());
    EXPECT_TRUE(r.is_fast());
    EXPECT_EQ(r.maps.tunnel_ids[4242].tunnel, 7U);
    EXPECT_EQ(r.maps.tunnels[7].mask, 0xa5a5U);
    EXPECT_EQ(r.maps.tunnels[7].blocks[1], 3U);
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 1U);
    EXPECT_EQ(r.fast.sessions(), 1U);
    EXPECT_EQ(r.t.count(Counter::fast_sessions_added), 1U);
}

TEST(FastPath, ASessionLeavesAndNothingLeadsToIt) {
    Rig r;
    r.t.activate();
    r.refresh();
    r.t.set_state(kSession, shm::ForwardState::removing);
    EXPECT_TRUE(r.refresh());
    EXPECT_FALSE(r.is_fast());
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 0U);
    EXPECT_EQ(r.fast.sessions(), 0U);
    EXPECT_FALSE(r.refresh()) << "it had left";
    EXPECT_EQ(r.t.count(Counter::fast_sessions_removed), 1U);
}

TEST(FastPath, AFlagTakesItOut) {
    Rig r;
    r.t.activate();
    r.refresh();
    auto record = r.t.forward.get(raw(kSession));
    record.flags = 4;
    r.t.forward.write(raw(kSession), record);
    EXPECT_TRUE(r.refresh());
    EXPECT_FALSE(r.is_fast());
}

TEST(FastPath, AnUnchangedRecordIsLeftAsItIs) {
    Rig r;
    r.t.activate();
    r.refresh();
    const std::uint32_t version = r.maps.entry(kSession).version;
    r.refresh();
    EXPECT_EQ(r.maps.entry(kSession).version, version);
    EXPECT_EQ(r.t.count(Counter::fast_sessions_added), 1U);
}

TEST(FastPath, AChangedRecordGetsAnotherVersion) {
    Rig r;
    r.t.activate();
    r.refresh();
    const std::uint32_t version = r.maps.entry(kSession).version;
    auto record = r.t.forward.get(raw(kSession));
    record.mru = 1400;
    record.address = Ipv4{kSubscriber.value + 1};
    r.t.forward.write(raw(kSession), record);
    r.refresh();
    EXPECT_EQ(r.maps.entry(kSession).mru, 1400U);
    EXPECT_NE(r.maps.entry(kSession).version, version);
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 0U);
    EXPECT_EQ(r.maps.slots(record.address, kSession), 1U);
    EXPECT_EQ(r.fast.sessions(), 1U);
}

TEST(FastPath, AThrottledSessionHasItsRatesAndGetsNewOnesAsItGoes) {
    Rig r;
    r.t.activate();
    r.t.throttle_to(kSession, 64, 0, 77);
    r.refresh();
    ASSERT_TRUE(r.is_fast());
    EXPECT_EQ(r.maps.entry(kSession).up.per_octet, fast_rate(64, 77).per_octet);
    EXPECT_EQ(r.maps.entry(kSession).up.burst, 77 * kFinePerMillisecond);
    EXPECT_EQ(r.maps.entry(kSession).down.per_octet, 0U);
    const std::uint32_t version = r.maps.entry(kSession).version;
    r.t.throttle_to(kSession, 64, 128);
    EXPECT_FALSE(r.refresh());
    EXPECT_TRUE(r.is_fast());
    EXPECT_NE(r.maps.entry(kSession).version, version);
    EXPECT_EQ(r.maps.entry(kSession).down.per_octet, fast_rate(128, 77).per_octet);
    r.t.throttle_to(kSession, 0, 0);
    r.refresh();
    EXPECT_TRUE(r.is_fast());
    EXPECT_EQ(r.maps.entry(kSession).up.per_octet, 0U);
}

TEST(FastPath, RatesOfAnotherUseOfTheSlotAreNone) {
    Rig r;
    r.t.activate();
    r.t.throttle_to(kSession, 64, 64);
    r.t.service_writer.write(raw(kSession), {Generation{99}, 64, 64, {}});
    r.refresh();
    EXPECT_TRUE(r.is_fast());
    EXPECT_EQ(r.maps.entry(kSession).up.per_octet, 0U);
}

TEST(FastPath, AnotherBurstIsForASessionThatIsFastAlready) {
    Rig r;
    r.t.activate();
    r.t.throttle_to(kSession, 64, 64, 77);
    r.refresh();
    r.t.throttle_to(kSession, 64, 64, 88);
    EXPECT_FALSE(r.refresh());
    EXPECT_EQ(r.maps.entry(kSession).down.burst, 88 * kFinePerMillisecond);
    EXPECT_EQ(r.fast.sessions(), 1U);
}

TEST(FastPath, TheLatestSessionWithAnAddressHasIt) {
    Rig r;
    r.t.activate(kSession);
    r.refresh(kSession);
    r.t.activate(kOther);
    r.refresh(kOther);
    EXPECT_EQ(r.maps.slots(kSubscriber, kOther), 1U);
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 0U);
    r.t.set_state(kSession, shm::ForwardState::removing);
    r.refresh(kSession);
    EXPECT_EQ(r.maps.slots(kSubscriber, kOther), 1U) << "the older one's end changes nothing";
}

TEST(FastPath, ABlockOfNobodyIsNotEntered) {
    Rig r;
    r.t.activate();
    r.t.locator.set_block(TunnelIndex{7}, 1, 0);
    EXPECT_FALSE(r.refresh());
    EXPECT_FALSE(r.is_fast());
}

TEST(FastPath, EveryAddressOfAFullPoolIsFound) {
    Rig r;
    for (std::uint32_t i = 0; i < 256; ++i) { // buckets as full as host_buckets() has them
        const SessionIndex session{3 * 256 + i};
        r.t.activate(session, Ipv4{0x0a640000 + i});
        r.refresh(session);
        EXPECT_EQ(r.maps.slots(Ipv4{0x0a640000 + i}, session), 1U) << i;
    }
}

TEST(FastPath, TotalsFollowWhatTheKernelCounted) {
    Rig r;
    r.t.activate();
    r.refresh();
    auto& counted = r.maps.counters[raw(kSession)];
    counted = {3, 300, 5, 500, 77, 88, 6, 8};
    r.fast.fold(kSession);
    r.fast.fold(kSession);
    const auto& total = r.t.counting[raw(kSession)];
    EXPECT_EQ(total.up_packets, 3U);
    EXPECT_EQ(total.up_octets, 300U);
    EXPECT_EQ(total.down_packets, 5U);
    EXPECT_EQ(total.down_octets, 500U);
    EXPECT_EQ(total.last_up, 77U);
    EXPECT_EQ(total.last_down, 88U);
    EXPECT_EQ(total.up_dropped, 6U);
    EXPECT_EQ(total.down_dropped, 8U);
    EXPECT_EQ(r.t.count(Counter::fast_up_throttled), 6U);
    EXPECT_EQ(r.t.count(Counter::fast_down_throttled), 8U);
    EXPECT_EQ(r.t.count(Counter::fast_up_packets), 3U);
    EXPECT_EQ(r.t.count(Counter::fast_down_octets), 500U);
}

TEST(FastPath, EverySessionIsFoldedWithinARound) {
    Rig r;
    for (const SessionIndex session : {kSession, SessionIndex{7 * 256 + 255}, SessionIndex{256}}) {
        r.t.activate(session, Ipv4{raw(session)});
        r.refresh(session);
        r.maps.counters[raw(session)].up_packets = 9;
    }
    for (std::size_t i = 0; i < FastPath::kRound; ++i)
        r.fast.fold_some();
    EXPECT_EQ(r.t.count(Counter::fast_up_packets), 27U);
}

TEST(FastPath, LostPacketsAreCountedOnce) {
    Rig r;
    r.maps.lost[0] = {2, 3};
    r.fast.fold_some();
    r.fast.fold_some();
    EXPECT_EQ(r.t.count(Counter::fast_up_lost), 2U);
    EXPECT_EQ(r.t.count(Counter::fast_down_lost), 3U);
}

// The slot's totals are what an account is made of: they never go back, and a new map counts on from them.
TEST(FastPath, NewMapsCountOnFromTheTotals) {
    Rig r;
    r.t.activate();
    r.t.counting[raw(kSession)].up_packets = 1000;
    r.refresh();
    EXPECT_EQ(r.maps.counters[raw(kSession)].up_packets, 1000U);
    ++r.maps.counters[raw(kSession)].up_packets;
    r.fast.fold(kSession);
    EXPECT_EQ(r.t.counting[raw(kSession)].up_packets, 1001U);
    EXPECT_EQ(r.t.count(Counter::fast_up_packets), 1U);
}

// ---- Framed networks: what the way down looks at where no host has the address ----

const Prefix4 kNetwork{Ipv4{0xc0000200}, 28}, kHalf{Ipv4{0xc0000208}, 29};

struct RoutedRig : Rig {
    ForwardView view{t.view, 16};
    void look(SessionIndex session = kSession) { view.refresh(session, {}); }
    RoutedRig() {
        view.watch([this](SessionIndex session, const shm::ForwardRecord& record) { fast.refresh(session, record); });
        view.watch_routes([this](const Prefix4& network, SessionIndex session) { fast.route(network, session); });
        t.activate();
        t.set_routes(kSession, {kNetwork});
        look();
    }
    void end(SessionIndex session) {
        t.set_state(session, shm::ForwardState::none);
        look(session);
    }
};

TEST(FastRoutes, ANetworkLeadsToItsSessionAsLongAsThatIsUp) {
    RoutedRig r;
    EXPECT_TRUE(r.is_fast());
    EXPECT_EQ(r.maps.route(kNetwork), kSession);
    EXPECT_TRUE(r.maps.length_in_use(28));
    r.end(kSession);
    EXPECT_EQ(r.maps.route(kNetwork), SessionIndex::none);
    EXPECT_FALSE(r.maps.length_in_use(28));
}

TEST(FastRoutes, TheLatestOfTwoServesAndThenTheOther) {
    RoutedRig r;
    r.t.activate(kOther, Ipv4{kSubscriber.value + 1});
    r.t.set_routes(kOther, {kNetwork, kHalf});
    r.look(kOther);
    EXPECT_EQ(r.maps.route(kNetwork), kOther);
    EXPECT_EQ(r.maps.route(kHalf), kOther);
    r.end(kOther);
    EXPECT_EQ(r.maps.route(kNetwork), kSession);
    EXPECT_EQ(r.maps.route(kHalf), SessionIndex::none);
    EXPECT_FALSE(r.maps.length_in_use(29));
    EXPECT_TRUE(r.maps.length_in_use(28));
}

// Or what is for the one that is not fast would go to the one whose network its address is in.
TEST(FastRoutes, ASessionThatIsNotFastHasItsAddressAndNetworkAllTheSame) {
    RoutedRig r;
    const Ipv4 inside{kHalf.address.value + 1};
    auto record = Tables::record();
    record.address = inside;
    record.flags = shm::kFiltered;
    r.t.forward.write(raw(kOther), record);
    r.t.set_routes(kOther, {kHalf});
    r.look(kOther);
    EXPECT_FALSE(r.is_fast(kOther));
    EXPECT_EQ(r.maps.slots(inside, kOther), 1U);
    EXPECT_EQ(r.maps.route(kHalf), kOther);
    r.end(kOther);
    EXPECT_EQ(r.maps.slots(inside, kOther), 0U);
}

TEST(FastRoutes, ASessionThatLeavesTheFastPathKeepsItsAddress) {
    RoutedRig r;
    auto record = r.t.forward.get(raw(kSession));
    record.flags = shm::kFiltered;
    r.t.forward.write(raw(kSession), record);
    r.look();
    EXPECT_FALSE(r.is_fast());
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 1U);
    EXPECT_EQ(r.maps.route(kNetwork), kSession);
}

TEST(FastRoutes, WithoutRoomForOneNoneIsLookedAt) {
    RoutedRig r;
    for (LnsFastHosts& bucket : r.maps.routes)
        for (__u64& slot : bucket.slots)
            if (&bucket != &r.maps.routes.back() && slot == 0) slot = LNS_FAST_ROUTE(1, 32, 1);
    r.fast.route(kHalf, kOther);
    EXPECT_EQ(r.maps.routes.back().slots[0], 0U);
    r.fast.route(kNetwork, SessionIndex::none);
    r.fast.route(kNetwork, kOther);
    EXPECT_EQ(r.maps.routes.back().slots[0], 0U) << "nor later";
    EXPECT_EQ(r.t.count(Counter::fast_no_room), 1U);
}

TEST(FastRoutes, WithoutRoomForAHostNoneIsLookedAt) {
    RoutedRig r;
    for (LnsFastHosts& bucket : r.maps.hosts)
        for (__u64& slot : bucket.slots)
            if (slot == 0) slot = 1;
    r.t.activate(kOther, Ipv4{kSubscriber.value + 1});
    r.look(kOther);
    EXPECT_TRUE(r.is_fast(kOther)) << "upstream";
    EXPECT_EQ(r.t.count(Counter::fast_no_room), 1U);
    EXPECT_EQ(r.maps.routes.back().slots[0], 0U);
}

TEST(FastRoutes, AfterADeathWhatIsRightStaysAndTheRestGoes) {
    RoutedRig r;
    r.fast.route(kHalf, kSession);                           // not the session's, by the tables
    r.fast.route({Ipv4{0xc6336400}, 24}, kOther);            // of nobody who is up
    r.maps.routes.back().slots[0] |= std::uint64_t{1} << 30; // killed before a network of that length was entered
    FastPath next(r.maps.view(), r.t.view, r.t.counting, r.t.counters);
    next.attach();
    EXPECT_EQ(r.maps.route(kNetwork), kSession);
    EXPECT_EQ(r.maps.route(kHalf), SessionIndex::none);
    EXPECT_EQ(r.maps.routes.back().slots[0], std::uint64_t{1} << 28);
    next.route(kNetwork, SessionIndex::none);
    EXPECT_FALSE(r.maps.length_in_use(28));
}

TEST(FastRoutes, AWorkerThatHadGivenUpIsFollowedByOneThatHas) {
    RoutedRig r;
    r.fast.route({Ipv4{0xc6336400}, 24}, SessionIndex{1U << 26}); // no slot has room for such an index
    EXPECT_EQ(r.maps.routes.back().slots[0], 0U);
    FastPath next(r.maps.view(), r.t.view, r.t.counting, r.t.counters);
    next.attach();
    next.route(kHalf, kSession);
    EXPECT_EQ(r.maps.routes.back().slots[0], 0U);
}

// ---- After a worker was killed ----

TEST(FastPathAttach, WhatIsRightGoesOnUntouched) {
    Rig r;
    r.t.activate();
    r.refresh();
    const LnsFastSession before = r.maps.entry(kSession);
    FastPath next(r.maps.view(), r.t.view, r.t.counting, r.t.counters);
    next.attach();
    EXPECT_EQ(memcmp(&before, &r.maps.entry(kSession), sizeof before), 0);
    EXPECT_EQ(next.sessions(), 1U);
    EXPECT_EQ(r.t.count(Counter::fast_sessions_added) - r.t.count(Counter::fast_sessions_removed), 1U);
}

TEST(FastPathAttach, WhatEndedMeanwhileLeaves) {
    Rig r;
    r.t.activate();
    r.refresh();
    r.t.set_state(kSession, shm::ForwardState::none);
    FastPath next(r.maps.view(), r.t.view, r.t.counting, r.t.counters);
    next.attach();
    EXPECT_FALSE(r.is_fast());
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 0U);
    EXPECT_EQ(r.t.count(Counter::fast_sessions_added), r.t.count(Counter::fast_sessions_removed));
}

TEST(FastPathAttach, AHalfMadeEntryIsMadeWhole) {
    Rig r;
    r.t.activate();
    r.refresh();
    for (LnsFastHosts& bucket : r.maps.hosts) // killed before the address was entered
        bucket = {};
    FastPath next(r.maps.view(), r.t.view, r.t.counting, r.t.counters);
    next.attach();
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 1U);
}

TEST(FastPathAttach, AnAddressThatLeadsNowhereIsTakenOut) {
    Rig r;
    r.t.activate();
    r.refresh();
    r.maps.entry(kSession).version = 0; // killed before the address was taken out
    r.t.set_state(kSession, shm::ForwardState::removing);
    FastPath next(r.maps.view(), r.t.view, r.t.counting, r.t.counters);
    next.attach();
    EXPECT_EQ(r.maps.slots(kSubscriber, kSession), 0U);
    EXPECT_EQ(next.sessions(), 0U);
    EXPECT_EQ(r.t.count(Counter::fast_sessions_added), r.t.count(Counter::fast_sessions_removed));
}

} // namespace
} // namespace lns::datapath
