// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

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
    r.fast.set_burst(77);
    r.t.activate();
    r.t.throttle_to(kSession, 64, 0);
    r.refresh();
    ASSERT_TRUE(r.is_fast());
    EXPECT_EQ(r.maps.entry(kSession).up.per_octet, fast_rate(64, 77).per_octet);
    EXPECT_EQ(r.maps.entry(kSession).up.burst, 77U);
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

TEST(FastPath, AnotherBurstIsForThoseThatAreFastAlready) {
    Rig r;
    r.fast.set_burst(77);
    for (const SessionIndex session : {kSession, kOther}) {
        r.t.activate(session, Ipv4{raw(session)});
        if (session == kSession) r.t.throttle_to(session, 64, 64);
        r.refresh(session);
    }
    const std::uint32_t version = r.maps.entry(kOther).version;
    r.fast.set_burst(88);
    EXPECT_EQ(r.maps.entry(kSession).down.burst, 88U);
    EXPECT_EQ(r.maps.entry(kOther).version, version) << "one without a rate is left as it is";
    EXPECT_EQ(r.fast.sessions(), 2U);
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
