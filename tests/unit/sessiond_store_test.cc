// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <set>

#include "sessiond/store.h"

namespace lns::sessiond {
namespace {

constexpr std::uint32_t kTunnels = 5;         // four usable
constexpr std::uint32_t kSlots = 4 * 256 * 2; // blocks 1..7

// The tables as shared memory would hold them: they outlive any Store.
struct Memory {
    std::vector<shm::TwoSlot<shm::TunnelRecord>> tunnels = shm::make_cells<shm::TunnelRecord>(kTunnels);
    std::vector<shm::TwoSlot<shm::SessionRecord>> sessions = shm::make_cells<shm::SessionRecord>(kSlots);
    std::vector<shm::TwoSlot<shm::SessionAaa>> aaa = shm::make_cells<shm::SessionAaa>(kSlots);
    std::vector<shm::TwoSlot<shm::ForwardRecord>> forward = shm::make_cells<shm::ForwardRecord>(kSlots);
    std::vector<shm::TwoSlot<shm::SessionServices>> services = shm::make_cells<shm::SessionServices>(kSlots);
    std::vector<std::uint32_t> locator = std::vector<std::uint32_t>(shm::Locator::words(kTunnels));
    std::vector<std::uint32_t> user_hashes = std::vector<std::uint32_t>(kSlots);
    SeededRng rng{7};

    Store::Tables tables() {
        return {shm::TwoSlotWriter<shm::TunnelRecord>(std::span(tunnels)),
                shm::TwoSlotWriter<shm::SessionRecord>(std::span(sessions)),
                shm::TwoSlotWriter<shm::SessionAaa>(std::span(aaa)),
                shm::TwoSlotWriter<shm::ForwardRecord>(std::span(forward)),
                shm::LocatorWriter(locator, kTunnels),
                shm::TwoSlotWriter<shm::SessionServices>(std::span(services)),
                shm::UserHashWriter(user_hashes)};
    }
    Store store(std::uint32_t max_sessions = 1000) {
        Store s(tables(), max_sessions, rng);
        s.attach();
        return s;
    }
};

TunnelIndex open_tunnel(Store& store) {
    shm::TunnelRecord record;
    const TunnelIndex index = store.new_tunnel(record);
    record.state = shm::TunnelState::open;
    if (index != TunnelIndex::none) store.save(index, record);
    return index;
}

SessionIndex open_session(Store& store, TunnelIndex tunnel) {
    shm::SessionRecord record;
    const SessionIndex index = store.new_session(tunnel, record);
    record.state = shm::SessionState::starting;
    if (index != SessionIndex::none) store.save(index, record);
    return index;
}

TEST(Store, FindsASessionByItsWireIdInItsOwnTunnelOnly) {
    Memory memory;
    Store store = memory.store();
    const TunnelIndex a = open_tunnel(store);
    const TunnelIndex b = open_tunnel(store);
    const SessionIndex session = open_session(store, a);
    open_session(store, b);
    shm::SessionRecord record;
    const SessionId wire = store.session(session).local_id;
    EXPECT_NE(wire, SessionId::none);
    EXPECT_EQ(store.find_session(a, wire, record), session);
    EXPECT_EQ(record.local_id, wire);
    EXPECT_NE(store.find_session(b, wire, record), session);
    EXPECT_EQ(store.find_tunnel(store.view(a).local_id), a);
}

TEST(Store, RefusesWhenATableIsFullAndTakesSlotsBack) {
    Memory memory;
    Store store = memory.store(300);
    const TunnelIndex tunnel = open_tunnel(store);
    std::set<SessionIndex> seen;
    SessionIndex last{};
    for (int i = 0; i < 300; ++i) {
        last = open_session(store, tunnel);
        ASSERT_NE(last, SessionIndex::none) << i;
        EXPECT_TRUE(seen.insert(last).second);
    }
    EXPECT_EQ(open_session(store, tunnel), SessionIndex::none);
    const Generation before = store.session(last).generation;
    store.free_session(last);
    const SessionIndex again = open_session(store, tunnel);
    ASSERT_NE(again, SessionIndex::none);
    if (again == last) {
        EXPECT_NE(store.session(again).generation, before);
    }
    for (std::uint32_t i = 2; i < kTunnels; ++i)
        EXPECT_NE(open_tunnel(store), TunnelIndex::none);
    EXPECT_EQ(open_tunnel(store), TunnelIndex::none);
}

// Ended and accounted; the LAC has not acknowledged the CDN.
void let_linger(Store& store, SessionIndex index) {
    shm::SessionRecord record = store.session(index);
    record.state = shm::SessionState::closing;
    store.save(index, record);
}

TEST(Store, ThoseThatLingerKeepTheirSlotsButTakeNoRoom) {
    Memory memory;
    std::set<SessionIndex> seen;
    const auto open_all = [&](Store& store, TunnelIndex tunnel, std::size_t room) {
        for (std::size_t i = 0; i < room; ++i)
            EXPECT_TRUE(seen.insert(open_session(store, tunnel)).second) << "the slot of one that lingers";
        EXPECT_EQ(store.sessions_free(), 0U);
        EXPECT_EQ(open_session(store, tunnel), SessionIndex::none);
    };
    TunnelIndex tunnel{};
    {
        Store store = memory.store(300);
        tunnel = open_tunnel(store);
        open_all(store, tunnel, 300);
        const std::vector<SessionIndex> all = store.sessions_of(tunnel);
        for (std::size_t i = 0; i < 100; ++i)
            let_linger(store, all[i]);
        let_linger(store, all[0]); // said again
        EXPECT_EQ(store.sessions_free(), 100U);
        store.free_session(all[0]);
        EXPECT_EQ(store.sessions_free(), 100U);
    }
    Store store = memory.store(300); // after a crash
    EXPECT_EQ(store.sessions_in_use(), 299U);
    seen = {store.sessions_of(tunnel).begin(), store.sessions_of(tunnel).end()};
    open_all(store, tunnel, 100);
}

TEST(Store, NoMoreLingerForNothingThanThereMayBeSessions) {
    Memory memory;
    Store store = memory.store(100);
    const TunnelIndex tunnel = open_tunnel(store);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 100; ++i)
            ASSERT_NE(open_session(store, tunnel), SessionIndex::none);
        for (const SessionIndex session : store.sessions_of(tunnel))
            let_linger(store, session);
        EXPECT_EQ(store.sessions_free(), round == 0 ? 100U : 0U);
    }
    store.free_session(store.sessions_of(tunnel).front());
    EXPECT_EQ(store.sessions_free(), 1U);
}

