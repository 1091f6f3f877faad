// SPDX-License-Identifier: ISC
// sessiond as a whole, on its own tables: LACs and subscribers that come, go, fall silent and restart, operators that
// drop them, a radiusd-client that sleeps, datapathds that do not confirm, and sessiond itself killed now and then.
// What the tables say holds together after each step.
#include <set>

#include "tests/model/model.h"
#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using model::choose;

class World {
public:
    explicit World(std::uint64_t seed)
        : rng_(seed), rig_({.config = [](conf::Config& c) { c.max_half_open_per_source = 3; }, .quick = true}) {
        for (std::uint32_t i = 0; i < 4; ++i)
            sites_.push_back(&rig_.lac(Ipv4{0x7f000001 + i}));
    }

    void step() {
        act();
        rig_.step();
        check();
    }

    // Everything is dropped: nothing is left, and each Start has its Stop.
    void end() {
        rig_.answers = rig_.stores = true;
        rig_.confirms = {true, true};
        for (const imsg::AcctRequest& r : rig_.records)
            rig_.store(r);
        for (std::uint16_t i = 0; i < Rig::kDatapaths; ++i)
            rig_.reconnect_datapath(i);
        for (LacSite* site : sites_)
            site->deaf = false;
        int rounds = 0;
        ASSERT_TRUE(rig_.until(
            [&] {
                check();
                if (rounds++ % 150 == 0) drop_all();
                return rig_.tunnels_in_use() == 0 && rig_.sessions_in_use() == 0;
            },
            900s))
            << rig_.tunnels_in_use() << " tunnels, " << rig_.sessions_in_use() << " sessions";
        std::set<std::uint64_t> open;
        for (const imsg::AcctRequest& r : rig_.records_of(imsg::AcctKind::start))
            open.insert(r.acct_session_id);
        model::happened()["session accounted"] += open.size();
        for (const imsg::AcctRequest& r : rig_.records_of(imsg::AcctKind::stop))
            open.erase(r.acct_session_id);
        EXPECT_TRUE(open.empty()) << "a Start without a Stop";
    }

private:
    LacSite& site() { return *sites_[rng_.below(static_cast<std::uint32_t>(sites_.size()))]; }

    void act() {
        LacSite& s = site();
        switch (choose(rng_, {60, 14, 6, 4, 3, 2, 2, 2, 2, 1, 1})) {
        case 0:
            return;
        case 1:
            if (s.lac->up && !s.lac->stopped && s.lac->calls.size() < 12)
                rig_.dial(s, "user" + std::to_string(rng_.below(6)),
                          rng_.below(2) == 0 ? ppp::AuthMethod::pap : ppp::AuthMethod::chap);
            return;
        case 2:
            if (!s.lac->calls.empty())
                s.lac->hang_up(s.lac->calls[rng_.below(static_cast<std::uint32_t>(s.lac->calls.size()))]);
            return;
        case 3:
            rig_.cli().send(imsg::DropSession{1, 256 + rng_.below(300), 0, 0});
            return;
        case 4:
            s.deaf = !s.deaf;
            return;
        case 5:
            rig_.answers = !rig_.answers;
            return;
        case 6:
            rig_.confirms[rng_.below(2)] ^= true;
            return;
        case 7:
            rig_.advance(std::chrono::seconds(rng_.below(20)));
            return;
        case 8:
            s.restart();
            s.deaf = false;
            ++model::happened()["LAC restarted"];
            return;
        case 9:
            rig_.restart();
            ++model::happened()["sessiond died"];
            return;
        default:
            rig_.reconnect_radius();
            ++model::happened()["radiusd-client died"];
        }
    }

    void drop_all() {
        for (std::uint32_t i = 0; i < rig_.table(shm::TableId::tunnels).records(); ++i) {
            const shm::TunnelRecord t = rig_.tunnel(TunnelIndex{i});
            if (t.state != shm::TunnelState::free) rig_.cli().send(imsg::DropTunnel{1, raw(t.local_id)});
        }
    }

    // Versions only grow: the sum stays what it was as long as nothing is written.
    template <class Record>
    static std::uint64_t writes(const shm::TwoSlotReader<Record>& table) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < table.size(); ++i)
            sum += table.version(i);
        return sum;
    }

    void check() {
        const auto sessions = rig_.table(shm::TableId::sessions).reader<shm::SessionRecord>();
        const auto forward = rig_.table(shm::TableId::forward).reader<shm::ForwardRecord>();
        const auto tunnels = rig_.table(shm::TableId::tunnels).reader<shm::TunnelRecord>();
        const std::uint64_t now = writes(sessions) + writes(forward) + writes(tunnels);
        if (std::exchange(checked_, now) == now) return;
        std::set<std::uint32_t> addresses;
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            if (sessions.version(i) == 0 && forward.version(i) == 0) continue; // never used
            const shm::SessionRecord r = sessions.get(i);
            const shm::ForwardRecord f = forward.get(i);
            if (f.state == shm::ForwardState::active) {
                EXPECT_TRUE(r.state == shm::SessionState::open && f.generation == r.generation &&
                            f.address == r.address)
                    << "forwards for nobody: " << i;
            }
            if (r.state == shm::SessionState::free) continue;
            const shm::TunnelRecord t = tunnels.get(raw(r.tunnel));
            EXPECT_TRUE(t.state != shm::TunnelState::free && t.generation == r.tunnel_generation)
                << "session " << i << " of no tunnel";
            if (r.address.is_set()) {
                EXPECT_TRUE(addresses.insert(r.address.value).second) << to_string(r.address) << " twice";
            }
        }
    }

    std::uint64_t checked_ = 0;
    SeededRng rng_;
    Rig rig_;
    std::vector<LacSite*> sites_;
};

TEST(SessionModel, TheTablesHoldTogetherWhateverHappens) {
    model::run<World>(model::plans(300, 60'000, 150));
    model::expect_happened({"session accounted"}, 1);
}

} // namespace
} // namespace lns::sessiond
