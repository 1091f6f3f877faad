// SPDX-License-Identifier: ISC
// PPP sessions against subscribers that are right, slow, deaf, looped back or talk nonsense, over a path that loses,
// doubles and reorders, with an AAA server that answers late, twice, or about another question.
#include <set>

#include "tests/model/model.h"
#include "tests/unit/ppp_client.h"

namespace lns::ppp {
namespace {

using namespace std::chrono_literals;
using model::choose;

constexpr std::size_t kMostInFlight = 30;
constexpr int kMostUnasked = 64; // frames that timers alone may send to somebody who is silent

class World {
public:
    explicit World(std::uint64_t seed) : rng_(seed) {
        cfg_.local_address = Ipv4{0x0a000001};
        begin();
    }

    void step() {
        switch (choose(rng_, {30, 30, 4, 4, 14, 12, 8, 2, 1, 1, 2})) {
        case 0:
            return to_lns();
        case 1:
            return to_client();
        case 2:
            return double_one();
        case 3:
            return lose_one();
        case 4:
            return pass(std::chrono::milliseconds(rng_.below(rng_.below(10) == 0 ? 40000 : 1500)));
        case 5:
            return aaa();
        case 6:
            return nonsense();
        case 7:
            if (rng_.below(20) == 0) client_.reset(); // unplugged: silent from now on
            return;
        case 8:
            ppp::close(s_, cfg_, Reason::administrative, now_, rng_, out_);
            return after();
        case 9:
            recover(s_, cfg_, now_, rng_, out_);
            if (s_.network_up) ups_ = 0; // what was reached is said once more
            recovering_ = true;
            after();
            recovering_ = false;
            return;
        default:
            if (finished_) begin();
        }
    }

    void end() {
        if (!finished_) ppp::close(s_, cfg_, Reason::administrative, now_, rng_, out_);
        after();
        client_.reset();
        up_.clear();
        for (int i = 0; i < 30 && !finished_; ++i)
            pass(3s);
        EXPECT_TRUE(finished_);
        EXPECT_EQ(next_deadline(s_), kNever);
    }

private:
    void begin() {
        up_.clear();
        down_.clear();
        finished_ = accepted_ = false;
        ups_ = unasked_ = 0;
        questions_.clear();
        const bool chap = rng_.below(2) == 0;
        cfg_.auth_methods = {chap ? AuthMethod::chap : AuthMethod::pap,
                             rng_.below(2) == 0 ? AuthMethod::none : (chap ? AuthMethod::pap : AuthMethod::chap)};
        client_ = std::make_unique<Client>(
            Client::Wishes{.method = rng_.below(2) == 0 ? AuthMethod::pap : AuthMethod::chap, .user = "joe"});
        client_->send = [this](const Octets& f) {
            if (up_.size() < kMostInFlight) up_.push_back(f);
        };
        looped_ = rng_.below(15) == 0;
        start(s_, cfg_, now_, rng_, out_);
        after();
    }

    Octets take(std::vector<Octets>& from) {
        const std::size_t at = rng_.below(4) == 0 ? rng_.below(static_cast<std::uint32_t>(from.size())) : 0;
        Octets f = from[at];
        from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
        return f;
    }
    void to_lns() {
        if (up_.empty()) return;
        Octets f = take(up_);
        if (rng_.below(25) == 0)
            f[rng_.below(static_cast<std::uint32_t>(f.size()))] ^= static_cast<std::uint8_t>(rng_.below(256));
        if (rng_.below(25) == 0) f.resize(rng_.below(static_cast<std::uint32_t>(f.size() + 1)));
        hear(f);
    }
    void hear(const Octets& f) {
        unasked_ = 0;
        const std::size_t before = down_.size();
        receive(s_, cfg_, f, now_, rng_, out_);
        after();
        EXPECT_LE(down_.size(), before + 5) << "one frame, and that many answers";
    }
    void to_client() {
        if (down_.empty()) return;
        const Octets f = take(down_);
        if (looped_ && up_.size() < kMostInFlight) up_.push_back(f);
        if (!looped_ && client_ && !client_->terminated) client_->receive(f);
    }
    void double_one() {
        std::vector<Octets>& line = rng_.below(2) == 0 ? up_ : down_;
        if (!line.empty() && line.size() < kMostInFlight)
            line.push_back(line[rng_.below(static_cast<std::uint32_t>(line.size()))]);
    }
    void lose_one() {
        std::vector<Octets>& line = rng_.below(2) == 0 ? up_ : down_;
        if (!line.empty()) line.pop_back();
    }
    void pass(Clock::duration by) {
        const MonoTime until = now_ + by;
        for (int guard = 0; next_deadline(s_) <= until; ++guard) {
            ASSERT_LT(guard, 1000) << "a timer that is due for ever";
            now_ = std::max(now_, next_deadline(s_));
            const std::size_t before = sent_;
            tick(s_, cfg_, now_, rng_, out_);
            after();
            unasked_ += static_cast<int>(sent_ - before);
            EXPECT_LE(unasked_, kMostUnasked) << "talks to itself";
            EXPECT_GT(next_deadline(s_), now_);
        }
        now_ = until;
        if (client_ && !looped_ && rng_.below(4) != 0) client_->tick(now_);
    }
    void aaa() {
        if (questions_.empty()) return;
        const std::uint16_t serial =
            rng_.below(5) == 0
                ? static_cast<std::uint16_t>(rng_.u16())
                : *std::next(questions_.begin(), rng_.below(static_cast<std::uint32_t>(questions_.size())));
        const bool current = s_.phase == Phase::waiting_for_aaa && serial == s_.auth.serial;
        const bool good = rng_.below(6) != 0;
        const NetworkParameters p{rng_.below(30) == 0 ? Ipv4{} : Ipv4{0x0a000063}, Ipv4{0x08080808}, Ipv4{}};
        const bool taken = good ? authenticated(s_, cfg_, serial, p, "hello", now_, rng_, out_)
                                : rejected(s_, cfg_, serial, "no", now_, rng_, out_);
        EXPECT_EQ(taken, current) << "an answer to another question";
        if (taken) accepted_ = good;
        after();
    }
    // Well-formed heads, anything behind them.
    void nonsense() {
        constexpr std::array<std::uint16_t, 8> kProtocols{0xc021, 0xc023, 0xc223, 0x8021,
                                                          0x8057, 0x80fd, 0xc025, 0x0021};
        const std::uint16_t protocol = kProtocols[rng_.below(8)];
        Octets data(rng_.below(rng_.below(20) == 0 ? 1600 : 24));
        rng_.fill(data);
        for (std::size_t at = 0; at + 1 < data.size() && rng_.below(3) != 0;
             at += std::max<std::size_t>(2, data[at + 1])) {
            data[at] = static_cast<std::uint8_t>(rng_.below(20)); // options that could be
            data[at + 1] = static_cast<std::uint8_t>(2 + rng_.below(6));
        }
        const auto id = rng_.below(3) == 0 ? static_cast<std::uint8_t>(rng_.below(256)) : s_.lcp.request_id;
        hear(frame(static_cast<Protocol>(protocol), packet(static_cast<std::uint8_t>(rng_.below(14)), id, data)));
    }

