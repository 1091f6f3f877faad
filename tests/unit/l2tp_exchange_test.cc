// SPDX-License-Identifier: ISC
// Two ends in memory, ours and a LAC, over a network that loses, doubles and reorders; seeded.
#include "tests/unit/l2tp_test_lac.h"

#include <list>
#include <set>

namespace lns::l2tp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Lac;
using test::Octets;

struct Weather {
    const char* description;
    std::uint32_t loss;    // percent
    std::uint32_t twice;   // percent
    std::uint32_t delay;   // up to, ms; datagrams overtake each other
    std::uint32_t crashes; // percent of deliveries after which the LNS's process is a new one
};

// A shell like sessiond's: routes, keeps a backlog, executes effects after the record is in place.
class Shell {
public:
    explicit Shell(bool authenticates) {
        config.host_name = "lns";
        config.receive_window = 16;
        if (authenticates) config.secret = test::kSecret;
    }

    TunnelConfig config;
    std::vector<Octets> outbox;
    std::set<std::uint32_t> serials;
    std::map<SessionId, Call> calls;
    std::size_t connected = 0, cleared = 0, downs = 0, ups = 0;
    bool dead = false;

    struct Tunnel {
        ControlConnection cc;
        ReorderBuffer early;
        std::deque<OutMessage> backlog;
    };
    std::list<Tunnel> tunnels; // a late SCCRQ makes a second, half-open one

    void get(const Octets& bytes, MonoTime now) {
        const auto header = parse_header(bytes);
        ASSERT_TRUE(header.ok());
        if (header->tunnel == TunnelId::none) return start(*header, now);
        for (Tunnel& t : tunnels)
            if (t.cc.tunnel == header->tunnel && t.cc.state != ControlState::idle) {
                Effects out;
                receive(t.cc, *header, t.early, config, now, out);
                return run(t, out, now);
            }
    }

    void tick_all(MonoTime now) {
        for (Tunnel& t : tunnels) {
            Effects out;
            tick(t.cc, config, now, out);
            flush_ack(t.cc, out);
            run(t, out, now);
        }
        for (auto& [id, call] : calls)
            step(main_tunnel(), tick(call, now), now);
        tunnels.remove_if([](const Tunnel& t) { return t.cc.state == ControlState::idle; });
    }

    void crash() {
        for (Tunnel& t : tunnels)
            t.early.clear();
    }

    Tunnel& main_tunnel() {
        for (Tunnel& t : tunnels)
            if (t.cc.proven) return t;
        return tunnels.front();
    }
    [[nodiscard]] bool has_tunnel() const { return !tunnels.empty(); }

    void step(Tunnel& t, const CallStep& s, MonoTime now) {
        if (s.change == CallChange::up) ++connected;
        if (s.change == CallChange::down) ++downs;
        if (s.send) queue(t, *s.send, now);
    }
    void stop(MonoTime now) {
        Effects out;
        close(main_tunnel().cc, test::kOperator, config, now, out);
        run(main_tunnel(), out, now);
    }

private:
    void start(const Header& header, MonoTime now) {
        Message m;
        ASSERT_EQ(decode_message(header.payload, config.secret, m), WireError::none);
        ASSERT_EQ(m.type, MessageType::SCCRQ);
        for (Tunnel& t : tunnels)
            if (is_retransmission_of(t.cc, header, m)) {
                Effects out;
                receive(t.cc, header, t.early, config, now, out);
                return run(t, out, now);
            }
        tunnels.emplace_back();
        Effects out;
        ASSERT_TRUE(accept(tunnels.back().cc, header, m, TunnelId{++next_tunnel_}, config, now, rng_, out));
        run(tunnels.back(), out, now);
    }

    void queue(Tunnel& t, const OutMessage& m, MonoTime now) {
        if (!t.backlog.empty()) return t.backlog.push_back(m);
        Effects out;
        if (send(t.cc, m, config, now, out) == SendResult::full) t.backlog.push_back(m);
        run(t, out, now);
    }

    void run(Tunnel& t, const Effects& effects, MonoTime now) {
        for (const SendDatagram& d : test::of<SendDatagram>(effects))
            outbox.push_back(d.bytes);
        ups += test::of<TunnelUp>(effects).size();
        cleared += test::of<CallCleared>(effects).size();
        for (const IncomingCall& c : test::of<IncomingCall>(effects)) {
            EXPECT_TRUE(serials.insert(c.message.call_serial).second) << "ICRQ processed twice";
            const SessionId id{static_cast<std::uint16_t>(c.message.call_serial * 7)};
            step(t, accept(calls[id], c.message, id, now), now);
        }
        for (const CallMessage& c : test::of<CallMessage>(effects)) {
            ASSERT_TRUE(calls.contains(c.session));
            step(t, receive(calls[c.session], c.message, now), now);
        }
        for (const TunnelDown& d : test::of<TunnelDown>(effects)) {
            if (d.cause.reason == Reason::peer_dead) dead = true;
            if (!t.cc.proven) continue;
            for (auto& [id, call] : calls)
                step(t, tunnel_lost(call, d.cause, now), now);
        }
        if (test::of<WindowOpen>(effects).empty()) return;
        std::deque<OutMessage> waiting;
        waiting.swap(t.backlog);
        for (const OutMessage& m : waiting)
            queue(t, m, now);
    }

