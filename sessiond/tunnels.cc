// SPDX-License-Identifier: ISC
#include "sessiond/tunnels.h"

#include "lib/base/escape.h"
#include "lib/base/log.h"

namespace lns::sessiond {

namespace {

shm::TunnelState shown_state(l2tp::ControlState state) {
    switch (state) {
    case l2tp::ControlState::wait_ctl_conn:
        return shm::TunnelState::opening;
    case l2tp::ControlState::established:
        return shm::TunnelState::open;
    case l2tp::ControlState::closing:
    case l2tp::ControlState::closed_linger:
        return shm::TunnelState::dieing;
    default:
        return shm::TunnelState::free;
    }
}

std::string describe(const shm::TunnelRecord& record) {
    return "tunnel " + std::to_string(raw(record.local_id)) + " (" + to_string(record.peer) + " " +
           escape(record.host_name.view()) + ")";
}

constexpr std::size_t kMaxWarned = 4096;
constexpr std::chrono::milliseconds kBetweenLooks{100}; // over the whole table, in vain
constexpr std::chrono::milliseconds kAckDelay{5};
constexpr std::uint16_t kMostUnacked = 4; // of messages whose acknowledgement waits: well below any window we advertise
constexpr std::chrono::seconds kPipelines{1}; // so long a LAC counts as one that does not wait

const l2tp::Cause kNoRoom = l2tp::cause(l2tp::StopResult::general_error, l2tp::Reason::no_resources,
                                        static_cast<std::uint16_t>(l2tp::GeneralError::no_resources));

} // namespace

Tunnels::Tunnels(Context& context)
    : cx_(context), states_(context.store.tunnel_slots()), crowd_(context.rng.u64()), applicants_(context.rng),
      budget_(context.rng.u64()) {}

Tunnels::State& Tunnels::state(TunnelIndex tunnel) {
    auto& slot = states_[raw(tunnel)];
    if (!slot) slot = std::make_unique<State>();
    return *slot;
}

void Tunnels::attach() {
    for (std::uint32_t i = 1; i < cx_.store.tunnel_slots(); ++i) {
        const TunnelIndex index{i};
        const TunnelView& view = cx_.store.view(index);
        if (view.state == shm::TunnelState::free) continue;
        by_peer_.emplace(PeerKey{view.peer, raw(view.peer_id)}, index);
        set_half_open(index, view.state == shm::TunnelState::opening);
        state(index).recovered = true;
        const l2tp::ControlConnection cc = stored(index);
        state(index).recovered_nr = cc.nr;
        note_owed(index, cc);
        cx_.tunnel_timers.schedule(i, cx_.now);
    }
}

void Tunnels::receive(const imsg::Datagram& datagram, const l2tp::Header& header) {
    cx_.count(Counter::control_received);
    if (const auto counter = received_counter(header.payload)) cx_.count(*counter);
    cx_.messages.write("from", datagram.peer, header, cx_.now);
    if (header.tunnel == TunnelId::none) return receive_sccrq(datagram, header);
    const TunnelIndex tunnel = cx_.store.find_tunnel(header.tunnel);
    if (tunnel == TunnelIndex::none) return receive_applicant(datagram, header);
    if (cx_.store.view(tunnel).peer != datagram.peer) return cx_.count(Counter::wrong_peer);
    receive_for(tunnel, header);
}

void Tunnels::receive_for(TunnelIndex tunnel, const l2tp::Header& header) {
    State& s = state(tunnel);
    if (s.ack_owed && !header.payload.empty()) s.pipelined = cx_.now;
    s.repeated = s.recovered && static_cast<std::uint16_t>(header.ns - s.recovered_nr) < l2tp::kMaxReceiveWindow;
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        l2tp::receive(cc, header, s.early, config, cx_.now, effects);
        if (static_cast<std::uint16_t>(cc.nr - s.recovered_nr) > l2tp::kMaxReceiveWindow) s.recovered = false;
    });
}

