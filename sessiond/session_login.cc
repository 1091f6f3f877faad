// SPDX-License-Identifier: ISC
// Sessions: what follows from the answer of radiusd-client.
#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "sessiond/sessions.h"

namespace lns::sessiond {

void Sessions::answered(const imsg::AuthReply& reply) {
    auto w = load_current(reply.session, reply.generation);
    if (!w || !w->record.auth_pending || w->record.auth_request != reply.request) return;
    // The peer may have begun anew since: nobody waits for this answer any more.
    const ppp::Session& link = w->core.ppp;
    if (link.phase != ppp::Phase::waiting_for_aaa || link.auth.serial != reply.request)
        return cx_.count(ppp::Counter::stale_answer);
    switch (reply.verdict) {
    case imsg::AuthVerdict::accept:
        return admit(*w, reply);
    case imsg::AuthVerdict::reject:
        cx_.count(Counter::login_rejected);
        log_limited(LogLevel::warning, "session %u: login of %s refused", raw(w->index),
                    escape(w->record.user.view()).c_str());
        refuse(*w, reply.message.view(), EndReason::login_refused);
        break;
    case imsg::AuthVerdict::unavailable:
        cx_.count(Counter::login_unavailable);
        log_limited(LogLevel::warning, "session %u: nobody answered for the login of %s", raw(w->index),
                    escape(w->record.user.view()).c_str());
        refuse(*w, "", EndReason::aaa_unavailable);
        break;
    }
    if (w->record.state != shm::SessionState::closing) commit(*w);
}

// The subscriber sees the Nak or Failure; the end follows from PPP, for the reason noted here.
void Sessions::refuse(Work& w, std::string_view message, EndReason reason) {
    w.record.auth_pending = false;
    w.record.end_reason = static_cast<std::uint8_t>(reason);
    ppp::Effects effects;
    ppp::rejected(w.core.ppp, cx_.ppp, static_cast<std::uint16_t>(w.record.auth_request), message, cx_.now, cx_.rng,
                  effects);
    run(w, effects);
}

// Ends what stands in the way of this login: older sessions of the user, the holder of the address. The
// first of them that has not let go yet is returned.
std::optional<SessionIndex> Sessions::displace(const Work& w, Ipv4 address) {
    std::vector<SessionIndex> older;
    if (!cx_.config.allow_duplicate_users)
        older = residents_.others(w.record.user.view(), w.index,
                                  [&](SessionIndex s) { return cx_.store.user(s) == w.record.user; });
    if (address.is_set()) {
        const SessionIndex holder = pool_.holder(address);
        if (holder != SessionIndex::none && holder != w.index) older.push_back(holder);
    }
    std::optional<SessionIndex> blocker;
    for (const SessionIndex index : older) {
        if (end(index, EndReason::replaced)) cx_.count(Counter::replaced);
        // Without traffic and accounting to wait for, it is gone already.
        if (cx_.store.session(index).address.is_set()) blocker = index;
    }
    return blocker;
}

std::optional<Ipv4> Sessions::address_for(Work& w, const imsg::AuthReply& reply, const Protected& guard) {
    const AddressChoice choice = choose_address(reply, guard);
    if (choice.wish == AddressWish::fixed) return choice.address;
    if (choice.wish == AddressWish::refused) {
        cx_.count(Counter::address_refused);
        log_limited(LogLevel::warning,
                    "session %u: Framed-IP-Address %s is not for subscribers: one of the pool is given", raw(w.index),
                    to_string(choice.address).c_str());
    }
    if (w.record.address.is_set()) return w.record.address; // LCP was renegotiated: the session keeps it
    return pool_.choose(w.record.user.view());
}

void Sessions::admit(Work& w, const imsg::AuthReply& reply) {
    const Protected guard(cx_.config, lac(w), cx_.store.view(w.record.tunnel).local);
    const AddressChoice choice = choose_address(reply, guard);
    if (const auto blocker = displace(w, choice.wish == AddressWish::fixed ? choice.address : Ipv4{})) {
        residents_.park(*blocker, reply);
        return;
    }
    const auto address = address_for(w, reply, guard);
    if (!address) {
        cx_.count(Counter::pool_empty);
        log_limited(LogLevel::warning, "session %u: no address is free for %s", raw(w.index),
                    escape(w.record.user.view()).c_str());
        end(w.index, EndReason::no_address);
        return;
    }
    cx_.count(Counter::login_accepted);
    const bool first = w.record.acct_state == shm::AcctState::none;
    if (!first) { // LCP was renegotiated: what this login does not give again is gone
        residents_.remove(w.index);
        remove_routes(w);
    }
    if (w.record.address.is_set() && w.record.address != *address) pool_.release(w.record.address, cx_.now);
    unsigned refused_routes = 0;
    w.record.mru = mru(w); // anew at each log-in: an earlier negotiation does not bind this one
    const shm::SessionAaa before = w.record.has_aaa ? cx_.store.aaa(w.index) : shm::SessionAaa{};
    shm::SessionAaa aaa;
    apply_reply(reply, guard, w.record, aaa, refused_routes);
    keep_orders(before, w.record, aaa);
    cx_.count(Counter::route_refused, refused_routes);
    if (w.record.has_aaa) cx_.store.save(w.index, aaa);
    warn_of_undefined_filters(w, aaa);
    if (!w.record.dns1.is_set()) w.record.dns1 = cx_.config.primary_dns;
    if (!w.record.dns2.is_set()) w.record.dns2 = cx_.config.secondary_dns;
    w.record.address = *address;
    w.record.auth_pending = false;
    if (first) {
        w.record.opened = cx_.now;
        w.record.opened_wall = unix_seconds();
    }
    pool_.take(*address, w.index, w.record.generation, w.record.user.view());
    residents_.add(w.record.user.view(), w.index);
    log_warnx("Login by %s at %s from %s", escape(w.record.user.view()).c_str(), to_string(*address).c_str(),
              to_string(lac(w)).c_str());
    w.record.awaits_wish = first && choice.wish == AddressWish::peers_choice;
    if (first && !w.record.awaits_wish) account(w, imsg::AcctKind::start);
    ppp::Effects effects;
    ppp::authenticated(w.core.ppp, cx_.ppp, static_cast<std::uint16_t>(w.record.auth_request),
                       {w.record.address, w.record.dns1, w.record.dns2}, reply.message.view(), cx_.now, cx_.rng,
                       effects);
    run(w, effects);
    if (w.record.state != shm::SessionState::closing) commit(w);
}

// RFC 2865 5.8, 255.255.255.255: the peer has the address it asks for, if that is free. Accounting starts with it.
void Sessions::settle_wish(Work& w, Bytes frame) {
    const auto wish = ppp::wished_address(frame);
    if (!wish || w.core.ppp.phase != ppp::Phase::network) return;
    w.record.awaits_wish = false;
    const Protected guard(cx_.config, lac(w), cx_.store.view(w.record.tunnel).local);
    if (pool_.in_pool(*wish) && pool_.holder(*wish) == SessionIndex::none && !guard.refuses(*wish)) {
        pool_.release(w.record.address, cx_.now);
        w.record.address = *wish;
        pool_.take(*wish, w.index, w.record.generation, w.record.user.view());
        ppp::assign_address(w.core.ppp, *wish);
    }
    account(w, imsg::AcctKind::start);
}

void Sessions::account(Work& w, imsg::AcctKind kind) {
    if (kind == imsg::AcctKind::start) {
        w.record.acct_state = shm::AcctState::start_sent;
        const std::uint32_t seconds =
            w.record.interim_interval != 0 ? w.record.interim_interval : cx_.config.radius_interim;
        w.record.next_interim = seconds != 0 ? cx_.now + std::chrono::seconds(seconds) : MonoTime{};
    }
    if (kind == imsg::AcctKind::stop) w.record.acct_state = shm::AcctState::stop_sent;
    commit(w);
    const MonoTime until = accounted_until(w);
    const std::int64_t event = unix_seconds() - whole_seconds(cx_.now - until);
    const auto seconds = static_cast<std::uint32_t>(std::max<std::int64_t>(whole_seconds(until - w.record.opened), 0));
    const shm::SessionAaa aaa = w.record.has_aaa ? cx_.store.aaa(w.index) : shm::SessionAaa{};
    w.record.acct_sequence = aaa_.account(
        acct_request(w.index, w.record, aaa, tunnel_id(w), lac(w), kind, cx_.used(w.index, w.record), event, seconds));
}

// One that nobody served any more is not charged for the time since.
MonoTime Sessions::accounted_until(const Work& w) const {
    return w.record.created < cx_.close_before ? std::min(cx_.now, cx_.served_until) : cx_.now;
}

void Sessions::account_server(imsg::AcctKind kind) {
    imsg::AcctRequest request{};
    request.kind = kind;
    request.acct_session_id = static_cast<std::uint64_t>(unix_seconds()) << 32 | cx_.rng.u32();
    request.event_time = unix_seconds();
    aaa_.account(request);
}

void Sessions::interim(Work& w) {
    const std::uint32_t seconds =
        w.record.interim_interval != 0 ? w.record.interim_interval : cx_.config.radius_interim;
    w.record.next_interim = seconds != 0 ? cx_.now + std::chrono::seconds(seconds) : MonoTime{};
    account(w, imsg::AcctKind::interim);
}

void Sessions::stored(const imsg::AcctStored& b) {
    auto w = load_current(b.session, b.generation);
    if (!w) return;
    if (b.kind == imsg::AcctKind::start && w->record.acct_state == shm::AcctState::start_sent) {
        w->record.acct_state = shm::AcctState::started;
        commit(*w);
    }
    if (b.kind == imsg::AcctKind::stop && w->record.acct_state == shm::AcctState::stop_sent) {
        w->record.acct_state = shm::AcctState::stopped;
        commit(*w);
        go_on_ending(*w);
    }
}

} // namespace lns::sessiond