    std::uint16_t next_tunnel_ = 100;
    SeededRng rng_{1};
};

struct Flight {
    MonoTime at;
    bool to_lns;
    Octets bytes;
};

class Simulation {
public:
    Simulation(const Weather& weather, const Lac::Options& options, std::uint64_t seed)
        : lac(options), shell(options.authenticates), weather_(weather), rng_(seed) {}

    Lac lac;
    Shell shell;
    MonoTime now = test::kStart;

    // Ten minutes of their time at most.
    template <class Done>
    bool run_until(const Done& done) {
        for (const MonoTime end = now + seconds(600); now < end; now += milliseconds(50)) {
            if (done()) return true;
            lac.tick(now);
            shell.tick_all(now);
            launch(lac.outbox, true);
            launch(shell.outbox, false);
            deliver();
        }
        return done();
    }

private:
    void launch(std::vector<Octets>& outbox, bool to_lns) {
        for (const Octets& bytes : outbox) {
            if (rng_.below(100) < weather_.loss) continue;
            const int copies = rng_.below(100) < weather_.twice ? 2 : 1;
            for (int i = 0; i < copies; ++i)
                flights_.push_back({now + milliseconds(rng_.below(weather_.delay + 1)), to_lns, bytes});
        }
        outbox.clear();
    }
    void deliver() {
        for (auto it = flights_.begin(); it != flights_.end();) {
            if (it->at > now) {
                ++it;
                continue;
            }
            const Flight flight = *it;
            it = flights_.erase(it);
            if (flight.to_lns)
                shell.get(flight.bytes, now);
            else
                lac.get(flight.bytes);
            if (flight.to_lns && rng_.below(100) < weather_.crashes) shell.crash();
        }
    }

    Weather weather_;
    SeededRng rng_;
    std::list<Flight> flights_;
};

class Exchange : public testing::TestWithParam<Weather> {};

TEST_P(Exchange, AllCallsComeUpOnceAndEndOnce) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE(std::string(GetParam().description) + ", seed " + std::to_string(seed));
        Lac::Options options;
        options.keeps_early = seed % 2 == 0;
        options.authenticates = seed % 3 != 0;
        options.window = static_cast<std::uint16_t>(1 + seed % 12);
        Simulation sim(GetParam(), options, seed);
        sim.lac.start();
        ASSERT_TRUE(sim.run_until([&] { return sim.shell.connected == options.calls && sim.lac.quiet(); }));
        EXPECT_EQ(sim.shell.serials.size(), options.calls);
        EXPECT_EQ(sim.lac.calls_up, options.calls);
        EXPECT_EQ(sim.shell.ups, 1U);

        // Each side ends a third of them, and both at once another third.
        std::size_t own = 0;
        for (std::size_t i = 0; i < sim.lac.calls.size(); ++i) {
            const SessionId id{raw(sim.lac.calls[i].peer)};
            if (i % 3 != 0) sim.lac.hang_up(sim.lac.calls[i]);
            if (i % 3 == 1) continue;
            ++own;
            sim.shell.step(
                sim.shell.main_tunnel(),
                disconnect(sim.shell.calls[id], cause(CdnResult::administrative, Reason::operator_request), sim.now),
                sim.now);
        }
        ASSERT_TRUE(sim.run_until([&] { return sim.shell.cleared == own && sim.lac.quiet(); }));
        EXPECT_EQ(sim.shell.downs, options.calls);
        for (const auto& [id, call] : sim.shell.calls)
            EXPECT_NE(call.state, CallState::established);
        for (const Lac::LacCall& call : sim.lac.calls)
            EXPECT_TRUE(call.ended);

        sim.shell.stop(sim.now);
        ASSERT_TRUE(sim.run_until([&] { return sim.lac.stopped && !sim.shell.has_tunnel(); }));
        EXPECT_FALSE(sim.shell.dead);
    }
}

INSTANTIATE_TEST_SUITE_P(Weathers, Exchange,
                         testing::Values(Weather{"fair", 0, 0, 10, 0}, Weather{"reordering", 0, 0, 400, 0},
                                         Weather{"duplication", 0, 50, 100, 0}, Weather{"loss", 4, 0, 50, 0},
                                         Weather{"all of it", 3, 20, 300, 0},
                                         Weather{"all of it, and the process restarts", 3, 20, 300, 20}),
                         [](const auto& row) { return "Weather" + std::to_string(row.index); });

// Where so much is lost that a tunnel may rightly be given up: still nothing twice, nothing that stays.
TEST(ExchangeStorm, EndsUpEitherConnectedOrReleased) {
    std::size_t connected = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE(seed);
        Simulation sim({"storm", 35, 20, 700, 5}, {}, seed);
        sim.lac.start();
        const bool done = sim.run_until([&] { return sim.shell.dead || sim.shell.connected == 40; });
        EXPECT_LE(sim.shell.ups, 1U);
        if (done && !sim.shell.dead) ++connected;
    }
    EXPECT_GT(connected, 0U);
}

} // namespace
} // namespace lns::l2tp