void Tunnels::receive_sccrq(const imsg::Datagram& datagram, const l2tp::Header& header) {
    if (over_half_open_limit(datagram.peer.address) && !crowd_.lets_in(datagram, cx_.now))
        return cx_.count(Counter::half_open_limit);
    l2tp::Message message;
    const l2tp::WireError error = l2tp::decode_message(header.payload, cx_.l2tp_secret.reveal_octets(), message);
    if (error != l2tp::WireError::none) return cx_.count(error);
    if (message.type == l2tp::MessageType::StopCCN) return receive_stray_stop(datagram, header);
    if (message.type != l2tp::MessageType::SCCRQ) return cx_.count(Counter::unknown_tunnel);
    if (!retransmitted(datagram, header, message)) open(datagram, header, message);
}

void Tunnels::receive_stray_stop(const imsg::Datagram& datagram, const l2tp::Header& header) {
    const auto peer_id = l2tp::stop_ccn_of(header, cx_.l2tp_secret.reveal_octets());
    if (!peer_id) return cx_.count(Counter::unknown_tunnel);
    const auto found = by_peer_.find({datagram.peer, raw(*peer_id)});
    if (found == by_peer_.end()) return cx_.count(Counter::unknown_tunnel);
    receive_for(found->second, header);
}

bool Tunnels::retransmitted(const imsg::Datagram& datagram, const l2tp::Header& header, const l2tp::Message& sccrq) {
    const auto [first, last] = by_peer_.equal_range({datagram.peer, raw(sccrq.assigned_tunnel)});
    for (auto it = first; it != last; ++it) {
        const TunnelIndex tunnel = it->second;
        const auto cc = stored(tunnel);
        if (!l2tp::is_retransmission_of(cc, header, sccrq)) continue;
        receive_for(tunnel, header);
        return true;
    }
    return false;
}

bool Tunnels::reflected(Ipv4 source, const l2tp::Message& sccrq) const {
    if (sccrq.challenge.empty() || !half_open_from_.contains(source)) return false;
    for (const auto& [key, tunnel] : by_peer_) {
        if (key.first.address != source || cx_.store.view(tunnel).state != shm::TunnelState::opening) continue;
        if (l2tp::is_reflection_of(stored(tunnel), sccrq)) return true;
    }
    return false;
}

bool Tunnels::over_half_open_limit(Ipv4 source) const {
    if (half_open_ >= cx_.config.max_half_open_tunnels) return true;
    const auto from = half_open_from_.find(source);
    return from != half_open_from_.end() && from->second >= cx_.config.max_half_open_per_source;
}

void Tunnels::open(const imsg::Datagram& datagram, const l2tp::Header& header, const l2tp::Message& sccrq) {
    l2tp::Effects effects;
    // Limits first: a flood must not cost a look at every tunnel.
    if (over_half_open_limit(datagram.peer.address)) return answer_applicant(datagram, header, sccrq);
    if (reflected(datagram.peer.address, sccrq)) {
        l2tp::refuse(header, sccrq, l2tp::cause(l2tp::StopResult::not_authorized, l2tp::Reason::challenge_response),
                     effects);
        return answer_unproven(datagram, effects);
    }
    Open opened;
    shm::TunnelRecord& record = opened.record;
    const TunnelIndex tunnel = new_tunnel(record, TunnelId::none);
    if (tunnel == TunnelIndex::none) {
        refuse_for_room(datagram.peer);
        l2tp::refuse(header, sccrq, kNoRoom, effects);
        return answer_unproven(datagram, effects);
    }
    const bool flood = half_open_ * 2 >= cx_.config.max_half_open_tunnels;
    if (!l2tp::accept(opened.cc, header, sccrq, record.local_id, cx_.tunnel_config(flood), cx_.now, cx_.rng, effects)) {
        cx_.store.free_tunnel(tunnel);
        if (cx_.draining) cx_.count(Counter::drained);
        log_limited(LogLevel::info, "SCCRQ of %s (%s) refused", to_string(datagram.peer).c_str(),
                    escape(sccrq.host_name.view()).c_str());
        return answer_unproven(datagram, effects);
    }
    record.peer = datagram.peer;
    record.local_address = datagram.local;
    record.host_name.assign(sccrq.host_name.view());
    record.vendor_name.assign(sccrq.vendor_name.view());
    begin(tunnel, opened);
    carry_out(tunnel, opened, effects);
}