TEST(Store, ASessionLingersWhenNothingOfItIsOwedButAnAcknowledgement) {
    shm::SessionRecord over;
    over.state = shm::SessionState::closing;
    EXPECT_TRUE(lingers(over)) << "it never logged in";
    over.acct_state = shm::AcctState::stopped;
    EXPECT_TRUE(lingers(over));
    shm::SessionRecord record = over;
    record.forwarding = true;
    EXPECT_FALSE(lingers(record)) << "packets may be under way";
    record = over;
    record.acct_state = shm::AcctState::stop_sent;
    EXPECT_FALSE(lingers(record)) << "the Stop record is not in the spool";
    record = over;
    record.address = Ipv4{1};
    EXPECT_FALSE(lingers(record)) << "it has its address";
    record = over;
    record.state = shm::SessionState::connecting;
    EXPECT_FALSE(lingers(record));
}

TEST(Store, TheHashOfASessionsUserIsThatOfItsRecord) {
    Memory memory;
    SessionIndex session{};
    {
        Store store = memory.store();
        session = open_session(store, open_tunnel(store));
        shm::SessionRecord record = store.session(session);
        record.user.assign("joe");
        store.save(session, record);
        EXPECT_EQ(memory.user_hashes[raw(session)], shm::UserHashes::of("joe"));
        record.user.assign("ann");
        store.save(session, record);
        EXPECT_EQ(memory.user_hashes[raw(session)], shm::UserHashes::of("ann"));
        memory.user_hashes[raw(session)] = shm::UserHashes::of("bob"); // killed before bob was committed
    }
    Store store = memory.store();
    EXPECT_EQ(memory.user_hashes[raw(session)], shm::UserHashes::of("ann"));
    store.free_session(session);
    EXPECT_EQ(memory.user_hashes[raw(session)], 0U);
}

TEST(Store, AnIdRestsBeforeItIsUsedAgain) {
    Memory memory;
    Store store = memory.store();
    const TunnelIndex tunnel = open_tunnel(store);
    const SessionIndex first = open_session(store, tunnel);
    store.free_session(first);
    for (int i = 0; i < 200; ++i)
        EXPECT_NE(open_session(store, tunnel), first);
}

TEST(Store, GivesABlockToATunnelAndBackWhenItIsGone) {
    Memory memory;
    Store store = memory.store();
    for (int round = 0; round < 20; ++round) { // more rounds than there are blocks
        const TunnelIndex tunnel = open_tunnel(store);
        const SessionIndex session = open_session(store, tunnel);
        ASSERT_NE(session, SessionIndex::none) << round;
        store.free_session(session);
        store.free_tunnel(tunnel);
    }
}

TEST(Store, ACrashLosesNothingThatWasCommitted) {
    Memory memory;
    std::vector<std::pair<SessionIndex, SessionId>> made;
    TunnelIndex tunnel{};
    {
        Store store = memory.store();
        tunnel = open_tunnel(store);
        for (int i = 0; i < 400; ++i) {
            const SessionIndex session = open_session(store, tunnel);
            made.emplace_back(session, store.session(session).local_id);
        }
        for (int i = 0; i < 100; ++i)
            store.free_session(made[static_cast<std::size_t>(i)].first);
    }
    Store store = memory.store();
    EXPECT_EQ(store.sessions_in_use(), 300U);
    EXPECT_EQ(store.view(tunnel).sessions, 300U);
    EXPECT_EQ(store.sessions_of(tunnel).size(), 300U);
    shm::SessionRecord record;
    for (std::size_t i = 0; i < made.size(); ++i)
        EXPECT_EQ(store.find_session(tunnel, made[i].second, record), i < 100 ? SessionIndex::none : made[i].first);
    std::set<SessionIndex> live;
    for (const SessionIndex s : store.sessions_of(tunnel))
        live.insert(s);
    for (int i = 0; i < 200; ++i)
        EXPECT_FALSE(live.contains(open_session(store, tunnel)));
}

TEST(Store, ATunnelHalfMadeAtACrashLeavesNothingBehind) {
    Memory memory;
    TunnelId wire{};
    {
        Store store = memory.store();
        shm::TunnelRecord record;
        const TunnelIndex index = store.new_tunnel(record); // killed before the record was saved
        wire = record.local_id;
        memory.tables().locator.set_tunnel(wire, index);
        memory.tables().locator.set_block(index, 0, 3);
    }
    Store store = memory.store();
    EXPECT_EQ(store.find_tunnel(wire), TunnelIndex::none);
    for (std::uint32_t i = 1; i < kTunnels; ++i) {
        const TunnelIndex tunnel = open_tunnel(store);
        ASSERT_NE(tunnel, TunnelIndex::none);
        EXPECT_NE(open_session(store, tunnel), SessionIndex::none);
    }
}

} // namespace
} // namespace lns::sessiond
