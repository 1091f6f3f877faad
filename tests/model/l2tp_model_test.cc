// SPDX-License-Identifier: ISC
// The control channel and its calls against peers that are right, wrong, slow, deaf, forgetful, or lie about who they
// are, over a network that loses, doubles and reorders. The shell around the core does what sessiond does.
#include <map>
#include <set>

#include "tests/model/model.h"
#include "tests/unit/l2tp_control_fixture.h"

namespace lns::l2tp {
namespace {

using namespace test;
using namespace std::chrono_literals;
using model::choose;

constexpr std::size_t kSlots = 5;
constexpr std::size_t kCalls = 6;
constexpr std::size_t kPeers = 7;
constexpr std::size_t kMostEffects = 2 * kRing + 16; // of one event
constexpr std::size_t kHistory = 24;

// How far b is behind a, as sequence numbers.
int distance(std::uint16_t a, std::uint16_t b) { return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b)); }

struct Flying {
    std::size_t from; // whose address it bears
    Octets bytes;
};

// ---- A peer: knows some of the protocol, and some of the truth ----

struct Peer {
    std::size_t number = 0;
    bool knows_secret = true;
    unsigned wrong = 0; // of a hundred messages
    std::uint16_t assigned = 0;
    TunnelId lns = TunnelId::none;
    std::uint16_t ns = 0;
    std::uint16_t nr = 0;
    Octets challenge; // of the LNS
    bool connected = false;
    std::map<std::uint16_t, SessionId> calls; // ours to theirs
    std::vector<Octets> history;

    void begin_anew(Rng& rng) {
        assigned = static_cast<std::uint16_t>(1 + rng.below(3)); // few: a LAC that restarts uses them again
        lns = TunnelId::none;
        ns = nr = 0;
        connected = false;
        challenge.clear();
        calls.clear();
    }
    Octets make(SessionId session, const Octets& body) {
        const Octets bytes = datagram(ns == 0 ? TunnelId::none : lns, session, ns, nr, body);
        if (!body.empty()) ++ns;
        if (history.size() == kHistory) history.erase(history.begin());
        history.push_back(bytes);
        return bytes;
    }
    Octets next(Rng& rng) {
        if (ns == 0 || (lns == TunnelId::none && rng.below(10) == 0)) {
            begin_anew(rng);
            return make(SessionId::none, sccrq(assigned, [&](AvpWriter& a) {
                            a.u16(AvpType::ReceiveWindowSize, static_cast<std::uint16_t>(rng.below(9)));
                            if (knows_secret || rng.below(2) == 0) a.octets(AvpType::Challenge, kTheirChallenge);
                        }));
        }
        if (lns == TunnelId::none) return history.back();
        if (!connected) {
            connected = true;
            const Octets& key = knows_secret ? kSecret : kTheirChallenge;
            return make(SessionId::none, payload(MessageType::SCCCN, [&](AvpWriter& a) {
                            if (!challenge.empty())
                                a.octets(AvpType::ChallengeResponse, md5({Octets{3}, key, challenge}));
                        }));
        }
        switch (choose(rng, {20, 25, 15, 10, 20, 1, 1})) {
        case 0: {
            const auto id = static_cast<std::uint16_t>(1 + rng.below(8));
            return make(SessionId::none, icrq(id, rng.u32()));
        }
        case 1:
            return make(some_call(rng), iccn());
        case 2:
            return make(some_call(rng), cdn_payload(static_cast<std::uint16_t>(1 + rng.below(8))));
        case 3:
            return make(SessionId::none, payload(MessageType::HELLO));
        case 4:
            return make(SessionId::none, {});
        case 5:
            return make(SessionId::none, stop_payload(assigned));
        default:
            ns = 0; // lost its memory
            return next(rng);
        }
    }
    SessionId some_call(Rng& rng) {
        if (calls.empty() || rng.below(8) == 0) return SessionId{static_cast<std::uint16_t>(rng.below(kCalls + 3))};
        auto it = calls.begin();
        std::advance(it, rng.below(static_cast<std::uint32_t>(calls.size())));
        return it->second;
    }
    void hear(const Octets& bytes) {
        const auto header = parse_header(bytes);
        if (!header || header->payload.empty()) return;
        Message m;
        if (decode_message(header->payload, kSecret, m) != WireError::none) return;
        if (m.type == MessageType::SCCRP && lns == TunnelId::none) {
            lns = TunnelId{raw(m.assigned_tunnel)};
            challenge = m.challenge;
            nr = 1;
            return;
        }
        if (header->ns != nr) return;
        ++nr;
        if (m.type == MessageType::ICRP) calls[raw(header->session)] = SessionId{raw(m.assigned_session)};
        if (m.type == MessageType::CDN) calls.erase(raw(header->session));
        if (m.type == MessageType::StopCCN) ns = 0;
    }
};