    void after() {
        for (const Effect& e : out_) {
            const bool repeated = recovering_ && std::holds_alternative<Finished>(e);
            EXPECT_FALSE(finished_ && !repeated && !std::holds_alternative<Count>(e)) << "alive after its end";
            if (const auto* f = std::get_if<SendFrame>(&e)) look_at(f->bytes);
            if (const auto* ask = std::get_if<AuthRequest>(&e)) {
                EXPECT_FALSE(ask->user.empty());
                accepted_ = false;
                questions_.insert(ask->serial);
                if (questions_.size() > 4) questions_.erase(questions_.begin());
            }
            if (std::holds_alternative<NetworkUp>(e)) {
                EXPECT_TRUE(accepted_) << "up without a login";
                EXPECT_EQ(++ups_, 1);
            }
            if (std::holds_alternative<NetworkDown>(e)) {
                EXPECT_EQ(--ups_, 0);
            }
            finished_ = finished_ || std::holds_alternative<Finished>(e);
            if (const auto* f = std::get_if<Finished>(&e)) ++model::happened()[std::string(name(f->reason))];
            if (std::holds_alternative<NetworkUp>(e)) ++model::happened()["up"];
        }
        EXPECT_LE(out_.size(), 32U);
        out_.clear();
        EXPECT_EQ(s_.network_up, ups_ == 1);
        EXPECT_EQ(finished_, s_.phase == Phase::dead);
        EXPECT_LE(s_.phase, Phase::terminating);
        EXPECT_LE(s_.lcp.state, State::Opened);
        EXPECT_LE(s_.ipcp.state, State::Opened);
        if (s_.network_up) {
            EXPECT_TRUE(s_.phase == Phase::open && s_.peer_address.is_set());
        }
        if (s_.phase == Phase::network || s_.phase == Phase::open) {
            EXPECT_EQ(s_.lcp.state, State::Opened);
        }
        if (finished_) {
            EXPECT_EQ(next_deadline(s_), kNever);
        }
    }
    void look_at(const Octets& f) {
        ++sent_;
        const Frame parsed = parse_frame(f);
        ASSERT_TRUE(parsed.ok() && parsed.payload.size() >= 4);
        EXPECT_LE(parsed.payload.size(), std::min<std::size_t>(s_.peer.mru, 1500));
        EXPECT_EQ(parsed.payload[2] * 256U + parsed.payload[3], parsed.payload.size());
        if (down_.size() < kMostInFlight) down_.push_back(f);
    }

    SeededRng rng_;
    Session s_;
    Config cfg_;
    Effects out_;
    MonoTime now_{1h};
    std::unique_ptr<Client> client_;
    std::vector<Octets> up_, down_;
    std::set<std::uint16_t> questions_;
    std::size_t sent_ = 0;
    int ups_ = 0;
    int unasked_ = 0;
    bool looped_ = false;
    bool finished_ = false;
    bool accepted_ = false;
    bool recovering_ = false;
};

TEST(PppModel, KeepsItsInvariantsAgainstPeersOfEveryKind) {
    model::run<World>(model::plans(400'000, 10'000'000, 2000));
    model::expect_happened({"up"}, 20);
    for (const Reason reason : {Reason::peer_terminated, Reason::no_reply, Reason::auth_failed, Reason::loopback})
        model::expect_happened({name(reason).data()}, 1);
}

} // namespace
} // namespace lns::ppp
