// SPDX-License-Identifier: ISC
#include "lib/ppp/phases.h"

#include "lib/ppp/auth.h"
#include "lib/ppp/ipcp.h"
#include "lib/ppp/lcp.h"

namespace lns::ppp {
namespace {

// How often LCP and IPCP may come up, all in all, until a session has lasted. Each time costs an AAA
// request or a change of the forwarding table, so a peer must not ask for it for ever.
constexpr std::uint8_t kMaxUps = 20;
constexpr Clock::duration kLasting = std::chrono::seconds(60);

// False: too often, and the session is being closed.
bool may_come_up(Context& cx) {
    if (cx.s.ups >= kMaxUps) {
        close_link(cx, Reason::negotiation_failed);
        return false;
    }
    ++cx.s.ups;
    return true;
}

void stop_timers(Session& s) {
    s.auth.deadline = {};
    s.auth.resend_at = {};
    s.echo.due = {};
    s.setup_deadline = {};
}

bool ending(const Session& s) { return s.phase == Phase::terminating || s.phase == Phase::dead; }

} // namespace

void note_reason(Session& s, Reason reason) {
    if (s.reason == Reason::none) s.reason = reason;
}

void link_up(Context& cx) {
    cx.s.reason = Reason::none; // of an earlier IPCP; LCP begun anew has overtaken it
    if (!may_come_up(cx)) return;
    begin_authentication(cx);
}

void link_down(Context& cx) {
    Session& s = cx.s;
    if (s.ipcp.state > State::Starting) Ipcp(cx).event(Event::Down);
    if (s.lcp.state == State::Stopping) note_reason(s, Reason::peer_terminated);
    stop_timers(s);
    if (timer_runs_in(s.lcp.state) && s.lcp.state <= State::Stopping) { // Closing or Stopping
        s.phase = Phase::terminating;
        return;
    }
    // RFC 1661 3.4: a new negotiation takes the link back to establishment, and authentication is due again.
    cx.count(Counter::renegotiated);
    s.phase = Phase::establish;
    s.setup_deadline = cx.now + cx.cfg.setup_timeout;
    s.peer = {};
}

void link_finished(Context& cx) { finish(cx, Reason::no_reply); }

void network_up(Context& cx) {
    Session& s = cx.s;
    if (!may_come_up(cx)) return;
    s.phase = Phase::open;
    s.network_up = true;
    s.opened_at = cx.now;
    s.setup_deadline = {};
    s.echo.outstanding = 0;
    if (cx.cfg.echo_interval > Clock::duration::zero())
        s.echo.due = cx.now + cx.cfg.echo_interval + std::chrono::milliseconds(s.echo.jitter_ms);
    cx.out.emplace_back(NetworkUp{});
}

void network_down(Context& cx) {
    Session& s = cx.s;
    if (!s.network_up) return;
    s.network_up = false;
    if (cx.now - s.opened_at >= kLasting) s.ups = 0;
    if (s.phase == Phase::open) {
        s.phase = Phase::network;
        s.setup_deadline = cx.now + cx.cfg.setup_timeout;
    }
    cx.out.emplace_back(NetworkDown{});
}

void network_finished(Context& cx) { close_link(cx, Reason::ipcp_no_reply); }

void close_link(Context& cx, Reason reason) {
    Session& s = cx.s;
    if (ending(s)) return;
    note_reason(s, reason);
    s.phase = Phase::terminating;
    stop_timers(s);
    Lcp(cx).event(Event::Close);
}

void finish(Context& cx, Reason reason) {
    Session& s = cx.s;
    note_reason(s, reason);
    if (s.ipcp.state > State::Starting) Ipcp(cx).event(Event::Down);
    stop_timers(s);
    s.phase = Phase::dead;
    s.lcp = {};
    s.ipcp = {};
    cx.out.emplace_back(Finished{s.reason});
}

} // namespace lns::ppp