// ---- What the model remembers of one life of a record ----

struct Life {
    std::size_t peer = 0;
    std::uint16_t arrived = 0;          // every message before this one was given to the core
    std::set<std::uint16_t> early;      // those behind it
    std::uint64_t requests = 0;         // SCCRQs
    std::uint64_t others = 0;           // other datagrams of its peer
    std::uint64_t answers_unproven = 0; // ours, before SCCCN
    std::uint16_t una = 0;
    int repeats = 0; // by the timer, of message una
    bool down = false;
};

struct Slot {
    ControlConnection cc;
    ReorderBuffer early;
    Life life;
    std::array<Call, kCalls> calls{};
    std::array<int, kCalls> ups{};
};

class World {
public:
    explicit World(std::uint64_t seed) : rng_(seed) {
        config_.secret = rng_.below(3) == 0 ? Bytes{} : Bytes(kSecret);
        config_.require_auth = rng_.below(3) == 0;
        for (std::size_t i = 0; i < kPeers; ++i) {
            peers_[i].number = i;
            peers_[i].knows_secret = rng_.below(4) != 0;
            peers_[i].wrong = rng_.below(3) * 15;
        }
    }

    void step() {
        config_.flood = half_open() * 2 >= kSlots;
        switch (choose(rng_, {30, 40, 3, 3, 12, 6, 1, 1})) {
        case 0:
            return speak(peers_[rng_.below(kPeers)]);
        case 1:
            return deliver();
        case 2:
            return double_one();
        case 3:
            return lose_one();
        case 4:
            return pass(std::chrono::milliseconds(rng_.below(4000)));
        case 5:
            return wish();
        case 6:
            return crash();
        default:
            return flush();
        }
    }

    // Nobody speaks any more: everything is forgotten in bounded time.
    void end() {
        network_.clear();
        deaf_ = true;
        for (Slot& s : slots_) {
            Effects out;
            if (s.cc.state == ControlState::established) close(s.cc, kOperator, config_, now_, out);
            carry_out(s, out, false);
        }
        for (int i = 0; i < 200; ++i)
            pass(2s);
        for (const Slot& s : slots_)
            EXPECT_EQ(s.cc.state, ControlState::idle);
    }

private:
    std::size_t half_open() const {
        std::size_t n = 0;
        for (const Slot& s : slots_)
            n += s.cc.state == ControlState::wait_ctl_conn ? 1 : 0;
        return n;
    }

    // ---- network ----

    void speak(Peer& p) {
        Octets bytes = !p.history.empty() && rng_.below(4) == 0 // again what was said before
                           ? p.history[rng_.below(static_cast<std::uint32_t>(p.history.size()))]
                           : p.next(rng_);
        std::size_t from = p.number;
        if (rng_.below(100) < p.wrong) from = spoil(p, bytes);
        if (network_.size() < 40) network_.push_back({from, std::move(bytes)});
    }
    // Makes a lie of it: another sequence number, acknowledgement, id, octet, length or sender.
    std::size_t spoil(const Peer& p, Octets& bytes) {
        const auto put = [&](std::size_t at, std::uint32_t v) {
            bytes[at] = static_cast<std::uint8_t>(v >> 8);
            bytes[at + 1] = static_cast<std::uint8_t>(v);
        };
        switch (rng_.below(7)) {
        case 0:
            put(8, p.ns + rng_.below(2000) - 1000);
            break;
        case 1:
            put(10, p.nr + rng_.below(100) - 50);
            break;
        case 2:
            put(4, rng_.below(2) == 0 ? rng_.below(65536) : raw(id_of(rng_.below(kSlots))));
            break;
        case 3:
            put(6, rng_.below(kCalls + 2));
            break;
        case 4:
            bytes[rng_.below(static_cast<std::uint32_t>(bytes.size()))] ^=
                static_cast<std::uint8_t>(1 + rng_.below(255));
            break;
        case 5:
            bytes.resize(1 + rng_.below(static_cast<std::uint32_t>(bytes.size())));
            break;
        default:
            return rng_.below(kPeers);
        }
        return p.number;
    }
    void deliver() {
        if (network_.empty()) return;
        const std::size_t at = rng_.below(3) == 0 ? rng_.below(static_cast<std::uint32_t>(network_.size())) : 0;
        const Flying f = network_[at];
        network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
        arrive(f);
    }
    void double_one() {
        if (!network_.empty() && network_.size() < 40)
            network_.push_back(network_[rng_.below(static_cast<std::uint32_t>(network_.size()))]);
    }
    void lose_one() {
        if (!network_.empty()) network_.pop_back();
    }

