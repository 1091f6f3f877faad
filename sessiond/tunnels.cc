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

} // namespace

Tunnels::Tunnels(Context& context) : cx_(context), states_(context.store.tunnel_slots()) {}

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
        cx_.tunnel_timers.schedule(i, cx_.now);
    }
}

void Tunnels::receive(const imsg::Datagram& datagram, const l2tp::Header& header) {
    cx_.count(Counter::control_received);
    if (const auto counter = received_counter(header.payload)) cx_.count(*counter);
    if (header.tunnel == TunnelId::none) return receive_sccrq(datagram, header);
    const TunnelIndex tunnel = cx_.store.find_tunnel(header.tunnel);
    if (tunnel == TunnelIndex::none) return cx_.count(Counter::unknown_tunnel);
    if (cx_.store.view(tunnel).peer != datagram.peer) return cx_.count(Counter::wrong_peer);
    receive_for(tunnel, header);
}

void Tunnels::receive_for(TunnelIndex tunnel, const l2tp::Header& header) {
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        l2tp::receive(cc, header, state(tunnel).early, config, cx_.now, effects);
    });
}

void Tunnels::receive_sccrq(const imsg::Datagram& datagram, const l2tp::Header& header) {
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
        const auto cc = cx_.store.tunnel(tunnel).core.load<l2tp::ControlConnection>();
        if (!l2tp::is_retransmission_of(cc, header, sccrq)) continue;
        receive_for(tunnel, header);
        return true;
    }
    return false;
}

bool Tunnels::reflected(Ipv4 source, const l2tp::Message& sccrq) const {
    if (sccrq.challenge.empty()) return false;
    for (const auto& [key, tunnel] : by_peer_) {
        if (key.first.address != source || cx_.store.view(tunnel).state != shm::TunnelState::opening) continue;
        if (l2tp::is_reflection_of(cx_.store.tunnel(tunnel).core.load<l2tp::ControlConnection>(), sccrq)) return true;
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
    // Limits first: a flood must not cost a look at every tunnel. Without a word: the source is not proven.
    if (over_half_open_limit(datagram.peer.address)) return cx_.count(Counter::half_open_limit);
    if (reflected(datagram.peer.address, sccrq)) {
        l2tp::refuse(header, sccrq, l2tp::cause(l2tp::StopResult::not_authorized, l2tp::Reason::challenge_response),
                     effects);
        return answer_unproven(datagram, effects);
    }
    shm::TunnelRecord record;
    const TunnelIndex tunnel = cx_.store.new_tunnel(record);
    if (tunnel == TunnelIndex::none) {
        cx_.count(Counter::tunnel_table_full);
        log_warnx("tunnel table is full: SCCRQ of %s refused", to_string(datagram.peer).c_str());
        l2tp::refuse(header, sccrq,
                     l2tp::cause(l2tp::StopResult::general_error, l2tp::Reason::no_resources,
                                 static_cast<std::uint16_t>(l2tp::GeneralError::no_resources)),
                     effects);
        return answer_unproven(datagram, effects);
    }
    l2tp::ControlConnection cc;
    const bool flood = half_open_ * 2 >= cx_.config.max_half_open_tunnels;
    if (!l2tp::accept(cc, header, sccrq, record.local_id, cx_.tunnel_config(flood), cx_.now, cx_.rng, effects)) {
        cx_.store.free_tunnel(tunnel);
        if (cx_.draining) cx_.count(Counter::drained);
        log_info("SCCRQ of %s (%s) refused", to_string(datagram.peer).c_str(), escape(sccrq.host_name.view()).c_str());
        return answer_unproven(datagram, effects);
    }
    record.peer = datagram.peer;
    record.local_address = datagram.local;
    record.peer_id = sccrq.assigned_tunnel;
    record.created = cx_.now;
    record.host_name.assign(sccrq.host_name.view());
    record.vendor_name.assign(sccrq.vendor_name.view());
    by_peer_.emplace(PeerKey{record.peer, raw(record.peer_id)}, tunnel);
    commit(tunnel, record, cc);
    log_info("new %s", describe(record).c_str());
    carry_out(tunnel, effects);
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
    shm::TunnelRecord record = cx_.store.tunnel(tunnel);
    auto cc = record.core.load<l2tp::ControlConnection>();
    const bool flood = half_open_ * 2 >= cx_.config.max_half_open_tunnels;
    l2tp::Effects effects;
    change(cc, cx_.tunnel_config(flood), effects);
    commit(tunnel, record, cc);
    carry_out(tunnel, effects);
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
    if (l2tp::ack_needed(cc) && !std::exchange(state(tunnel).ack_listed, true)) ack_list_.push_back(tunnel);
    cx_.tunnel_timers.schedule(raw(tunnel), l2tp::next_deadline(cc));
}

void Tunnels::carry_out(TunnelIndex tunnel, l2tp::Effects& effects) {
    const TunnelView view = cx_.store.view(tunnel);
    for (l2tp::Effect& effect : effects) {
        if (auto* out = std::get_if<l2tp::SendDatagram>(&effect)) {
            cx_.send_control(view.peer, view.local, std::move(out->bytes));
        } else if (const auto* noted = std::get_if<l2tp::Noted>(&effect)) {
            cx_.count(noted->error);
            log_debug("tunnel %u: %s", raw(view.local_id), l2tp::name(noted->error).data());
        } else if (const auto* call = std::get_if<l2tp::IncomingCall>(&effect)) {
            calls_->incoming_call(tunnel, call->message);
        } else if (const auto* message = std::get_if<l2tp::CallMessage>(&effect)) {
            calls_->call_message(tunnel, message->session, message->message);
        } else if (const auto* cleared = std::get_if<l2tp::CallCleared>(&effect)) {
            calls_->call_cleared(tunnel, cleared->session);
        } else if (const auto* unsent = std::get_if<l2tp::Unsent>(&effect)) {
            state(tunnel).backlog.push_back(unsent->message);
        } else if (std::holds_alternative<l2tp::WindowOpen>(effect)) {
            drain_backlog(tunnel);
        } else if (const auto* up = std::get_if<l2tp::TunnelUp>(&effect)) {
            went_up(tunnel, up->authenticated);
        } else if (const auto* down = std::get_if<l2tp::TunnelDown>(&effect)) {
            went_down(tunnel, *down);
        } else if (std::holds_alternative<l2tp::TunnelReleased>(effect)) {
            released(tunnel);
        }
    }
}

void Tunnels::went_up(TunnelIndex tunnel, bool authenticated) {
    const shm::TunnelRecord record = cx_.store.tunnel(tunnel);
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
        work(old, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig&, l2tp::Effects& effects) {
            l2tp::abandon(cc, l2tp::cause(l2tp::StopResult::general_request, l2tp::Reason::replaced), cx_.now, effects);
        });
}