// The rest of a record in the making, and its commit.
void Tunnels::begin(TunnelIndex tunnel, Open& opened) {
    shm::TunnelRecord& record = opened.record;
    record.peer_id = opened.cc.peer_tunnel;
    record.created = cx_.now;
    by_peer_.emplace(PeerKey{record.peer, raw(record.peer_id)}, tunnel);
    commit(tunnel, record, opened.cc);
    log_limited(LogLevel::info, "new %s", describe(record).c_str());
}

TunnelIndex Tunnels::new_tunnel(shm::TunnelRecord& record, TunnelId id) {
    const TunnelIndex tunnel = cx_.store.new_tunnel(record, id);
    if (tunnel != TunnelIndex::none || !forget_oldest_closed()) return tunnel;
    return cx_.store.new_tunnel(record, id);
}

void Tunnels::refuse_for_room(Endpoint peer) {
    cx_.count(Counter::tunnel_table_full);
    log_limited(LogLevel::warning, "tunnel table is full: SCCRQ of %s refused", to_string(peer).c_str());
}

void Tunnels::answer_applicant(const imsg::Datagram& datagram, const l2tp::Header& header, const l2tp::Message& sccrq) {
    budget_.came(datagram.payload.size());
    Applicants::Numbers numbers = applicants_.numbers(datagram, cx_.now);
    TunnelId id{numbers.u16()};
    while (id == TunnelId::none || cx_.store.find_tunnel(id) != TunnelIndex::none)
        id = TunnelId{numbers.u16()};
    l2tp::Effects effects;
    const auto half_open = l2tp::answer(header, sccrq, id, cx_.tunnel_config(true), cx_.now, numbers, effects);
    std::size_t octets = 0;
    for (const l2tp::Effect& effect : effects)
        if (const auto* out = std::get_if<l2tp::SendDatagram>(&effect)) octets += out->bytes.size();
    if (!budget_.spend(datagram.peer.address, octets, cx_.now)) return cx_.count(Counter::half_open_limit);
    if (half_open) {
        cx_.count(Counter::half_open_unrecorded);
        applicants_.keep({datagram.peer, datagram.local, *half_open, cx_.now, sccrq.host_name.view()});
    }
    answer_unproven(datagram, effects);
}

void Tunnels::receive_applicant(const imsg::Datagram& datagram, const l2tp::Header& header) {
    if (!l2tp::is_first_reply(header)) return cx_.count(Counter::unknown_tunnel);
    const auto applicant = applicants_.take(datagram.peer, header.tunnel, cx_.now);
    if (!applicant) return cx_.count(Counter::unknown_tunnel);
    Open opened;
    opened.cc = l2tp::resume(applicant->half_open, cx_.tunnel_config(true), cx_.now);
    const TunnelIndex tunnel = new_tunnel(opened.record, header.tunnel);
    if (tunnel == TunnelIndex::none) {
        refuse_for_room(datagram.peer);
        l2tp::Effects effects;
        l2tp::close(opened.cc, kNoRoom, cx_.tunnel_config(true), cx_.now, effects);
        return answer_unproven(datagram, effects);
    }
    opened.record.peer = applicant->peer;
    opened.record.local_address = applicant->local;
    opened.record.host_name.assign(applicant->host_name.view());
    begin(tunnel, opened);
    receive_for(tunnel, header);
}

// A closed connection is kept to acknowledge again (RFC 2661 5.7), but not at the price of a new one.
bool Tunnels::forget_oldest_closed() {
    if (cx_.now < look_again_) return false;
    TunnelIndex oldest = TunnelIndex::none;
    MonoTime since = kNever;
    for (std::uint32_t i = 1; i < cx_.store.tunnel_slots(); ++i) {
        const TunnelIndex index{i};
        const TunnelView& view = cx_.store.view(index);
        if (view.state != shm::TunnelState::dieing || view.sessions > 0) continue;
        const l2tp::ControlConnection cc = stored(index);
        if (cc.state != l2tp::ControlState::closed_linger || cc.since >= since) continue;
        oldest = index;
        since = cc.since;
    }
    if (oldest == TunnelIndex::none) {
        look_again_ = cx_.now + kBetweenLooks;
        return false;
    }
    abandon(oldest);
    return true;
}

