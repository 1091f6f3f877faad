// SPDX-License-Identifier: ISC
#include "sessiond/sessions.h"

#include <algorithm>

#include "lib/base/escape.h"
#include "lib/base/log.h"

namespace lns::sessiond {

namespace {

std::uint64_t new_acct_session_id(Rng& rng) { // unique across reboots: the second, and chance within it
    return static_cast<std::uint64_t>(unix_seconds()) << 32 | rng.u32();
}

constexpr std::uint32_t kFewUnfinished = 256; // calls of one tunnel, which are always taken while there is room

MonoTime from_ticks(std::uint64_t ticks) { return MonoTime(Clock::duration(static_cast<std::int64_t>(ticks))); }

} // namespace

Sessions::Sessions(Context& context, Tunnels& tunnels, Pool& pool, std::uint16_t datapaths)
    : cx_(context), tunnels_(tunnels), pool_(pool), routes_(context.worker.parent()),
      aaa_(context,
           {[this](const imsg::AuthReply& b) { answered(b); }, [this](const imsg::AcctStored& b) { stored(b); }}),
      forwarding_(context, datapaths,
                  [this](SessionIndex session, Generation generation) { forwarding_removed(session, generation); }) {
    tunnels_.set_calls(*this);
}

Sessions::Work Sessions::load(SessionIndex index) const {
    Work w{index, cx_.store.session(index), {}};
    w.core = w.record.core.load<SessionCore>();
    return w;
}

std::optional<Sessions::Work> Sessions::load_live(TunnelIndex tunnel, SessionId session) const {
    Work w;
    w.index = cx_.store.find_session(tunnel, session, w.record);
    if (w.index == SessionIndex::none) return std::nullopt;
    w.core = w.record.core.load<SessionCore>();
    return w;
}

std::optional<Sessions::Work> Sessions::load_current(std::uint32_t session, std::uint32_t generation) const {
    if (session >= cx_.store.session_slots()) return std::nullopt;
    Work w = load(SessionIndex{session});
    if (w.record.state == shm::SessionState::free || raw(w.record.generation) != generation) return std::nullopt;
    return w;
}

void Sessions::commit(Work& w) {
    if (log_wanted(LogLevel::call)) trace(w);
    w.record.core.store(w.core);
    cx_.store.save(w.index, w.record);
    schedule(w);
}

// What the record to be committed changes of the steps of a call's life.
void Sessions::trace(const Work& w) const {
    const ppp::Phase before = load(w.index).core.ppp.phase;
    if (before == w.core.ppp.phase) return;
    log_limited(LogLevel::call, "session %u (%s): PPP %s -> %s", raw(w.index), escape(w.record.user.view()).c_str(),
                ppp::name(before).data(), ppp::name(w.core.ppp.phase).data());
}

void Sessions::incoming_call(TunnelIndex tunnel, const l2tp::Message& icrq, bool repeated) {
    if (repeated) {
        if (const auto w = taken_before(tunnel, icrq))
            return tunnels_.send(tunnel, l2tp::icrp(w->record.local_id, w->record.peer_id));
    }
    if (cx_.stopping || !tunnels_.takes_calls(tunnel)) {
        tunnels_.send(tunnel, l2tp::refuse(icrq, cdn_cause(EndReason::shutdown)));
        return;
    }
    if (cx_.draining) {
        cx_.count(Counter::drained);
        tunnels_.send(tunnel,
                      l2tp::refuse(icrq, l2tp::cause(l2tp::CdnResult::general_error, l2tp::Reason::draining,
                                                     static_cast<std::uint16_t>(l2tp::GeneralError::try_another))));
        return;
    }
    if (crowds_out_others(tunnel))
        return refuse_for_room(tunnel, icrq, Counter::unfinished_calls, "too many calls that are not online");
    Work w;
    w.index = cx_.store.new_session(tunnel, w.record);
    if (w.index == SessionIndex::none)
        return refuse_for_room(tunnel, icrq, Counter::session_table_full, "session table is full");
    const l2tp::CallStep accepted = l2tp::accept(w.core.call, icrq, w.record.local_id, cx_.now);
    const shm::SessionCounters before = cx_.traffic.sum(w.index);
    w.record.state = shm::SessionState::connecting;
    w.record.peer_id = icrq.assigned_session;
    w.record.serial = icrq.call_serial;
    w.record.created = cx_.now;
    w.record.acct_session_id = new_acct_session_id(cx_.rng);
    w.record.baseline = {before.up_packets,  before.up_octets,  before.down_packets,
                         before.down_octets, before.up_dropped, before.down_dropped};
    w.record.calling.assign(icrq.calling_number.view());
    w.record.called.assign(icrq.called_number.view());
    commit(w);
    if (accepted.send) tunnels_.send(tunnel, *accepted.send);
}

// A LAC that begins calls and does not finish them takes no more room than it leaves, and others find some.
bool Sessions::crowds_out_others(TunnelIndex tunnel) const {
    const TunnelView& view = cx_.store.view(tunnel);
    return view.sessions - view.online > kFewUnfinished + cx_.store.sessions_free();
}

void Sessions::refuse_for_room(TunnelIndex tunnel, const l2tp::Message& icrq, Counter counter, const char* why) {
    cx_.count(counter);
    log_limited(LogLevel::warning, "%s: call of %s refused", why, to_string(cx_.store.view(tunnel).peer).c_str());
    tunnels_.send(
        tunnel, l2tp::refuse(icrq, l2tp::cause(l2tp::CdnResult::no_facilities_temporary, l2tp::Reason::no_resources)));
}

// The call of this ICRQ, if a crash kept the LAC from hearing that it was taken.
std::optional<Sessions::Work> Sessions::taken_before(TunnelIndex tunnel, const l2tp::Message& icrq) const {
    for (const SessionIndex index : cx_.store.sessions_of(tunnel)) {
        if (cx_.store.peer_id(index) != icrq.assigned_session) continue;
        Work w = load(index);
        if (w.core.call.state == l2tp::CallState::wait_connect && w.record.serial == icrq.call_serial) return w;
    }
    return std::nullopt;
}

void Sessions::call_message(TunnelIndex tunnel, SessionId session, const l2tp::Message& message, bool repeated) {
    std::optional<Work> w;
    if (session != SessionId::none) {
        w = load_live(tunnel, session);
    } else { // a CDN of a LAC that has not seen our ICRP names its own id (RFC 2661 4.4.4)
        for (const SessionIndex index : cx_.store.sessions_of(tunnel))
            if (cx_.store.peer_id(index) == message.assigned_session) w = load(index);
    }
    if (!w) return cx_.count(Counter::unknown_session);
    const l2tp::CallEvent event = l2tp::classify(message);
    if (repeated && event == l2tp::CallEvent::ICCN && w->core.call.state == l2tp::CallState::established) return;
    const bool hangup = event == l2tp::CallEvent::CDN;
    const EndReason reason = hangup ? first_reason(*w, EndReason::lac_hangup) : EndReason::lac_refused;
    step(*w, l2tp::receive(w->core.call, message, cx_.now), reason);
}

void Sessions::call_cleared(TunnelIndex tunnel, SessionId session) {
    if (auto w = load_live(tunnel, session)) step(*w, l2tp::cleared(w->core.call, cx_.now), EndReason::lac_hangup);
}

EndReason Sessions::first_reason(const Work& w, EndReason line) {
    return sessiond::first_reason(static_cast<EndReason>(w.record.end_reason), w.core.ppp.reason, line);
}

void Sessions::step(Work& w, const l2tp::CallStep& step, EndReason reason_of_down) {
    if (step.change == l2tp::CallChange::down) begin_end(w, reason_of_down);
    if (step.change == l2tp::CallChange::up) start_ppp(w);
    commit(w);
    if (step.send) tunnels_.send(w.record.tunnel, *step.send);
    if (w.record.state == shm::SessionState::closing) go_on_ending(w);
}

void Sessions::start_ppp(Work& w) {
    cx_.count(Counter::calls_opened);
    if (w.core.call.sequencing_required) cx_.count(Counter::calls_sequenced);
    w.record.state = shm::SessionState::starting;
    w.record.tx_speed = w.core.call.tx_speed;
    w.record.rx_speed = w.core.call.rx_speed;
    w.record.mru = mru(w);
    ppp::Effects effects;
    ppp::start(w.core.ppp, cx_.ppp, cx_.now, cx_.rng, effects);
    run(w, effects);
}

void Sessions::ppp_frame(TunnelIndex tunnel, SessionId session, Bytes frame) {
    cx_.count(Counter::ppp_received);
    auto w = load_live(tunnel, session);
    if (!w) return cx_.count(Counter::unknown_session);
    if (w->record.state != shm::SessionState::starting && w->record.state != shm::SessionState::open)
        return cx_.count(Counter::session_not_ready);
    if (w->record.awaits_wish) settle_wish(*w, frame);
    ppp::Effects effects;
    ppp::receive(w->core.ppp, cx_.ppp, frame, cx_.now, cx_.rng, effects);
    run(*w, effects);
    if (w->record.state != shm::SessionState::closing) commit(*w);
}

// Carries out what PPP asks for. Frames only go into the outbox, which is sent after every commit of
// the batch; what leaves at once, a message to another process, commits first.
void Sessions::run(Work& w, ppp::Effects& effects) {
    for (ppp::Effect& effect : effects) {
        if (const auto* frame = std::get_if<ppp::SendFrame>(&effect)) {
            send_frame(w, frame->bytes);
        } else if (const auto* question = std::get_if<ppp::AuthRequest>(&effect)) {
            ask(w, *question);
        } else if (std::holds_alternative<ppp::NetworkUp>(effect)) {
            network_up(w);
        } else if (std::holds_alternative<ppp::NetworkDown>(effect)) {
            network_down(w);
        } else if (const auto* finished = std::get_if<ppp::Finished>(&effect)) {
            const auto noted = static_cast<EndReason>(w.record.end_reason);
            const EndReason reason = noted != EndReason::none ? noted : from_ppp(finished->reason);
            step(w, l2tp::disconnect(w.core.call, cdn_cause(reason), cx_.now), reason);
        } else if (const auto* count = std::get_if<ppp::Count>(&effect)) {
            cx_.count(count->counter);
        }
    }
}

void Sessions::send_frame(const Work& w, Bytes frame) {
    cx_.count(Counter::ppp_sent);
    const TunnelView& view = cx_.store.view(w.record.tunnel);
    const bool sequenced = w.core.call.sequencing_required;
    std::vector<std::uint8_t> datagram(l2tp::kMaxDataHeaderSize + frame.size());
    Writer out(datagram);
    l2tp::encode_data_header(out, view.peer_id, w.record.peer_id, {.sequence = sequenced}, frame.size());
    out.bytes(frame);
    datagram.resize(out.size());
    if (!sequenced) return cx_.outbox.add(view.peer, view.local, std::move(datagram));
    const std::uint32_t way = w.record.address.is_set() ? w.record.address.value & 0xff : raw(w.index);
    cx_.outbox.add({{view.peer, view.local, std::move(datagram)}, w.index, w.record.generation, way});
}

void Sessions::ask(Work& w, const ppp::AuthRequest& question) {
    const bool renamed = w.record.acct_state != shm::AcctState::none && w.record.user.view() != question.user.view();
    if (renamed) { // a login under another name is another session, which needs another call
        const EndReason reason = EndReason::subscriber_hangup;
        return step(w, l2tp::disconnect(w.core.call, cdn_cause(reason), cx_.now), reason);
    }
    const bool user_fits = w.record.user.assign(question.user.view());
    w.record.auth_method = static_cast<std::uint8_t>(question.method == ppp::AuthMethod::chap ? imsg::AuthMethod::chap
                                                                                              : imsg::AuthMethod::pap);
    w.record.auth_request = question.serial;
    w.record.auth_pending = true;
    if (!user_fits) {
        cx_.count(Counter::user_name_too_long);
        return refuse(w, "", EndReason::login_refused);
    }
    const imsg::AuthRequest request = auth_request(w.index, w.record, tunnel_id(w), lac(w), question);
    if (request.password.view() != question.password.reveal()) {
        cx_.count(Counter::password_too_long);
        return refuse(w, "", EndReason::login_refused);
    }
    commit(w);
    aaa_.ask(request);
}

void Sessions::network_up(Work& w) {
    if (w.record.state == shm::SessionState::starting) {
        cx_.count(Counter::sessions_opened);
        if (log_wanted(LogLevel::info))
            log_info("session %u: %s is online at %s", raw(w.index), escape(w.record.user.view()).c_str(),
                     to_string(w.record.address).c_str());
    }
    w.record.state = shm::SessionState::open;
    w.record.forwarding = true;
    w.record.mru = std::min(w.record.mru, w.core.ppp.peer.mru);
    commit(w);
    const shm::SessionAaa aaa = w.record.has_aaa ? cx_.store.aaa(w.index) : shm::SessionAaa{};
    const TunnelView& view = cx_.store.view(w.record.tunnel);
    shm::ForwardRecord forward;
    forward.generation = w.record.generation;
    forward.address = w.record.address;
    forward.peer = view.peer.address;
    forward.local = view.local;
    forward.peer_port = view.peer.port;
    forward.peer_tunnel = view.peer_id;
    forward.peer_session = w.record.peer_id;
    forward.mru = w.record.mru;
    forward.route_count = aaa.route_count;
    forward.flags = forward_flags(w, aaa);
    forwarding_.activate(w.index, forward);
    add_routes(w);
}

void Sessions::network_down(Work& w) {
    if (w.record.state != shm::SessionState::open) return;
    w.record.state = shm::SessionState::starting;
    commit(w);
    forwarding_.remove(w.index, w.record.generation);
}

void Sessions::note_traffic(Work& w) const {
    const std::uint64_t last = cx_.traffic.sum(w.index).last_up;
    const MonoTime seen = from_ticks(last);
    if (last != 0 && seen > w.record.created) ppp::alive(w.core.ppp, seen);
}

MonoTime Sessions::idle_deadline(const Work& w) const {
    const shm::SessionCounters c = cx_.traffic.sum(w.index);
    const MonoTime last = std::max(
        {w.record.opened, w.record.last_traffic, w.core.ppp.opened_at, from_ticks(std::max(c.last_up, c.last_down))});
    return last + std::chrono::seconds(w.record.idle_timeout);
}

void Sessions::tick(SessionIndex session) {
    Work w = load(session);
    if (w.record.state == shm::SessionState::free) return;
    if (w.core.call.deadline != MonoTime{}) step(w, l2tp::tick(w.core.call, cx_.now), EndReason::connect_timeout);
    if (w.record.state != shm::SessionState::starting && w.record.state != shm::SessionState::open) return;
    note_traffic(w);
    ppp::Effects effects;
    ppp::tick(w.core.ppp, cx_.ppp, cx_.now, cx_.rng, effects);
    run(w, effects);
    if (w.record.state == shm::SessionState::open) check_timeouts(w);
    if (w.record.state != shm::SessionState::closing) commit(w);
}

void Sessions::check_timeouts(Work& w) {
    const auto over = [&](std::uint32_t seconds) {
        return seconds != 0 && cx_.now >= w.record.opened + std::chrono::seconds(seconds);
    };
    const bool idle = w.record.idle_timeout != 0 && cx_.now >= idle_deadline(w);
    if (over(w.record.session_timeout) || idle) {
        commit(w);
        end(w.index, idle ? EndReason::idle_timeout : EndReason::session_timeout);
        w = load(w.index);
        return;
    }
    if (w.record.next_interim != MonoTime{} && cx_.now >= w.record.next_interim) interim(w);
}

void Sessions::schedule(const Work& w) {
    MonoTime next = kNever;
    const auto consider = [&next](MonoTime at) {
        if (at != MonoTime{}) next = std::min(next, at);
    };
    consider(w.core.call.deadline);
    if (w.record.state == shm::SessionState::starting || w.record.state == shm::SessionState::open)
        next = std::min(next, ppp::next_deadline(w.core.ppp));
    if (next == w.core.ppp.echo.due) next = on_the_beat(next, raw(w.record.tunnel));
    if (w.record.state == shm::SessionState::open) {
        if (w.record.session_timeout != 0) consider(w.record.opened + std::chrono::seconds(w.record.session_timeout));
        if (w.record.idle_timeout != 0) consider(idle_deadline(w));
        consider(w.record.next_interim);
    }
    cx_.session_timers.schedule(raw(w.index), next);
}

} // namespace lns::sessiond