void Tunnels::went_down(TunnelIndex tunnel, const l2tp::TunnelDown& down) {
    const shm::TunnelRecord record = cx_.store.tunnel(tunnel);
    log_info("%s closed%s: %s", describe(record).c_str(), down.by_peer ? " by the LAC" : "",
             l2tp::error_message(down.cause).str().c_str());
    state(tunnel).backlog.clear();
    calls_->tunnel_lost(tunnel, down.cause);
}

void Tunnels::released(TunnelIndex tunnel) {
    const TunnelView& view = cx_.store.view(tunnel);
    if (view.state == shm::TunnelState::free) return; // with its last session, which TunnelDown ended
    if (view.sessions > 0) return;                    // session_freed() comes back to it
    forget_peer_key(tunnel);
    set_half_open(tunnel, false);
    states_[raw(tunnel)].reset();
    cx_.store.free_tunnel(tunnel);
}

void Tunnels::session_freed(TunnelIndex tunnel) {
    const TunnelView& view = cx_.store.view(tunnel);
    if (view.sessions > 0 || view.state != shm::TunnelState::dieing) return;
    const auto cc = cx_.store.tunnel(tunnel).core.load<l2tp::ControlConnection>();
    if (cc.state == l2tp::ControlState::idle) released(tunnel);
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

bool Tunnels::closing(TunnelIndex tunnel) const {
    const auto cc = cx_.store.tunnel(tunnel).core.load<l2tp::ControlConnection>();
    return cc.state == l2tp::ControlState::closing;
}

void Tunnels::tick(TunnelIndex tunnel) {
    if (cx_.store.view(tunnel).state == shm::TunnelState::free) return;
    work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig& config, l2tp::Effects& effects) {
        l2tp::tick(cc, config, cx_.now, effects);
    });
    session_freed(tunnel); // after a crash nobody else would look whether it is the last of a dead tunnel
}

void Tunnels::flush_acks() {
    std::vector<TunnelIndex> list;
    list.swap(ack_list_);
    for (const TunnelIndex tunnel : list) {
        if (!states_[raw(tunnel)] || cx_.store.view(tunnel).state == shm::TunnelState::free) continue;
        state(tunnel).ack_listed = false;
        work(tunnel, [&](l2tp::ControlConnection& cc, const l2tp::TunnelConfig&, l2tp::Effects& effects) {
            if (l2tp::ack_needed(cc)) l2tp::flush_ack(cc, effects);
        });
    }
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
