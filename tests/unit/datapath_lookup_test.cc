// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "datapathd/forward_sync.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath {
namespace {

using namespace test;

TEST(AddressMap, AgreesWithAnOrdinaryMapUnderChange) {
    SeededRng rng(3);
    AddressMap map(16); // grows on the way
    std::map<std::uint32_t, SessionIndex> model;
    for (int i = 0; i < 200000; ++i) {
        const Ipv4 address{0x0a000000 + rng.below(3000) * (i % 2 == 0 ? 1 : 65536)};
        const SessionIndex session{1 + rng.below(50)};
        if (rng.below(5) < 3) {
            map.set(address, session);
            model[address.value] = session;
        } else {
            const auto at = model.find(address.value);
            const bool mine = at != model.end() && at->second == session;
            ASSERT_EQ(map.remove(address, session), mine);
            if (mine) model.erase(at);
        }
        ASSERT_EQ(map.size(), model.size());
    }
    for (std::uint32_t i = 0; i < 3000; ++i)
        for (const std::uint32_t value : {0x0a000000 + i, 0x0a000000 + i * 65536}) {
            const auto at = model.find(value);
            ASSERT_EQ(map.find(Ipv4{value}), at == model.end() ? SessionIndex::none : at->second);
        }
}

TEST(AddressMap, RemovesAcrossTheEndOfTheTable) {
    AddressMap map(8);
    SeededRng rng(4);
    for (int round = 0; round < 2000; ++round) {
        std::vector<Ipv4> in;
        for (std::uint32_t i = 1; i <= 8; ++i) {
            in.push_back(Ipv4{rng.u32()});
            map.set(in.back(), SessionIndex{i});
        }
        for (std::uint32_t i = 1; i <= 8; ++i) {
            ASSERT_TRUE(map.remove(in[i - 1], SessionIndex{i}));
            for (std::uint32_t j = i + 1; j <= 8; ++j)
                ASSERT_EQ(map.find(in[j - 1]), SessionIndex{j});
        }
        ASSERT_EQ(map.size(), 0U);
    }
}

TEST(RouteTable, ChoosesTheLongestPrefix) {
    RouteTable routes;
    routes.set(SessionIndex{1}, {{Ipv4{0x0a000000}, 8}});
    routes.set(SessionIndex{2}, {{Ipv4{0x0a010000}, 16}, {Ipv4{0xc0a80000}, 24}});
    routes.set(SessionIndex{3}, {{Ipv4{0x0a010203}, 32}});
    EXPECT_EQ(routes.find(Ipv4{0x0a020000}), SessionIndex{1});
    EXPECT_EQ(routes.find(Ipv4{0x0a01ffff}), SessionIndex{2});
    EXPECT_EQ(routes.find(Ipv4{0x0a010203}), SessionIndex{3});
    EXPECT_EQ(routes.find(Ipv4{0xc0a800ff}), SessionIndex{2});
    EXPECT_EQ(routes.find(Ipv4{0xc0a80100}), SessionIndex::none);
    routes.remove(SessionIndex{3});
    EXPECT_EQ(routes.find(Ipv4{0x0a010203}), SessionIndex{2});
    routes.remove(SessionIndex{2});
    EXPECT_EQ(routes.find(Ipv4{0x0a010203}), SessionIndex{1});
    EXPECT_EQ(routes.find(Ipv4{0xc0a800ff}), SessionIndex::none);
    EXPECT_EQ(routes.size(), 1U);
}

TEST(RouteTable, GivesARouteBackToTheOtherLine) {
    RouteTable routes;
    const std::vector<Prefix4> lan{{Ipv4{0xc6336400}, 24}};
    routes.set(SessionIndex{1}, lan);
    routes.set(SessionIndex{2}, lan);
    EXPECT_EQ(routes.find(Ipv4{0xc6336401}), SessionIndex{2});
    routes.remove(SessionIndex{2});
    EXPECT_EQ(routes.find(Ipv4{0xc6336401}), SessionIndex{1});
    routes.set(SessionIndex{2}, lan);
    routes.remove(SessionIndex{1});
    EXPECT_EQ(routes.find(Ipv4{0xc6336401}), SessionIndex{2});
    routes.set(SessionIndex{2}, {lan[0], lan[0]}); // twice the same
    routes.remove(SessionIndex{2});
    EXPECT_EQ(routes.find(Ipv4{0xc6336401}), SessionIndex::none);
    EXPECT_EQ(routes.size(), 0U);
}

struct View {
    Tables t;
    ForwardView view{t.view, 100};
    std::vector<std::pair<SessionIndex, Generation>> confirmed;
    ForwardView::Removed removed = [this](SessionIndex s, Generation g) { confirmed.emplace_back(s, g); };

