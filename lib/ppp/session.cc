// SPDX-License-Identifier: ISC
#include "lib/ppp/auth.h"
#include "lib/ppp/ipcp.h"
#include "lib/ppp/lcp.h"
#include "lib/ppp/phases.h"

namespace lns::ppp {
namespace {

constexpr int kJitterShare = 4; // Echo::jitter_ms is less than this part of the interval

bool due(MonoTime deadline, MonoTime now) { return deadline != MonoTime{} && now >= deadline; }

bool network_phase(const Session& s) { return s.phase == Phase::network || s.phase == Phase::open; }

void receive_auth(Context& cx, AuthMethod method, Bytes payload) {
    const Session& s = cx.s;
    if (s.phase == Phase::establish) return cx.count(Counter::out_of_phase);
    if (s.auth.method != method) return cx.count(Counter::wrong_auth_protocol);
    if (method == AuthMethod::pap) return pap_receive(cx, payload);
    chap_receive(cx, payload);
}

void receive_ipcp(Context& cx, Bytes payload) {
    if (!network_phase(cx.s)) return cx.count(Counter::out_of_phase); // RFC 1661 3.5
    cx.s.ipcp_seen = true;
    Ipcp(cx).receive(payload);
}

void receive_other(Context& cx, Protocol protocol, Bytes payload) {
    // RFC 1661 5.7: only while LCP is Opened; and 3.5: what comes too early is silently discarded.
    if (!network_phase(cx.s)) return cx.count(Counter::out_of_phase);
    Lcp(cx).protocol_reject(protocol, payload);
}

} // namespace

void start(Session& s, const Config& cfg, MonoTime now, Rng& rng, Effects& effects) {
    s = Session{};
    Context cx{s, cfg, now, rng, effects};
    s.phase = Phase::establish;
    s.setup_deadline = now + cfg.setup_timeout;
    s.mru = cfg.mru;
    s.magic = rng.u32() | 1; // any but zero
    s.lcp.request_id = static_cast<std::uint8_t>(rng.u16());
    s.auth.id = static_cast<std::uint8_t>(rng.u16());
    s.auth.method = preferred_method(cx);
    s.echo.last_life = now;
    const auto spread = std::chrono::duration_cast<std::chrono::milliseconds>(cfg.echo_interval / kJitterShare).count();
    s.echo.jitter_ms = static_cast<std::uint16_t>(
        rng.below(static_cast<std::uint32_t>(std::clamp<std::int64_t>(spread, 1, UINT16_MAX))));
    Lcp lcp(cx);
    lcp.event(Event::Open);
    lcp.event(Event::Up);
}

void receive(Session& s, const Config& cfg, Bytes octets, MonoTime now, Rng& rng, Effects& effects) {
    Context cx{s, cfg, now, rng, effects};
    if (s.phase == Phase::dead) return cx.count(Counter::after_end);
    const Frame frame = parse_frame(octets);
    if (!frame.ok()) return cx.count(Counter::bad_frame);
    alive(s, now);
    switch (frame.protocol) {
    case Protocol::LCP:
        return Lcp(cx).receive(frame.payload);
    case Protocol::PAP:
        return receive_auth(cx, AuthMethod::pap, frame.payload);
    case Protocol::CHAP:
        return receive_auth(cx, AuthMethod::chap, frame.payload);
    case Protocol::IPCP:
        return receive_ipcp(cx, frame.payload);
    case Protocol::IP:
    case Protocol::IPv6:
        return cx.count(Counter::network_data);
    default:
        return receive_other(cx, frame.protocol, frame.payload);
    }
}

void tick(Session& s, const Config& cfg, MonoTime now, Rng& rng, Effects& effects) {
    Context cx{s, cfg, now, rng, effects};
    Lcp(cx).tick();
    Ipcp(cx).tick();
    if (due(s.auth.deadline, now)) close_link(cx, Reason::auth_timeout);
    if (due(s.auth.resend_at, now)) repeat_challenge(cx);
    if (due(s.setup_deadline, now)) close_link(cx, Reason::negotiation_failed);
    if (due(s.echo.due, now)) Lcp(cx).keepalive();
}

MonoTime next_deadline(const Session& s) {
    MonoTime next = kNever;
    for (const MonoTime t :
         {s.lcp.deadline, s.ipcp.deadline, s.auth.deadline, s.auth.resend_at, s.setup_deadline, s.echo.due})
        if (t != MonoTime{}) next = std::min(next, t);
    return next;
}

namespace {

bool is_current(Context& cx, std::uint16_t serial) {
    if (cx.s.phase == Phase::waiting_for_aaa && cx.s.auth.serial == serial) return true;
    cx.count(Counter::stale_answer);
    return false;
}

} // namespace

bool authenticated(Session& s, const Config& cfg, std::uint16_t serial, const NetworkParameters& parameters,
                   std::string_view message, MonoTime now, Rng& rng, Effects& effects) {
    Context cx{s, cfg, now, rng, effects};
    if (!is_current(cx, serial)) return false;
    if (!parameters.peer_address.is_set()) {
        close_link(cx, Reason::no_address);
        return true;
    }
    s.phase = Phase::network;
    s.local_address = cfg.local_address;
    s.peer_address = parameters.peer_address;
    s.dns1 = parameters.dns1;
    s.dns2 = parameters.dns2;
    s.ipcp_seen = false;
    s.address_asked = false;
    give_verdict(cx, Verdict::success, message);
    Ipcp ipcp(cx);
    ipcp.event(Event::Open);
    ipcp.event(Event::Up);
    return true;
}

void assign_address(Session& s, Ipv4 address) {
    if (s.phase == Phase::network) s.peer_address = address;
}

bool rejected(Session& s, const Config& cfg, std::uint16_t serial, std::string_view message, MonoTime now, Rng& rng,
              Effects& effects) {
    Context cx{s, cfg, now, rng, effects};
    if (!is_current(cx, serial)) return false;
    refuse(cx, message);
    return true;
}

void close(Session& s, const Config& cfg, Reason reason, MonoTime now, Rng& rng, Effects& effects) {
    Context cx{s, cfg, now, rng, effects};
    close_link(cx, reason);
}

void alive(Session& s, MonoTime time) {
    if (time <= s.echo.last_life) return;
    s.echo.last_life = time;
    s.echo.outstanding = 0;
}

namespace {

// All sessions are recovered at one instant: their next requests come within the interval, each at a time of its own.
void spread_echoes(Session& s, const Config& cfg, MonoTime now) {
    s.echo.due = now + kJitterShare * std::chrono::milliseconds(s.echo.jitter_ms);
    s.echo.last_life = s.echo.due - cfg.echo_interval;
}

} // namespace

void recover(Session& s, const Config& cfg, MonoTime now, Rng& rng, Effects& effects) {
    Context cx{s, cfg, now, rng, effects};
    if (s.phase == Phase::dead) {
        if (s.reason != Reason::none) effects.emplace_back(Finished{s.reason});
        return;
    }
    alive(s, now); // we were away: nobody could be heard
    if (s.setup_deadline != MonoTime{}) s.setup_deadline = now + cfg.setup_timeout;
    if (s.phase == Phase::waiting_for_aaa || s.phase == Phase::authenticate) resume_authentication(cx);
    if (s.phase == Phase::open) {
        effects.emplace_back(NetworkUp{});
        if (s.echo.due != MonoTime{}) spread_echoes(s, cfg, now);
    }
}

} // namespace lns::ppp