    // ---- the shell, as sessiond has it ----

    TunnelId id_of(std::size_t slot) const {
        return TunnelId{static_cast<std::uint16_t>(0x100 * (slot + 1) + (lives_[slot] & 0xff))};
    }
    void arrive(const Flying& f) {
        const auto header = parse_header(f.bytes);
        if (!header || !header->control()) return;
        if (header->tunnel == TunnelId::none) return arrive_without_tunnel(f, *header);
        for (std::size_t i = 0; i < kSlots; ++i)
            if (slots_[i].cc.state != ControlState::idle && id_of(i) == header->tunnel && slots_[i].life.peer == f.from)
                return take(slots_[i], *header);
    }
    void arrive_without_tunnel(const Flying& f, const Header& header) {
        Message m;
        if (decode_message(header.payload, config_.secret, m) != WireError::none) return;
        if (const auto stop = stop_ccn_of(header, config_.secret)) {
            for (Slot& s : slots_)
                if (s.cc.state != ControlState::idle && s.life.peer == f.from && s.cc.peer_tunnel == *stop)
                    return take(s, header);
            return;
        }
        if (m.type != MessageType::SCCRQ) return;
        for (Slot& s : slots_) {
            if (s.life.peer != f.from || !is_retransmission_of(s.cc, header, m)) continue;
            ++s.life.requests;
            return take(s, header, false);
        }
        for (std::size_t i = 0; i < kSlots; ++i)
            if (slots_[i].cc.state == ControlState::idle) return open(i, f, header, m);
    }
    void open(std::size_t i, const Flying& f, const Header& header, const Message& m) {
        Slot& s = slots_[i];
        ++lives_[i];
        s = Slot{};
        s.life.peer = f.from;
        s.life.requests = 1;
        s.life.arrived = 1;
        Effects out;
        const ControlConnection before = s.cc;
        if (!accept(s.cc, header, m, id_of(i), config_, now_, rng_, out)) {
            EXPECT_EQ(s.cc.state, ControlState::idle);
            EXPECT_LE(of<SendDatagram>(out).size(), 1U);
            for (const SendDatagram& d : of<SendDatagram>(out))
                EXPECT_LE(d.bytes.size(), header.length);
            return;
        }
        after(s, before, out, false);
    }
    void take(Slot& s, const Header& header, bool count = true) {
        if (count) ++s.life.others;
        Message m;
        if (!header.payload.empty() && decode_message(header.payload, config_.secret, m) == WireError::none)
            note_arrival(s.life, header.ns);
        const ControlConnection before = s.cc;
        Effects out;
        receive(s.cc, header, s.early, config_, now_, out);
        after(s, before, out, false);
    }
    static void note_arrival(Life& life, std::uint16_t ns) {
        if (distance(ns, life.arrived) < 0) return;
        life.early.insert(ns);
        while (life.early.erase(life.arrived) != 0)
            ++life.arrived;
        for (auto it = life.early.begin(); it != life.early.end();) // what an old duplicate or a liar left
            it = distance(*it, life.arrived) < 0 ? life.early.erase(it) : std::next(it);
    }
    void pass(Clock::duration by) {
        const MonoTime until = now_ + by;
        for (Slot& s : slots_) {
            int guard = 0;
            while (next_deadline(s.cc) <= until) {
                ASSERT_LT(++guard, 100) << "a timer that is due for ever";
                now_ = std::max(now_, next_deadline(s.cc));
                const ControlConnection before = s.cc;
                Effects out;
                tick(s.cc, config_, now_, out);
                after(s, before, out, true);
            }
            for (Call& call : s.calls)
                note(s, call, l2tp::tick(call, now_));
        }
        now_ = until;
    }
    void wish() {
        Slot& s = slots_[rng_.below(kSlots)];
        if (rng_.below(60) == 0 && s.cc.proven) {
            const ControlConnection before = s.cc;
            Effects out;
            close(s.cc, kOperator, config_, now_, out);
            return after(s, before, out, false);
        }
        Call& call = s.calls[rng_.below(kCalls)];
        note(s, call, disconnect(call, cause(CdnResult::administrative, Reason::operator_request), now_));
    }
    // A new process finds the record alone.
    void crash() {
        for (Slot& s : slots_) {
            s.early.clear();
            s.life.early.clear();
        }
    }
    void flush() {
        for (Slot& s : slots_) {
            const ControlConnection before = s.cc;
            Effects out;
            if (ack_needed(s.cc)) flush_ack(s.cc, out);
            EXPECT_FALSE(ack_needed(s.cc));
            after(s, before, out, false);
        }
    }