void Tunnels::abandon(TunnelIndex tunnel) {
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig&, l2tp::Effects& effects) {
        l2tp::abandon(cc, l2tp::cause(l2tp::StopResult::general_request, l2tp::Reason::replaced), cx_.now, effects);
    });
}

void Tunnels::answer_unproven(const imsg::Datagram& datagram, l2tp::Effects& effects) {
    for (l2tp::Effect& effect : effects) {
        if (auto* out = std::get_if<l2tp::SendDatagram>(&effect)) {
            cx_.send_control(datagram.peer, datagram.local, std::move(out->bytes));
        } else if (const auto* noted = std::get_if<l2tp::Noted>(&effect)) {
            cx_.count(noted->error);
        }
    }
}

template <class Change>
void Tunnels::work(TunnelIndex tunnel, const Change& change) {
    State& s = state(tunnel);
    if (s.open != nullptr) return apply(tunnel, *s.open, change); // the outermost commits
    Open open;
    open.record = cx_.store.tunnel(tunnel);
    open.cc = open.record.core.load<l2tp::ControlConnection>();
    s.open = &open;
    apply(tunnel, open, change);
    s.open = nullptr;
    commit(tunnel, open.record, open.cc);
    release_if_over(tunnel, open.cc);
}

template <class Change>
void Tunnels::apply(TunnelIndex tunnel, Open& open, const Change& change) {
    const bool flood = half_open_ * 2 >= cx_.config.max_half_open_tunnels;
    l2tp::Effects effects = take_spare();
    change(open.cc, cx_.tunnel_config(flood), effects);
    carry_out(tunnel, open, effects);
    effects.clear();
    spare_.push_back(std::move(effects));
}

// Effects are large: their memory is kept for the next event. One nested in another needs some of its own.
l2tp::Effects Tunnels::take_spare() {
    if (spare_.empty()) return {};
    l2tp::Effects effects = std::move(spare_.back());
    spare_.pop_back();
    return effects;
}

void Tunnels::commit(TunnelIndex tunnel, shm::TunnelRecord& record, const l2tp::ControlConnection& cc) {
    record.core.store(cc);
    record.authenticated = cc.authenticated;
    // A released connection keeps its slot until its last session is gone.
    const shm::TunnelState shown = shown_state(cc.state);
    const bool ending = shown == shm::TunnelState::free || (record.dropped && shown == shm::TunnelState::open);
    record.state = ending ? shm::TunnelState::dieing : shown;
    cx_.store.save(tunnel, record);
    set_half_open(tunnel, record.state == shm::TunnelState::opening);
    note_owed(tunnel, cc);
    cx_.tunnel_timers.schedule(raw(tunnel), l2tp::next_deadline(cc));
}

void Tunnels::note_owed(TunnelIndex tunnel, const l2tp::ControlConnection& cc) {
    State& s = state(tunnel);
    if (l2tp::ack_needed(cc) && !s.ack_owed) s.ack_due = cx_.now + kAckDelay;
    s.ack_owed = l2tp::ack_needed(cc);
    s.nr = cc.nr;
    if (!s.ack_owed) s.acked_nr = cc.nr;
    if (s.ack_owed && !std::exchange(s.ack_listed, true)) ack_list_.push_back(tunnel);
}

// Datagrams first, so that those which follow from the rest come behind them: they are in the order of their Ns.
// They only go into the outbox, which is sent after every commit of the batch.
void Tunnels::carry_out(TunnelIndex tunnel, const Open& open, l2tp::Effects& effects) {
    for (l2tp::Effect& effect : effects) {
        auto* out = std::get_if<l2tp::SendDatagram>(&effect);
        if (out == nullptr) continue;
        cx_.send_control(open.record.peer, open.record.local_address, std::move(out->bytes));
    }
    for (const l2tp::Effect& effect : effects) {
        if (const auto* noted = std::get_if<l2tp::Noted>(&effect)) {
            cx_.count(noted->error);
            log_limited(LogLevel::call, "tunnel %u: %s", raw(open.record.local_id), l2tp::name(noted->error).data());
        } else if (std::holds_alternative<l2tp::WindowOpen>(effect)) {
            drain_backlog(tunnel);
        } else if (const auto* up = std::get_if<l2tp::TunnelUp>(&effect)) {
            went_up(tunnel, open.record, up->authenticated);
        } else if (const auto* down = std::get_if<l2tp::TunnelDown>(&effect)) {
            went_down(tunnel, open.record, *down);
        } else {
            carry_out_call(tunnel, effect);
        }
    }
}

