// SPDX-License-Identifier: ISC
// The PPP core on a test's stack: a session, a clock moved by hand, and the effects sorted. Checks after
// every call what must hold always.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lib/ppp/layer.h"
#include "lib/ppp/ppp.h"

namespace lns::ppp {

using Octets = std::vector<std::uint8_t>;

inline Octets join(std::initializer_list<Octets> parts) {
    Octets all;
    for (const Octets& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}
inline Octets text(std::string_view t) { return {t.begin(), t.end()}; }
inline Octets be32(std::uint32_t v) {
    return {static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16), static_cast<std::uint8_t>(v >> 8),
            static_cast<std::uint8_t>(v)};
}
inline Octets option(std::uint8_t type, const Octets& value = {}) {
    return join({{type, static_cast<std::uint8_t>(value.size() + 2)}, value});
}
inline Octets packet(std::uint8_t code, std::uint8_t id, const Octets& data = {}) {
    const std::size_t length = data.size() + 4;
    return join({{code, id, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)}, data});
}
inline Octets packet(Code code, std::uint8_t id, const Octets& data = {}) {
    return packet(static_cast<std::uint8_t>(code), id, data);
}
inline Octets frame(Protocol protocol, const Octets& payload) {
    const auto n = static_cast<std::uint16_t>(protocol);
    return join({{0xff, 0x03, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}, payload});
}
inline Octets pap_request(std::string_view user, std::string_view password) {
    return join({{static_cast<std::uint8_t>(user.size())},
                 text(user),
                 {static_cast<std::uint8_t>(password.size())},
                 text(password)});
}

struct Sent {
    Protocol protocol = Protocol::none;
    std::uint8_t code = 0;
    std::uint8_t id = 0;
    Octets data;

    [[nodiscard]] bool is(Protocol p, Code c) const { return protocol == p && code == static_cast<std::uint8_t>(c); }
    [[nodiscard]] std::string message() const { return {data.begin(), data.end()}; }
};

constexpr std::uint8_t kPapRequest = 1, kPapAck = 2, kPapNak = 3;
constexpr std::uint8_t kChallenge = 1, kResponse = 2, kSuccess = 3, kFailure = 4;

class Lns {
public:
    explicit Lns(std::uint64_t seed = 1) : rng(seed) { cfg.local_address = Ipv4{0x0a000001}; }

    Session s;
    Config cfg;
    MonoTime now{std::chrono::hours(1)};
    SeededRng rng;
    NetworkParameters parameters{Ipv4{0x0a000063}, Ipv4{0x08080808}, Ipv4{0x08080404}};

    // What came out since the last clear().
    std::vector<Sent> sent;
    std::vector<Octets> frames;
    std::vector<Counter> counted;
    // What came out in all.
    std::vector<AuthRequest> asked;
    std::optional<Reason> finished;
    int ups = 0;
    int downs = 0;
    std::size_t octets_sent = 0;

    void start() {
        ppp::start(s, cfg, now, rng, effects_);
        collect();
    }
    void receive_octets(const Octets& octets) {
        ppp::receive(s, cfg, octets, now, rng, effects_);
        collect();
    }
    void receive(Protocol protocol, const Octets& payload) { receive_octets(frame(protocol, payload)); }
    void lcp(Code code, std::uint8_t id, const Octets& data = {}) { receive(Protocol::LCP, packet(code, id, data)); }
    void ipcp(Code code, std::uint8_t id, const Octets& data = {}) { receive(Protocol::IPCP, packet(code, id, data)); }
    void pap(std::uint8_t id, std::string_view user, std::string_view password) {
        receive(Protocol::PAP, packet(kPapRequest, id, pap_request(user, password)));
    }
    void chap(std::uint8_t id, std::string_view user) {
        receive(Protocol::CHAP, packet(kResponse, id, join({{16}, Octets(16, 0x5a), text(user)})));
    }
    void tick() {
        ppp::tick(s, cfg, now, rng, effects_);
        collect();
        EXPECT_GT(next_deadline(s), now) << "a timer that is due for ever";
    }
    // Lets time pass, running every timer when it is due.
    void advance(Clock::duration by) {
        const MonoTime end = now + by;
        for (int guard = 0; next_deadline(s) <= end; ++guard) {
            ASSERT_LT(guard, 10000) << "timers without end";
            now = std::max(now, next_deadline(s));
            tick();
        }
        now = end;
    }
    bool accept(std::string_view message = "") {
        const bool taken = authenticated(s, cfg, serial(), parameters, message, now, rng, effects_);
        collect();
        return taken;
    }
    bool refuse(std::string_view message = "") {
        const bool taken = rejected(s, cfg, serial(), message, now, rng, effects_);
        collect();
        return taken;
    }
    void close(Reason reason) {
        ppp::close(s, cfg, reason, now, rng, effects_);
        collect();
    }
    void recover() {
        ppp::recover(s, cfg, now, rng, effects_);
        collect();
    }
    std::uint16_t serial() const { return asked.empty() ? 0 : asked.back().serial; }
    void clear() {
        sent.clear();
        frames.clear();
        counted.clear();
    }