    // ---- effects ----

    void after(Slot& s, const ControlConnection& before, Effects& out, bool by_timer) {
        EXPECT_LE(out.size(), kMostEffects);
        progress(s, before);
        carry_out(s, out, by_timer);
        check(s);
    }
    void carry_out(Slot& s, Effects& out, bool by_timer) {
        for (std::size_t i = 0; i < out.size(); ++i) { // what is carried out may add to the list
            const Effect effect = out[i];
            if (const auto* d = std::get_if<SendDatagram>(&effect)) sent_one(s, d->bytes, by_timer);
            if (const auto* in = std::get_if<IncomingCall>(&effect)) incoming(s, in->message, out);
            if (const auto* c = std::get_if<CallMessage>(&effect)) call_message(s, *c, out);
            if (const auto* c = std::get_if<CallCleared>(&effect))
                if (Call* call = find(s, c->session)) note(s, *call, cleared(*call, now_), &out);
            if (std::holds_alternative<TunnelUp>(effect)) up(s);
            if (const auto* down = std::get_if<TunnelDown>(&effect)) {
                EXPECT_FALSE(std::exchange(s.life.down, true)) << "down twice";
                for (Call& call : s.calls)
                    note(s, call, tunnel_lost(call, down->cause, now_), &out);
            }
        }
    }
    void up(Slot& s) {
        EXPECT_TRUE(s.cc.proven);
        for (Slot& other : slots_) {
            if (&other == &s || other.cc.state == ControlState::idle || other.life.peer != s.life.peer ||
                other.cc.peer_tunnel != s.cc.peer_tunnel)
                continue;
            Effects out;
            abandon(other.cc, cause(StopResult::general_request, Reason::replaced), now_, out);
            EXPECT_TRUE(of<SendDatagram>(out).empty());
            carry_out(other, out, false);
        }
    }
    static Call* find(Slot& s, SessionId id) {
        return raw(id) >= 1 && raw(id) <= kCalls ? &s.calls[raw(id) - 1U] : nullptr;
    }
    void incoming(Slot& s, const Message& icrq, Effects& out) {
        for (std::size_t i = 0; i < kCalls; ++i) {
            if (s.calls[i].state != CallState::idle) continue;
            s.calls[i] = Call{};
            s.ups[i] = 0;
            return note(s, s.calls[i], accept(s.calls[i], icrq, SessionId{static_cast<std::uint16_t>(i + 1)}, now_),
                        &out);
        }
        (void)send(s.cc, refuse(icrq, cause(CdnResult::no_facilities_permanent, Reason::no_resources)), config_, now_,
                   out);
    }
    void call_message(Slot& s, const CallMessage& c, Effects& out) {
        Call* call = find(s, c.session);
        if (c.session == SessionId::none)
            for (Call& each : s.calls)
                if (each.state != CallState::idle && each.peer_session == c.message.assigned_session) call = &each;
        if (call != nullptr) note(s, *call, receive(*call, c.message, now_), &out);
    }
    void note(Slot& s, Call& call, const CallStep& step, Effects* out = nullptr) {
        int& ups = s.ups[static_cast<std::size_t>(&call - s.calls.data())];
        if (step.change == CallChange::up) {
            ++model::happened()["call up"];
            EXPECT_EQ(++ups, 1) << "up twice in a life";
        }
        if (step.change == CallChange::down) ups = 100;
        if (!step.send) return;
        Effects own;
        (void)send(s.cc, *step.send, config_, now_, out != nullptr ? *out : own);
        if (out == nullptr) carry_out(s, own, false);
    }
    void sent_one(Slot& s, const Octets& bytes, bool by_timer) {
        const auto header = parse_header(bytes);
        ASSERT_TRUE(header.ok() && header->control() && bytes.size() <= kMaxControlSize);
        EXPECT_EQ(raw(header->tunnel), raw(s.cc.peer_tunnel));
        EXPECT_LE(distance(header->nr, s.life.arrived), 0) << "acknowledges what has not arrived";
        if (!s.cc.proven && s.cc.state != ControlState::idle) {
            ++s.life.answers_unproven;
            EXPECT_LE(s.life.answers_unproven, 3 * (s.life.requests + s.life.others))
                << "more answers than DESIGN 7 allows";
        }
        if (by_timer && !header->payload.empty() && header->ns == s.cc.una) {
            s.life.repeats = s.life.una == s.cc.una ? s.life.repeats + 1 : 1;
            s.life.una = s.cc.una;
            EXPECT_LE(s.life.repeats, kMaxTries + 1) << "repeated without end";
        }
        if (!deaf_ && rng_.below(10) != 0) peers_[s.life.peer].hear(bytes);
    }