void Tunnels::carry_out_call(TunnelIndex tunnel, const l2tp::Effect& effect) {
    const bool repeated = state(tunnel).repeated;
    if (const auto* call = std::get_if<l2tp::IncomingCall>(&effect))
        calls_->incoming_call(tunnel, call->message, repeated);
    else if (const auto* message = std::get_if<l2tp::CallMessage>(&effect))
        calls_->call_message(tunnel, message->session, message->message, repeated);
    else if (const auto* cleared = std::get_if<l2tp::CallCleared>(&effect))
        calls_->call_cleared(tunnel, cleared->session);
}

void Tunnels::went_up(TunnelIndex tunnel, const shm::TunnelRecord& record, bool authenticated) {
    cx_.count(Counter::tunnels_opened);
    log_info("%s is open", describe(record).c_str());
    if (!authenticated && warned_unauthenticated_.size() < kMaxWarned &&
        warned_unauthenticated_.insert(record.peer.address).second)
        log_warnx("LAC %s did not authenticate its tunnel: see l2tp_require_auth",
                  to_string(record.peer.address).c_str());
    // A LAC that restarted: its older tunnels with the same id are gone (DESIGN 7).
    std::vector<TunnelIndex> older;
    const auto [first, last] = by_peer_.equal_range({record.peer, raw(record.peer_id)});
    for (auto it = first; it != last; ++it)
        if (it->second != tunnel) older.push_back(it->second);
    for (const TunnelIndex old : older)
        abandon(old);
}

void Tunnels::went_down(TunnelIndex tunnel, const shm::TunnelRecord& record, const l2tp::TunnelDown& down) {
    log_info("%s closed%s: %s", describe(record).c_str(), down.by_peer ? " by the LAC" : "",
             l2tp::error_message(down.cause).str().c_str());
    state(tunnel).backlog.clear();
    calls_->tunnel_lost(tunnel, down.cause);
}

// A connection that is released keeps its slot until its last session is gone.
void Tunnels::release_if_over(TunnelIndex tunnel, const l2tp::ControlConnection& cc) {
    const TunnelView& view = cx_.store.view(tunnel);
    if (cc.state != l2tp::ControlState::idle || view.sessions > 0 || view.state == shm::TunnelState::free) return;
    forget_peer_key(tunnel);
    set_half_open(tunnel, false);
    states_[raw(tunnel)].reset();
    cx_.store.free_tunnel(tunnel);
}

void Tunnels::session_freed(TunnelIndex tunnel) {
    if (cx_.store.view(tunnel).state != shm::TunnelState::dieing || state(tunnel).open != nullptr) return;
    release_if_over(tunnel, stored(tunnel));
}

l2tp::ControlConnection Tunnels::stored(TunnelIndex tunnel) const {
    return cx_.store.tunnel(tunnel).core.load<l2tp::ControlConnection>();
}

bool Tunnels::established(TunnelIndex tunnel) const {
    const shm::TunnelState shown = cx_.store.view(tunnel).state;
    if (shown != shm::TunnelState::dieing) return shown == shm::TunnelState::open;
    return stored(tunnel).state == l2tp::ControlState::established; // dropped, and not closed yet
}

bool Tunnels::takes_calls(TunnelIndex tunnel) const {
    const State* s = states_[raw(tunnel)].get();
    if (s == nullptr || s->open == nullptr) return cx_.store.view(tunnel).state == shm::TunnelState::open;
    return s->open->cc.state == l2tp::ControlState::established && !s->open->record.dropped;
}

bool Tunnels::holds(TunnelIndex tunnel, l2tp::MessageType type, SessionId session) const {
    return l2tp::holds(stored(tunnel), type, session);
}

std::vector<TunnelIndex> Tunnels::dropped() const {
    std::vector<TunnelIndex> found;
    for (std::uint32_t i = 1; i < cx_.store.tunnel_slots(); ++i) {
        const TunnelIndex index{i};
        if (cx_.store.view(index).state != shm::TunnelState::dieing) continue;
        if (cx_.store.tunnel(index).dropped && stored(index).state == l2tp::ControlState::established)
            found.push_back(index);
    }
    return found;
}

