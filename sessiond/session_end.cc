// SPDX-License-Identifier: ISC
// Sessions: the end, and going on after a crash. The order is: CDN, forwarding removed and confirmed,
// Stop record in the spool, name and address released, slot free (DESIGN 6).
#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "sessiond/sessions.h"

namespace lns::sessiond {

bool Sessions::end(SessionIndex session, EndReason reason) {
    if (raw(session) == 0 || raw(session) >= cx_.store.session_slots()) return false;
    Work w = load(session);
    if (w.record.state == shm::SessionState::free || w.record.state == shm::SessionState::closing) return false;
    if (w.record.state != shm::SessionState::connecting) {
        ppp::Effects effects;
        ppp::close(w.core.ppp, cx_.ppp, ppp::Reason::administrative, cx_.now, cx_.rng, effects);
        for (const ppp::Effect& effect : effects) // the Terminate-Request, for politeness; its answer is not awaited
            if (const auto* frame = std::get_if<ppp::SendFrame>(&effect)) send_frame(w, frame->bytes);
    }
    step(w, l2tp::disconnect(w.core.call, cdn_cause(reason), cx_.now), reason);
    return true;
}

// The first step: from here on the session is closing. The caller commits.
void Sessions::begin_end(Work& w, EndReason reason) {
    if (w.record.state == shm::SessionState::closing) return;
    if (w.record.auth_pending) aaa_.cancel(w.index, w.record.generation);
    w.record.state = shm::SessionState::closing;
    w.record.auth_pending = false;
    w.record.end_reason = static_cast<std::uint8_t>(reason);
    w.record.terminate_cause = end_reason(reason).terminate_cause;
    cx_.count(Counter::sessions_ended);
    log_end(w);
    commit(w);
    if (w.record.forwarding) forwarding_.remove(w.index, w.record.generation);
}

void Sessions::tunnel_lost(TunnelIndex tunnel, const l2tp::Cause& cause) {
    lost_.push_back({tunnel, cx_.store.view(tunnel).generation, cause});
    if (lost_.size() == 1) end_some();
}

void Sessions::end_some() {
    const LostTunnel lost = lost_.front();
    const auto over = [&](std::size_t block) {
        return cx_.store.view(lost.tunnel).generation != lost.generation || block >= cx_.store.blocks_of(lost.tunnel);
    };
    if (!over(lost.block)) {
        for (const SessionIndex index : cx_.store.sessions_in(lost.tunnel, lost.block)) {
            Work w = load(index);
            step(w, l2tp::tunnel_lost(w.core.call, lost.cause, cx_.now), first_reason(w, EndReason::tunnel_lost));
        }
        ++lost_.front().block;
    }
    if (over(lost.block + 1)) lost_.pop_front();
}

void Sessions::log_end(const Work& w) const {
    log_warnx("Shutting down session %u (%s): %s", raw(w.index), escape(w.record.user.view()).c_str(),
              end_reason(static_cast<EndReason>(w.record.end_reason)).text.data());
}

void Sessions::go_on_ending(Work& w) {
    if (w.record.state != shm::SessionState::closing || w.record.forwarding) return;
    if (w.record.acct_state == shm::AcctState::start_sent || w.record.acct_state == shm::AcctState::started)
        account(w, imsg::AcctKind::stop);
    if (w.record.acct_state == shm::AcctState::stop_sent) return;
    if (w.record.address.is_set()) let_go(w);
    // The call's ids are the LAC's too until it has acknowledged our CDN (RFC 2661 5.7).
    if (w.core.call.state != l2tp::CallState::idle) return;
    const TunnelIndex tunnel = w.record.tunnel;
    cx_.store.free_session(w.index);
    w.record.state = shm::SessionState::free;
    tunnels_.session_freed(tunnel);
}

std::vector<Prefix4> Sessions::routes_for(const Work& w) const {
    std::vector<Prefix4> routes;
    if (w.record.has_aaa) routes = routes_of(cx_.store.aaa(w.index));
    if (!pool_.in_pool(w.record.address)) routes.insert(routes.begin(), {w.record.address, 32});
    return routes;
}

void Sessions::add_routes(const Work& w) {
    for (const Prefix4& route : routes_for(w))
        routes_.add(route);
    if (sweep_) sweep_->routed[raw(w.index)] = true;
}

void Sessions::remove_routes(const Work& w) {
    // Not counted in this sync: they go at its end, if nobody else wants them.
    if (sweep_ && !sweep_->routed[raw(w.index)]) return;
    for (const Prefix4& route : routes_for(w))
        routes_.remove(route);
    if (sweep_) sweep_->routed[raw(w.index)] = false;
}

// Name, address and routes are free; logins that waited for them go on.
void Sessions::let_go(Work& w) {
    remove_routes(w);
    residents_.remove(w.index);
    pool_.release(w.record.address, cx_.now);
    w.record.address = {};
    commit(w);
    for (const imsg::AuthReply& reply : residents_.unpark(w.index))
        answered(reply);
}

void Sessions::forwarding_removed(SessionIndex session, Generation generation) {
    auto w = load_current(raw(session), raw(generation));
    if (!w || w->record.state == shm::SessionState::open) return;
    w->record.forwarding = false;
    commit(*w);
    cx_.store.save(session, shm::ForwardRecord{});
    go_on_ending(*w);
}

bool Sessions::tunnel_lives(const Work& w) const {
    const TunnelView& view = cx_.store.view(w.record.tunnel);
    return view.generation == w.record.tunnel_generation && tunnels_.established(w.record.tunnel);
}

void Sessions::attach() {
    if (cx_.store.sessions_in_use() == 0 && !cx_.stopping) account_server(imsg::AcctKind::on);
    routes_.begin_sync();
    for (const SessionIndex session : cx_.store.all_sessions())
        attach_one(session);
    pool_.settle(cx_.now);
    routes_.end_sync();
}

void Sessions::close_left_alone() {
    for (const SessionIndex session : cx_.store.all_sessions())
        if (load(session).record.created < cx_.close_before) end(session, EndReason::left_alone);
}

void Sessions::attach_one(SessionIndex index) {
    Work w = load(index);
    if (w.record.state == shm::SessionState::free) return;
    refresh_burst(w); // the setting may have changed meanwhile
    if (w.record.address.is_set()) {
        pool_.take(w.record.address, index, w.record.generation, w.record.user.view());
        residents_.add(w.record.user.view(), index);
    }
    if (w.record.acct_state == shm::AcctState::start_sent) account(w, imsg::AcctKind::start);
    // Who has confirmed a removal is forgotten: all are asked again.
    if (w.record.forwarding && w.record.state != shm::SessionState::open)
        forwarding_.remove(index, w.record.generation);
    if (!w.record.forwarding && cx_.store.forward(index).state != shm::ForwardState::none)
        cx_.store.save(index, shm::ForwardRecord{});
    if (w.record.state == shm::SessionState::closing) return attach_closing(w);
    if (!tunnel_lives(w)) {
        const auto cause = l2tp::cause(l2tp::CdnResult::loss_of_carrier, l2tp::Reason::tunnel_lost);
        return step(w, l2tp::tunnel_lost(w.core.call, cause, cx_.now), EndReason::tunnel_lost);
    }
    if (w.record.state == shm::SessionState::connecting) return schedule(w);
    w.record.auth_pending = false;
    ppp::Effects effects;
    ppp::recover(w.core.ppp, cx_.ppp, cx_.now, cx_.rng, effects);
    run(w, effects);
    if (w.record.state != shm::SessionState::closing) commit(w);
}

void Sessions::attach_closing(Work& w) {
    if (w.record.acct_state == shm::AcctState::stop_sent) w.record.acct_state = shm::AcctState::started;
    commit(w);
    // A CDN that the tunnel does not know of never left.
    if (w.core.call.state == l2tp::CallState::closing &&
        !tunnels_.holds(w.record.tunnel, l2tp::MessageType::CDN, w.record.local_id))
        tunnels_.send(w.record.tunnel, l2tp::cdn(w.record.local_id, w.record.peer_id,
                                                 cdn_cause(static_cast<EndReason>(w.record.end_reason))));
    go_on_ending(w);
}

} // namespace lns::sessiond