    // ---- invariants ----

    static void progress(const Slot& s, const ControlConnection& before) {
        const ControlConnection& cc = s.cc;
        if (cc.state != before.state) ++model::happened()[std::string(name(cc.state))];
        if (cc.authenticated && !before.authenticated) ++model::happened()["authenticated"];
        constexpr std::array<int, 5> kOrder{0, 1, 2, 3, 3}; // a life goes one way
        if (cc.state == ControlState::idle || before.state == ControlState::idle) return;
        EXPECT_GE(kOrder.at(static_cast<std::size_t>(cc.state)), kOrder.at(static_cast<std::size_t>(before.state)));
        EXPECT_GE(distance(cc.nr, before.nr), 0);
        EXPECT_GE(distance(cc.una, before.una), 0);
        EXPECT_GE(distance(cc.high, before.high), 0);
        EXPECT_GE(distance(cc.ns, before.una), 0);
        EXPECT_TRUE(cc.proven || !before.proven);
    }
    void check(const Slot& s) {
        const ControlConnection& cc = s.cc;
        ASSERT_LT(cc.state, ControlState::kCount);
        EXPECT_EQ(next_deadline(cc) != kNever, cc.state != ControlState::idle);
        EXPECT_TRUE(distance(cc.next, cc.una) >= 0 && distance(cc.high, cc.next) >= 0 && distance(cc.ns, cc.high) >= 0);
        EXPECT_LE(distance(cc.ns, cc.una), static_cast<int>(kRing));
        EXPECT_LE(distance(cc.high, cc.una), std::max<int>(cc.peer_window, 1) + 1)
            << "the peer's window"; // and StopCCN
        EXPECT_LE(cc.tries, cc.proven ? kMaxTries : kMaxTriesUnproven);
        EXPECT_LE(s.early.bytes(), ReorderBuffer::kMaxBytes);
        if (cc.authenticated) {
            EXPECT_TRUE(peers_[s.life.peer].knows_secret) << "let in without the secret";
        }
        if (cc.state == ControlState::established) {
            EXPECT_TRUE(cc.proven);
            if (config_.require_auth && !config_.secret.empty()) {
                EXPECT_TRUE(cc.authenticated);
            }
        }
        for (const Call& call : s.calls) {
            EXPECT_LT(call.state, CallState::kCount);
            if (call.state == CallState::established) {
                EXPECT_EQ(cc.state, ControlState::established);
            }
        }
    }

    SeededRng rng_;
    TunnelConfig config_;
    MonoTime now_ = kStart;
    bool deaf_ = false;
    std::array<Slot, kSlots> slots_{};
    std::array<unsigned, kSlots> lives_{};
    std::array<Peer, kPeers> peers_{};
    std::vector<Flying> network_;
};

TEST(L2tpModel, KeepsItsInvariantsAgainstPeersOfEveryKind) {
    model::run<World>(model::plans(200'000, 5'000'000, 4000));
    model::expect_happened({"wait_ctl_conn", "established", "closing", "closed", "idle", "authenticated", "call up"},
                           5);
}

} // namespace
} // namespace lns::l2tp
