// SPDX-License-Identifier: ISC
// radiusd-client and datapathd die, come back, or are slow.
#include "sessiond/forwarding.h"
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;

TEST(Neighbours, ANewRadiusClientIsAskedAgain) {
    Rig rig;
    rig.answers = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.dial(site, "joe");
    ASSERT_TRUE(rig.until([&] { return rig.asked.size() == 1; }));
    rig.answers = true;
    rig.reconnect_radius();
    ASSERT_TRUE(rig.until([&] { return joe.open(); }));
    ASSERT_EQ(rig.asked.size(), 2U);
    EXPECT_EQ(rig.asked[0].request, rig.asked[1].request);
    EXPECT_EQ(rig.asked[0].password.view(), rig.asked[1].password.view());
}

TEST(Neighbours, RecordsThatWereNotStoredAreSentToTheNewRadiusClientInOrder) {
    Rig rig;
    rig.stores = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    joe.terminate();
    ASSERT_TRUE(rig.until([&] { return rig.times_told("stop joe") == 1; }));
    EXPECT_EQ(rig.times_told("start joe"), 1U);
    rig.told.clear();
    rig.stores = true;
    rig.reconnect_radius();
    ASSERT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
    EXPECT_EQ(rig.told, (std::vector<std::string>{"on", "start joe", "stop joe"}));
    rig.told.clear();
    rig.reconnect_radius();
    rig.advance(1s);
    EXPECT_TRUE(rig.told.empty()) << "what is stored is not sent again";
}

TEST(Neighbours, AStoredOfAnotherRecordIsNotBelieved) {
    Rig rig;
    rig.stores = false;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    imsg::AcctRequest start = rig.records_of(AcctKind::start).at(0);
    const imsg::AcctRequest right = start;
    ++start.sequence;
    rig.store(start);
    start = right;
    start.kind = AcctKind::stop;
    rig.store(start);
    rig.advance(1s);
    EXPECT_EQ(rig.session(joe).acct_state, shm::AcctState::start_sent);
    rig.store(right);
    EXPECT_TRUE(rig.until([&] { return rig.session(joe).acct_state == shm::AcctState::started; }));
}

TEST(Neighbours, ARestartedDatapathFinishesTheRemovals) {
    Rig rig;
    rig.confirms[0] = false;
    LacSite& site = rig.lac_up();
    Subscriber& joe = rig.online(site, "joe");
    joe.terminate();
    rig.advance(5s);
    EXPECT_EQ(rig.sessions_in_use(), 1U);
    rig.confirms[0] = true;
    rig.reconnect_datapath(0);
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
}

TEST(Neighbours, ADatapathThatIsAwayGetsItsHintsByItsScan) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.datapath(1).close();
    Subscriber& joe = rig.online(site, "joe");
    joe.terminate();
    rig.advance(5s);
    EXPECT_EQ(rig.sessions_in_use(), 1U) << "without its word the totals are not final";
    rig.reconnect_datapath(1);
    EXPECT_TRUE(rig.until([&] { return rig.sessions_in_use() == 0; }));
}

// Forwarding alone, with a datapathd that does not read.
struct Hints {
    Rig rig{{.sessiond = false}};
    SystemRng rng;
    Store store{{rig.table(shm::TableId::tunnels).writer<shm::TunnelRecord>(),
                 rig.table(shm::TableId::sessions).writer<shm::SessionRecord>(),
                 rig.table(shm::TableId::session_aaa).writer<shm::SessionAaa>(),
                 rig.table(shm::TableId::forward).writer<shm::ForwardRecord>(),
                 shm::LocatorWriter(rig.table(shm::TableId::locator).view<std::uint32_t>(), 9),
                 rig.table(shm::TableId::services).writer<shm::SessionServices>(),
                 shm::UserHashWriter(rig.table(shm::TableId::user_hashes).view<std::uint32_t>())},
                600,
                rng};
    Context cx{rig.worker(), store, rng, {},     TimerWheel(9, rig.now), TimerWheel(9, rig.now), {}, {},
               {},           {},    {},  rig.now};
    std::vector<std::pair<SessionIndex, Generation>> removed;
    Forwarding forwarding{cx, Rig::kDatapaths, [this](SessionIndex s, Generation g) { removed.emplace_back(s, g); }};

    void activate(std::uint32_t session, std::uint32_t generation) {
        shm::ForwardRecord record;
        record.generation = Generation{generation};
        forwarding.activate(SessionIndex{session}, record);
    }
};

TEST(Forwarding, IsDoneWhenAllHaveConfirmedThatGeneration) {
    Hints h;
    h.rig.confirms = {false, false};
    h.activate(300, 7);
    EXPECT_EQ(h.rig.forward(SessionIndex{300}).state, shm::ForwardState::active);
    h.forwarding.remove(SessionIndex{300}, Generation{7});
    EXPECT_EQ(h.rig.forward(SessionIndex{300}).state, shm::ForwardState::removing);
    h.rig.datapath(0).send(imsg::ForwardRemoved{300, 7});
    h.rig.datapath(0).send(imsg::ForwardRemoved{300, 7});
    h.rig.datapath(1).send(imsg::ForwardRemoved{300, 6}); // an earlier use of the slot
    h.rig.datapath(1).send(imsg::ForwardRemoved{301, 7});
    h.rig.advance(1s);
    EXPECT_TRUE(h.removed.empty());
    h.rig.datapath(1).send(imsg::ForwardRemoved{300, 7});
    ASSERT_TRUE(h.rig.until([&] { return !h.removed.empty(); }));
    EXPECT_EQ(h.removed, (std::vector<std::pair<SessionIndex, Generation>>{{SessionIndex{300}, Generation{7}}}));
}

TEST(Forwarding, ARemovalThatIsTakenBackIsNotConfirmed) {
    Hints h;
    h.rig.confirms = {false, false};
    h.activate(300, 7);
    h.forwarding.remove(SessionIndex{300}, Generation{7});
    h.activate(300, 7);
    h.rig.datapath(0).send(imsg::ForwardRemoved{300, 7});
    h.rig.datapath(1).send(imsg::ForwardRemoved{300, 7});
    h.rig.advance(1s);
    EXPECT_TRUE(h.removed.empty());
    EXPECT_EQ(h.rig.forward(SessionIndex{300}).state, shm::ForwardState::active);
}

TEST(Forwarding, ADatapathThatLostHintsIsToldToScan) {
    Hints h;
    // More than queue and socket hold, at one go: nobody reads meanwhile.
    for (std::uint32_t i = 0; i < 20000; ++i)
        h.activate(300 + i % 100, 1);
    ASSERT_TRUE(h.rig.until([&] { return h.rig.rescans[0] > 0 && h.rig.rescans[1] > 0; }));
    EXPECT_LT(h.rig.hints[0].size(), 20000U);
    h.rig.advance(1s);
    EXPECT_EQ(h.rig.rescans[0], 1);
}

} // namespace
} // namespace lns::sessiond