    [[nodiscard]] const Sent* find(Protocol protocol, std::uint8_t code) const {
        const auto hit = std::find_if(sent.rbegin(), sent.rend(),
                                      [&](const Sent& p) { return p.protocol == protocol && p.code == code; });
        return hit == sent.rend() ? nullptr : &*hit;
    }
    [[nodiscard]] const Sent* find(Protocol protocol, Code code) const {
        return find(protocol, static_cast<std::uint8_t>(code));
    }
    [[nodiscard]] std::size_t number_of(Protocol protocol, std::uint8_t code) const {
        return static_cast<std::size_t>(std::count_if(
            sent.begin(), sent.end(), [&](const Sent& p) { return p.protocol == protocol && p.code == code; }));
    }
    [[nodiscard]] std::size_t number_of(Protocol protocol, Code code) const {
        return number_of(protocol, static_cast<std::uint8_t>(code));
    }
    [[nodiscard]] std::size_t number_of(Counter counter) const {
        return static_cast<std::size_t>(std::count(counted.begin(), counted.end(), counter));
    }

    // The peer takes our Configure-Request and sends one of its own.
    void lcp_up(const Octets& options = option(5, be32(0x12345678))) {
        lcp(Code::ConfigureAck, s.lcp.request_id, find(Protocol::LCP, Code::ConfigureRequest)->data);
        lcp(Code::ConfigureRequest, 1, options);
        ASSERT_EQ(s.lcp.state, State::Opened);
    }
    void start_with(AuthMethod method) {
        cfg.auth_methods = {method, AuthMethod::none};
        start();
        lcp_up();
    }
    void login() { // by the method agreed
        if (s.auth.method == AuthMethod::pap) return pap(7, "user", "secret");
        chap(s.auth.id, "user");
    }
    void ipcp_up() {
        ipcp(Code::ConfigureAck, s.ipcp.request_id, find(Protocol::IPCP, Code::ConfigureRequest)->data);
        ipcp(Code::ConfigureRequest, 1, option(3, be32(parameters.peer_address.value)));
        ASSERT_EQ(s.ipcp.state, State::Opened);
    }
    void open(AuthMethod method = AuthMethod::pap) {
        start_with(method);
        login();
        ASSERT_TRUE(accept());
        ipcp_up();
        ASSERT_EQ(s.phase, Phase::open);
        clear();
    }

private:
    void collect() {
        for (Effect& effect : effects_) {
            if (auto* f = std::get_if<SendFrame>(&effect)) take_frame(f->bytes);
            if (auto* a = std::get_if<AuthRequest>(&effect)) asked.push_back(*a);
            if (std::holds_alternative<NetworkUp>(effect)) ++ups;
            if (std::holds_alternative<NetworkDown>(effect)) ++downs;
            if (auto* c = std::get_if<Count>(&effect)) counted.push_back(c->counter);
            if (auto* e = std::get_if<Finished>(&effect)) {
                EXPECT_FALSE(finished) << "finished twice";
                finished = e->reason;
                EXPECT_NE(e->reason, Reason::none);
            }
        }
        effects_.clear();
        EXPECT_EQ(s.phase == Phase::open, s.network_up);
        if (s.phase == Phase::dead) {
            EXPECT_EQ(next_deadline(s), kNever);
        }
    }
    void take_frame(const Octets& bytes) {
        octets_sent += bytes.size();
        frames.push_back(bytes);
        const Frame f = parse_frame(bytes);
        ASSERT_TRUE(f.ok());
        ASSERT_GE(f.payload.size(), 4U);
        EXPECT_EQ(f.payload[2] << 8 | f.payload[3], static_cast<int>(f.payload.size())) << "Length field";
        EXPECT_LE(f.payload.size(), std::min<std::size_t>(s.peer.mru, 1500)) << "above the peer's MRU";
        sent.push_back({f.protocol, f.payload[0], f.payload[1], {f.payload.begin() + 4, f.payload.end()}});
    }
    Effects effects_;
};

} // namespace lns::ppp
