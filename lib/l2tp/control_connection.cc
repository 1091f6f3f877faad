// SPDX-License-Identifier: ISC
#include "lib/l2tp/control_connection.h"

#include <algorithm>

#include "lib/base/secret.h"
#include "lib/l2tp/send_window.h"

namespace lns::l2tp {
namespace {

// What one call works on.
struct Turn {
    ControlConnection& cc;
    const TunnelConfig& config;
    MonoTime now;
    Effects& out;

    void note(WireError error, MessageType type = MessageType::none, std::uint16_t detail = 0) const {
        out.push_back(Noted{error, type, detail});
    }
};

std::uint8_t max_tries(const ControlConnection& cc, const TunnelConfig& config) {
    if (cc.proven) return kMaxTries;
    return config.flood ? 0 : kMaxTriesUnproven;
}

void heard(const Turn& t) {
    if (t.cc.state == ControlState::established) note_life(t.cc, t.config, t.now);
}

void enter(const Turn& t, ControlState next) {
    if (t.cc.state == next) return;
    t.cc.state = next;
    t.cc.since = t.now;
}

void release(const Turn& t) {
    t.cc.state = ControlState::idle;
    t.cc.ack_pending = false;
    t.cc.retransmit_at = t.cc.hello_at = t.cc.expires_at = MonoTime{};
    t.out.push_back(TunnelReleased{});
}

void linger(const Turn& t) {
    window::drop_all(t.cc);
    t.cc.hello_at = MonoTime{};
    t.cc.expires_at = t.now + kLinger;
}

void stop(const Turn& t, const Cause& why) {
    window::drop_unsent(t.cc);
    window::push(t.cc, stop_ccn(why));
    window::pump(t.cc, t.config, t.now, t.out);
    t.cc.hello_at = MonoTime{};
    t.cc.expires_at = t.now + 2 * kLinger; // for a peer that acknowledges all but the last
    t.out.push_back(TunnelDown{why, false, {}});
}

void up(const Turn& t) {
    t.cc.proven = true;
    t.cc.authenticated = t.cc.challenged;
    t.cc.expires_at = MonoTime{};
    note_life(t.cc, t.config, t.now);
    t.out.push_back(TunnelUp{t.cc.authenticated});
}

// A CDN of the core's own: for calls that never reach the shell.
void refuse_call(const Turn& t, const Message& m, const Cause& why) {
    if (m.assigned_session == PeerSessionId::none) return; // nobody to tell
    send(t.cc, cdn(SessionId::none, m.assigned_session, why), t.config, t.now, t.out);
}

// A call is taken only when its answer can be queued: one that waited elsewhere would not outlive the shell.
// Otherwise it is as if it had not come.
bool answer_fits(const Turn& t, const Message& m) {
    if (m.type != MessageType::ICRQ && m.type != MessageType::OCRQ) return true;
    const auto owed = static_cast<std::size_t>(std::count_if(
        t.out.begin(), t.out.end(), [](const Effect& e) { return std::holds_alternative<IncomingCall>(e); }));
    return !t.cc.blocked && window::held(t.cc) + owed < kRing - 1;
}

void deliver(const Turn& t, SessionId session, Message& m) {
    if (m.type == MessageType::OCRQ)
        return refuse_call(t, m, cause(CdnResult::no_facilities_permanent, Reason::outgoing_call));
    if (m.type == MessageType::ICRQ && m.fault) return refuse_call(t, m, m.fault.cause);
    if (m.type == MessageType::ICRQ) {
        t.out.push_back(IncomingCall{std::move(m)});
    } else if (session == SessionId::none && m.type != MessageType::CDN) {
        t.note(WireError::no_session, m.type);
    } else {
        t.out.push_back(CallMessage{session, std::move(m)});
    }
}

Cause unexpected(const Message* m) {
    Cause why = cause(StopResult::fsm_error, Reason::unexpected_message);
    if (m != nullptr) why.attribute = static_cast<std::uint16_t>(m->type);
    return why;
}

// What an event brings along; a message for those that are one, a cause for close and expired.
struct Detail {
    SessionId session = SessionId::none;
    Message* message = nullptr;
    Cause why;
};

void act(const Turn& t, ControlAction action, const Detail& d) {
    switch (action) {
    case ControlAction::ignore:
    case ControlAction::ack: // receive() has taken note of it
        return;
    case ControlAction::up:
        return up(t);
    case ControlAction::deliver:
        return deliver(t, d.session, *d.message);
    case ControlAction::stop_fsm:
        t.note(WireError::wrong_state, d.message->type);
        return stop(t, unexpected(d.message));
    case ControlAction::stop_auth:
        t.note(WireError::authentication, d.message->type);
        return stop(t, cause(StopResult::not_authorized, Reason::challenge_response));
    case ControlAction::stop_fault:
        return stop(t, d.message->fault.cause);
    case ControlAction::stop_local:
        return stop(t, d.why);
    case ControlAction::peer_stop:
        linger(t);
        t.out.push_back(
            TunnelDown{{d.message->result, d.message->error, Reason::peer_request, 0, 0}, true, d.message->error_text});
        return;
    case ControlAction::linger:
        return linger(t);
    case ControlAction::await:
        t.cc.retransmit_at = MonoTime{};
        return;
    case ControlAction::dead:
        t.out.push_back(TunnelDown{d.why, false, {}});
        return release(t);
    case ControlAction::release:
        return release(t);
    }
}

void happen(const Turn& t, ControlEvent event, const Detail& detail = {}) {
    const ControlCell cell = control_cell(t.cc.state, event);
    // First the state: what the action sends is sent in the new one, and refused in one that is closed.
    enter(t, cell.next);
    act(t, cell.action, detail);
}

bool response_right(const Turn& t, const Message& scccn) {
    if (!t.cc.challenged) return true;
    const Md5Digest want = challenge_response(MessageType::SCCCN, t.config.secret, t.cc.challenge);
    return scccn.has(AvpType::ChallengeResponse) && !t.config.secret.empty() &&
           equal_constant_time(want, scccn.challenge_response);
}

ControlEvent event_of(const Turn& t, const Message& m) {
    if (m.type == MessageType::StopCCN) return ControlEvent::StopCCN; // whatever is wrong with it, it is the end
    if (m.fault && !m.of_session) return ControlEvent::fault;
    if (!m.known) return ControlEvent::optional;
    switch (m.type) {
    case MessageType::SCCRQ:
        return ControlEvent::SCCRQ;
    case MessageType::SCCRP:
        return ControlEvent::SCCRP;
    case MessageType::SCCCN:
        return response_right(t, m) ? ControlEvent::SCCCN : ControlEvent::SCCCN_bad;
    case MessageType::HELLO:
        return ControlEvent::HELLO;
    default:
        return ControlEvent::call;
    }
}

void process(const Turn& t, SessionId session, Message& m) {
    ++t.cc.nr;
    t.cc.ack_pending = true;
    const auto detail = m.fault ? m.fault.cause.attribute : std::uint16_t{0};
    if (m.fault) t.note(m.fault.error, m.type, detail);
    if (m.ignored != 0) t.note(m.ignored_as, m.type);
    happen(t, event_of(t, m), {session, &m, {}});
}

void take_ack(const Turn& t, std::uint16_t nr) {
    if (window::acknowledge(t.cc, nr, t.now, t.out) == window::Acked::StopCCN) happen(t, ControlEvent::StopCCN_acked);
}

// The early ones whose turn has come.
void drain(const Turn& t, ReorderBuffer& early) {
    ReorderBuffer::Kept kept;
    Message m;
    while (early.size() != 0 && t.cc.state != ControlState::idle && early.take(t.cc.nr, kept)) {
        const WireError error = decode_message(kept.payload, t.config.secret, m);
        if (error != WireError::none) return t.note(error);
        if (!answer_fits(t, m)) return t.note(WireError::answer_full, m.type);
        process(t, kept.session, m);
    }
}

void in_turn(const Turn& t, const Header& header, ReorderBuffer& early) {
    Message m;
    const WireError error = decode_message(header.payload, t.config.secret, m);
    if (error != WireError::none) return t.note(error);
    // 4.4.3: without our id only a peer that may not have had it yet.
    if (header.tunnel == TunnelId::none && m.type != MessageType::StopCCN)
        return t.note(WireError::wrong_tunnel, m.type);
    heard(t);
    take_ack(t, header.nr);
    if (!answer_fits(t, m)) return t.note(WireError::answer_full, m.type);
    process(t, header.session, m);
    drain(t, early);
}

// 5.8: an old one means that our acknowledgement was lost; it is never looked at again.
void again(const Turn& t, const Header& header) {
    heard(t);
    take_ack(t, header.nr);
    t.note(WireError::ns_duplicate);
    if (header.tunnel != TunnelId::none || t.cc.state != ControlState::wait_ctl_conn) {
        t.cc.ack_pending = true;
        return;
    }
    // A repeated SCCRQ draws one SCCRP: the sender has not had the first, and it is no longer acknowledged
    // by anything else.
    if (header.ns == 0 && t.cc.una != t.cc.high) window::emit(t.cc, t.cc.una, t.config, t.out);
}

void ahead(const Turn& t, const Header& header, ReorderBuffer& early) {
    if (static_cast<std::uint16_t>(header.ns - t.cc.nr) >= t.cc.receive_window) return t.note(WireError::ns_window);
    if (header.tunnel == TunnelId::none) return t.note(WireError::wrong_tunnel);
    heard(t);
    take_ack(t, header.nr);
    const std::size_t limit = t.cc.proven ? ReorderBuffer::kMaxBytes : ReorderBuffer::kMaxBytesUnproven;
    if (early.holds(header.ns))
        t.note(WireError::ns_duplicate);
    else if (!early.keep(header.ns, header.tunnel, header.session, header.payload, limit))
        t.note(WireError::reorder_full);
}

} // namespace

void receive(ControlConnection& cc, const Header& header, ReorderBuffer& early, const TunnelConfig& config,
             MonoTime now, Effects& out) {
    const Turn t{cc, config, now, out};
    if (cc.state == ControlState::idle) return t.note(WireError::wrong_state);
    if (header.tunnel != cc.tunnel && header.tunnel != TunnelId::none) return t.note(WireError::wrong_tunnel);
    if (!window::valid_nr(cc, header.nr)) return t.note(WireError::nr_range);
    if (header.payload.empty()) {
        // A ZLB: its Ns is that of the sender's next message and says nothing (5.8).
        if (header.tunnel == TunnelId::none) return t.note(WireError::wrong_tunnel);
        heard(t);
        take_ack(t, header.nr);
    } else if (header.ns == cc.nr) {
        in_turn(t, header, early);
    } else if (static_cast<std::uint16_t>(cc.nr - header.ns) <= 0x8000) {
        again(t, header);
    } else {
        ahead(t, header, early);
    }
    if (cc.state != ControlState::idle) window::pump(cc, config, now, out);
}

void tick(ControlConnection& cc, const TunnelConfig& config, MonoTime now, Effects& out) {
    const Turn t{cc, config, now, out};
    const auto due = [now](MonoTime at) { return at != MonoTime{} && at <= now; };
    if (due(cc.expires_at)) {
        cc.expires_at = MonoTime{};
        happen(t, ControlEvent::expired, {.why = cause(StopResult::general_request, Reason::setup_timeout)});
    }
    if (due(cc.retransmit_at)) {
        if (cc.tries < max_tries(cc, config))
            window::go_back(cc, config, now, out);
        else
            happen(t, ControlEvent::retries_exhausted, {.why = cause(StopResult::general_request, Reason::peer_dead)});
    }
    if (due(cc.hello_at)) {
        note_life(cc, config, now);
        // 5.5: anything unacknowledged asks the same question as a HELLO.
        if (window::held(cc) == 0) send(cc, hello(), config, now, out);
    }
}

MonoTime next_deadline(const ControlConnection& cc) {
    MonoTime first = kNever;
    for (const MonoTime at : {cc.retransmit_at, cc.hello_at, cc.expires_at})
        if (at != MonoTime{}) first = std::min(first, at);
    return first;
}

SendResult send(ControlConnection& cc, OutMessage message, const TunnelConfig& config, MonoTime now, Effects& out) {
    if (cc.state != ControlState::established) return SendResult::closed;
    if (window::held(cc) >= kRing - 1) {
        cc.blocked = true;
        return SendResult::full;
    }
    window::push(cc, message);
    window::pump(cc, config, now, out);
    return SendResult::queued;
}

void close(ControlConnection& cc, const Cause& cause, const TunnelConfig& config, MonoTime now, Effects& out) {
    happen({cc, config, now, out}, ControlEvent::close, {.why = cause});
}

bool holds(const ControlConnection& cc, MessageType type, SessionId session) {
    for (std::uint16_t ns = cc.una; ns != cc.ns; ++ns) {
        const OutMessage& m = cc.ring[ns % kRing];
        if (m.message_type() == type && m.session == session) return true;
    }
    return false;
}

void abandon(ControlConnection& cc, const Cause& cause, MonoTime now, Effects& out) {
    const TunnelConfig unused;
    const Turn t{cc, unused, now, out};
    if (cc.state == ControlState::idle) return;
    const bool usable = cc.state == ControlState::wait_ctl_conn || cc.state == ControlState::established;
    if (usable) out.push_back(TunnelDown{cause, false, {}});
    release(t);
}

void note_life(ControlConnection& cc, const TunnelConfig& config, MonoTime now) {
    if (cc.state != ControlState::established) return;
    cc.hello_at = config.hello_interval.count() > 0 ? now + config.hello_interval : MonoTime{};
}

void flush_ack(ControlConnection& cc, Effects& out) {
    if (!cc.ack_pending) return;
    cc.ack_pending = false;
    std::array<std::uint8_t, kControlHeaderSize> buffer{};
    Writer w(buffer);
    encode_control_header(w, cc.peer_tunnel, PeerSessionId::none, cc.high, cc.nr, 0);
    out.push_back(SendDatagram{{buffer.begin(), buffer.end()}});
}

} // namespace lns::l2tp