void Tunnels::send(TunnelIndex tunnel, const l2tp::OutMessage& message) {
    State& s = state(tunnel);
    if (!s.backlog.empty()) { // in order
        s.backlog.push_back(message);
        return;
    }
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        if (l2tp::send(cc, message, config, cx_.now, effects) == l2tp::SendResult::full) s.backlog.push_back(message);
    });
}

void Tunnels::drain_backlog(TunnelIndex tunnel) {
    State& s = state(tunnel);
    if (s.backlog.empty()) return;
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        while (!s.backlog.empty()) {
            const l2tp::SendResult result = l2tp::send(cc, s.backlog.front(), config, cx_.now, effects);
            if (result == l2tp::SendResult::full) return;
            s.backlog.pop_front();
        }
    });
}

void Tunnels::close(TunnelIndex tunnel, const l2tp::Cause& cause) {
    if (cx_.store.view(tunnel).state == shm::TunnelState::free) return;
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        l2tp::close(cc, cause, config, cx_.now, effects);
    });
}

void Tunnels::mark_dropped(TunnelIndex tunnel) {
    shm::TunnelRecord record = cx_.store.tunnel(tunnel);
    record.dropped = true;
    commit(tunnel, record, record.core.load<l2tp::ControlConnection>());
}

bool Tunnels::closing(TunnelIndex tunnel) const { return stored(tunnel).state == l2tp::ControlState::closing; }

void Tunnels::tick(TunnelIndex tunnel) {
    if (cx_.store.view(tunnel).state == shm::TunnelState::free) return;
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        l2tp::tick(cc, config, cx_.now, effects);
    });
}

void Tunnels::flush_acks() {
    std::vector<TunnelIndex> list;
    list.swap(ack_list_);
    for (const TunnelIndex tunnel : list) {
        if (!states_[raw(tunnel)] || cx_.store.view(tunnel).state == shm::TunnelState::free) continue;
        State& s = state(tunnel);
        if (s.ack_owed && ack_may_wait(tunnel, s)) {
            ack_list_.push_back(tunnel);
            continue;
        }
        s.ack_listed = false;
        if (!s.ack_owed) continue;
        work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig&, l2tp::Effects& effects) {
            if (l2tp::ack_needed(cc)) l2tp::flush_ack(cc, effects);
        });
    }
}

bool Tunnels::ack_may_wait(TunnelIndex tunnel, const State& s) const {
    return cx_.now < s.ack_due && cx_.now < s.pipelined + kPipelines &&
           static_cast<std::uint16_t>(s.nr - s.acked_nr) < kMostUnacked &&
           cx_.store.view(tunnel).state == shm::TunnelState::open && !cx_.stopping;
}

MonoTime Tunnels::next_ack() const {
    MonoTime next = kNever;
    for (const TunnelIndex tunnel : ack_list_)
        if (const auto& s = states_[raw(tunnel)]) next = std::min(next, s->ack_due);
    return next;
}

void Tunnels::set_half_open(TunnelIndex tunnel, bool half_open) {
    State& s = state(tunnel);
    if (s.half_open == half_open) return;
    s.half_open = half_open;
    const Ipv4 source = cx_.store.view(tunnel).peer.address;
    std::uint32_t& from = half_open_from_[source];
    if (half_open) {
        ++half_open_;
        ++from;
        return;
    }
    --half_open_;
    if (--from == 0) half_open_from_.erase(source);
}

void Tunnels::forget_peer_key(TunnelIndex tunnel) {
    const TunnelView& view = cx_.store.view(tunnel);
    const auto [first, last] = by_peer_.equal_range({view.peer, raw(view.peer_id)});
    for (auto it = first; it != last; ++it) {
        if (it->second != tunnel) continue;
        by_peer_.erase(it);
        return;
    }
}

std::size_t Tunnels::live() const {
    std::size_t n = 0;
    for (std::uint32_t i = 1; i < cx_.store.tunnel_slots(); ++i)
        n += cx_.store.view(TunnelIndex{i}).state != shm::TunnelState::free ? 1 : 0;
    return n;
}

} // namespace lns::sessiond