    SessionIndex find(Ipv4 address) {
        shm::ForwardRecord record;
        return view.find(address, record);
    }
    void refresh(SessionIndex s = Tables::kSession) { view.refresh(s, removed); }
};

TEST(ForwardView, FollowsTheRecordAtEachHint) {
    View v;
    v.t.activate();
    EXPECT_EQ(v.find(kSubscriber), SessionIndex::none) << "not told yet";
    v.refresh();
    EXPECT_EQ(v.find(kSubscriber), Tables::kSession);
    const Ipv4 other{0x0a000099};
    v.t.activate(Tables::kSession, other);
    EXPECT_EQ(v.find(kSubscriber), SessionIndex::none) << "the table is the truth, before any hint";
    v.refresh();
    EXPECT_EQ(v.find(other), Tables::kSession);
    EXPECT_EQ(v.view.addresses(), 1U);
    v.t.set_state(Tables::kSession, shm::ForwardState::removing);
    EXPECT_EQ(v.find(other), SessionIndex::none);
    v.refresh();
    EXPECT_EQ(v.view.addresses(), 0U);
    ASSERT_EQ(v.confirmed.size(), 1U);
    EXPECT_EQ(v.confirmed[0], (std::pair{Tables::kSession, Generation{1}}));
}

TEST(ForwardView, ConfirmsOnlyWhatIsBeingRemoved) {
    View v;
    v.refresh();
    v.refresh(SessionIndex{0});
    v.refresh(SessionIndex{999999});
    v.t.activate();
    v.refresh();
    EXPECT_TRUE(v.confirmed.empty());
    v.t.set_state(Tables::kSession, shm::ForwardState::none);
    v.refresh();
    EXPECT_TRUE(v.confirmed.empty());
    EXPECT_EQ(v.view.addresses(), 0U);
}

TEST(ForwardView, ANewSessionTakesTheAddressOfAnOldOne) {
    View v;
    const SessionIndex newer{Tables::kSession};
    const SessionIndex older{800};
    v.t.activate(older);
    v.refresh(older);
    v.t.activate(newer);
    v.refresh(newer);
    EXPECT_EQ(v.find(kSubscriber), newer);
    v.t.set_state(older, shm::ForwardState::removing);
    v.refresh(older);
    EXPECT_EQ(v.find(kSubscriber), newer) << "the end of the older one takes nothing away";
}

TEST(ForwardView, RoutesLeadToTheSessionOfTheirGenerationOnly) {
    View v;
    v.t.activate();
    const Ipv4 behind{0xc6336401};
    v.t.set_routes(Tables::kSession, {{Ipv4{0xc6336400}, 24}});
    v.refresh();
    EXPECT_EQ(v.find(behind), Tables::kSession);
    v.t.activate(Tables::kSession, kSubscriber, Generation{2}); // the slot's next use, hint not read yet
    EXPECT_EQ(v.find(behind), SessionIndex::none);
    v.refresh();
    EXPECT_EQ(v.find(behind), SessionIndex::none);
    EXPECT_EQ(v.view.routes(), 0U);
    EXPECT_EQ(v.find(kSubscriber), Tables::kSession);
}

TEST(ForwardView, ARescanEqualsAllHints) {
    View v;
    for (std::uint32_t i = 301; i < 800; ++i)
        v.t.activate(SessionIndex{i}, Ipv4{0x0a010000 + i});
    v.view.rescan(v.removed);
    EXPECT_EQ(v.view.addresses(), 499U);
    for (std::uint32_t i = 301; i < 800; i += 2)
        v.t.set_state(SessionIndex{i}, shm::ForwardState::removing);
    v.view.rescan(v.removed);
    EXPECT_EQ(v.view.addresses(), 249U);
    EXPECT_EQ(v.confirmed.size(), 250U);
    EXPECT_EQ(v.find(Ipv4{0x0a010000 + 302}), SessionIndex{302});
    EXPECT_EQ(v.find(Ipv4{0x0a010000 + 303}), SessionIndex::none);
}

TEST(ForwardView, ARescanReadsOnlyBlocksInUseButForgetsNone) {
    View v;
    const SessionIndex nobodys{100}; // in block 0
    v.t.activate(nobodys, Ipv4{0x0a000064});
    v.view.rescan(v.removed);
    EXPECT_EQ(v.view.addresses(), 0U);
    v.t.activate();
    v.refresh();
    v.t.locator.set_block(TunnelIndex{7}, 1, 0); // the tunnel went away in the meantime
    v.t.set_state(Tables::kSession, shm::ForwardState::removing);
    v.view.rescan(v.removed);
    EXPECT_EQ(v.view.addresses(), 0U);
    ASSERT_EQ(v.confirmed.size(), 1U);
    EXPECT_EQ(v.confirmed[0].first, Tables::kSession);
}

struct Dialogue {
    explicit Dialogue(std::pair<UniqueFd, UniqueFd> fds = imsg::channel_pair())
        : sessiond(Proc::session, Proc::datapath, std::move(fds.first)),
          datapathd(Proc::datapath, Proc::session, std::move(fds.second)) {
        sessiond.on<imsg::ForwardRemoved>(
            [this](const imsg::ForwardRemoved& m) { confirmed.emplace_back(m.session, m.generation); });
    }
    // Lets both sides work until nothing is said any more.
    void settle() {
        sessiond.attach(loop);
        datapathd.attach(loop);
        const auto deadline = Clock::now() + std::chrono::seconds(60);
        Timer tick(loop, [] {});
        for (std::size_t before = SIZE_MAX; Clock::now() < deadline;) {
            tick.arm(std::chrono::milliseconds(20));
            loop.run_once();
            if (confirmed.size() == before && sync.unsent() == 0 && datapathd.queued() == 0) break;
            before = confirmed.size();
        }
    }
    Tables t;
    ForwardView view{t.view, 100};
    static constexpr std::size_t kMaxUnsent = 100;
    ForwardSync sync{view, t.counters, kMaxUnsent};
    EventLoop loop;
    imsg::Channel sessiond;
    imsg::Channel datapathd;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> confirmed;
};

TEST(ForwardSync, ScansAtEveryConnection) {
    Dialogue d;
    d.t.activate();
    d.t.activate(SessionIndex{900}, Ipv4{0x0a000009}, Generation{4});
    d.t.set_state(SessionIndex{900}, shm::ForwardState::removing);
    d.sync.connected(d.datapathd);
    d.settle();
    EXPECT_EQ(d.view.addresses(), 1U);
    ASSERT_EQ(d.confirmed.size(), 1U);
    EXPECT_EQ(d.confirmed[0], (std::pair{900U, 4U}));
    EXPECT_EQ(d.t.count(Counter::rescans), 1U);
}

TEST(ForwardSync, ActsOnHintsAndRescans) {
    Dialogue d;
    d.sync.connected(d.datapathd);
    d.t.activate();
    d.sessiond.send(imsg::ForwardChanged{raw(Tables::kSession), 1});
    d.settle();
    EXPECT_EQ(d.view.addresses(), 1U);
    d.t.activate(SessionIndex{910}, Ipv4{0x0a00000a});
    d.t.set_state(Tables::kSession, shm::ForwardState::removing);
    d.sessiond.send(imsg::Rescan{});
    d.settle();
    EXPECT_EQ(d.view.addresses(), 1U);
    EXPECT_EQ(d.confirmed.size(), 1U);
    EXPECT_EQ(d.t.count(Counter::hints), 1U);
    EXPECT_EQ(d.t.count(Counter::confirmations), 1U);
}

TEST(ForwardSync, LosesNoConfirmationWhenTheQueueIsFull) {
    Dialogue d;
    d.sync.connected(d.datapathd);
    for (std::uint32_t i = Tables::kFirst; i < Tables::kSlots; ++i) {
        d.t.activate(SessionIndex{i}, Ipv4{0x0a000000 + i});
        d.t.set_state(SessionIndex{i}, shm::ForwardState::removing);
    }
    // The other side does not read: socket and queue fill up, then what this side keeps is full, too.
    const std::uint64_t before = d.t.count(Counter::rescans);
    for (int i = 0; i < 100 && d.sync.unsent() < Dialogue::kMaxUnsent; ++i)
        d.sync.rescan();
    ASSERT_EQ(d.sync.unsent(), Dialogue::kMaxUnsent);
    const std::uint64_t scans = d.t.count(Counter::rescans);
    EXPECT_GT(scans, before);
    d.confirmed.clear();
    d.settle();
    std::set<std::uint32_t> got;
    for (const auto& [session, generation] : d.confirmed)
        got.insert(session);
    EXPECT_EQ(got.size(), Tables::kSlots - Tables::kFirst);
    EXPECT_EQ(d.sync.unsent(), 0U);
    EXPECT_EQ(d.t.count(Counter::rescans), scans + 1) << "what was forgotten was found by a scan";
    EXPECT_EQ(d.t.count(Counter::confirmations), d.confirmed.size());
}

} // namespace
} // namespace lns::datapath
