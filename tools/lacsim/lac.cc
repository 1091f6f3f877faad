// SPDX-License-Identifier: ISC
#include "tools/lacsim/lac.h"

#include <algorithm>

namespace lns::lacsim {
namespace {

constexpr std::uint32_t kNoTunnel = UINT32_MAX;

std::uint32_t calls_of_tunnel(const Options& o, std::uint32_t tunnel) {
    return o.sessions / o.tunnels + (tunnel < o.sessions % o.tunnels ? 1 : 0);
}

} // namespace

Lac::Lac(const Options& options, Statistics& statistics, Rng& rng, DatagramSink& out, MonoTime now,
         const std::vector<std::uint32_t>& port_of)
    : options_(&options), statistics_(&statistics),
      timers_(options.tunnels + options.sessions, now), env_{options, statistics, rng, timers_, out, *this, now},
      tunnel_by_id_(65536, kNoTunnel), busy_(options.sessions, 0) {
    calls_.reserve(options.sessions);
    for (std::uint32_t t = 0; t < options.tunnels; ++t) {
        first_call_.push_back(static_cast<std::uint32_t>(calls_.size()));
        for (std::uint32_t slot = 0; slot < calls_of_tunnel(options, t); ++slot) {
            const auto timer = static_cast<std::uint32_t>(options.tunnels + calls_.size());
            calls_.emplace_back(env_, timer, slot, options.first_number + slot * options.tunnels + t);
        }
    }
    for (std::uint32_t t = 0; t < options.tunnels; ++t) {
        std::uint16_t id = 0;
        while (id == 0 || tunnel_by_id_[id] != kNoTunnel)
            id = rng.u16();
        tunnel_by_id_[id] = t;
        const std::span<Call> own = std::span(calls_).subspan(first_call_[t], calls_of_tunnel(options, t));
        tunnels_.emplace_back(env_, t, port_of[t], id, own);
    }
}

// The n-th call in the order of set-up: tunnels take turns.
std::uint32_t Lac::position(std::uint32_t nth) const {
    return first_call_[nth % options_->tunnels] + nth / options_->tunnels;
}

Call* Lac::call_numbered(std::uint32_t nth) {
    return nth == 0 || nth > calls_.size() ? nullptr : &calls_[position(nth - 1)];
}

Call* Lac::call_of(Ipv4 address) {
    const auto it = call_by_address_.find(address.value);
    return it == call_by_address_.end() ? nullptr : &calls_[it->second];
}

void Lac::start(MonoTime now) {
    env_.now = credited_ = now;
    open_tunnels();
}

void Lac::receive(Bytes datagram, MonoTime now) {
    env_.now = now;
    Packet packet;
    if (const Malformed m = decode_packet(datagram, packet); m != Malformed::none) return statistics_->count(m);
    const std::uint32_t tunnel = tunnel_by_id_[packet.tunnel];
    if (tunnel == kNoTunnel) return statistics_->count(Malformed::tunnel_unknown);
    if (packet.control) touched_.push_back(tunnel);
    tunnels_[tunnel].receive(packet);
}

void Lac::step(MonoTime now) {
    env_.now = now;
    timers_.advance(now, [this](std::uint32_t id) {
        if (id < options_->tunnels)
            tunnels_[id].on_timer();
        else
            calls_[id - options_->tunnels].on_timer();
    });
    if (phase_ == Phase::tunnels) open_tunnels();
    if (phase_ == Phase::sessions) {
        end_held_calls();
        start_calls();
    }
    if (phase_ == Phase::hanging_up) hang_up_calls();
    for (const std::uint32_t tunnel : touched_)
        tunnels_[tunnel].flush();
    touched_.clear();
}

void Lac::renegotiate(MonoTime now) {
    env_.now = now;
    for (Call& call : calls_)
        call.renegotiate();
}

void Lac::open_tunnels() {
    while (tunnels_opened_ < options_->tunnels && tunnels_pending_ < options_->in_flight) {
        ++tunnels_pending_;
        tunnels_[tunnels_opened_++].open();
    }
    if (tunnels_opened_ == options_->tunnels && tunnels_pending_ == 0) phase_ = Phase::sessions;
}

bool Lac::rate_allows() {
    if (options_->rate <= 0) return true;
    const std::chrono::duration<double> passed = env_.now - credited_;
    credit_ = std::min(credit_ + passed.count() * options_->rate, std::max(1.0, options_->rate / 20));
    credited_ = env_.now;
    if (credit_ < 1) return false;
    credit_ -= 1;
    return true;
}

void Lac::start_calls() {
    while (in_flight_ < options_->in_flight && (next_call_ < calls_.size() || !again_.empty()) && rate_allows()) {
        if (next_call_ < calls_.size()) {
            start_call(calls_[position(next_call_++)]);
        } else {
            const std::uint32_t next = again_.front();
            again_.pop_front();
            start_call(calls_[next]);
        }
    }
    const std::uint64_t wanted = std::uint64_t{options_->repeat} * calls_.size();
    if (attempts_ == wanted && in_flight_ == 0 && (options_->repeat == 1 || held_.empty())) phase_ = Phase::ready;
}

void Lac::set_busy(std::uint32_t index, bool busy) {
    if (busy && busy_[index] == 0) ++in_flight_;
    if (!busy && busy_[index] != 0) --in_flight_;
    busy_[index] = busy ? 1 : 0;
}

void Lac::start_call(Call& call) {
    ++attempts_;
    set_busy(static_cast<std::uint32_t>(&call - calls_.data()), true);
    call.start();
    if (call.tunnel().state() != Tunnel::State::established) call.tunnel_gone("is down", true);
}

void Lac::end_held_calls() {
    while (!held_.empty() && held_.front().first <= env_.now) {
        Call& call = calls_[held_.front().second];
        held_.pop_front();
        if (!call.up()) continue; // the LNS was faster
        if (options_->goodbye)
            call.hang_up();
        else
            call.abandon();
    }
}

void Lac::hang_up() {
    if (phase_ == Phase::done || phase_ >= Phase::hanging_up) return;
    phase_ = Phase::hanging_up;
    again_.clear();
    if (options_->goodbye) return;
    phase_ = Phase::closing_tunnels;
    for (Tunnel& tunnel : tunnels_)
        tunnel.abandon();
}

void Lac::stop_now() {
    for (Tunnel& tunnel : tunnels_)
        tunnel.abandon();
    phase_ = Phase::done;
}

// As many at a time as set-ups. A set-up still unfinished is in flight already and ends as one.
void Lac::hang_up_calls() {
    while (hang_up_next_ < calls_.size() && in_flight_ < options_->in_flight) {
        const std::uint32_t index = hang_up_next_++;
        if (calls_[index].state() == Call::State::idle) continue;
        set_busy(index, true);
        calls_[index].hang_up();
    }
    if (hang_up_next_ == calls_.size() && in_flight_ == 0) close_tunnels();
}

void Lac::close_tunnels() {
    phase_ = Phase::closing_tunnels;
    for (Tunnel& tunnel : tunnels_)
        tunnel.close();
    if (tunnels_closed_ == tunnels_.size()) phase_ = Phase::done;
}

void Lac::tunnel_up(Tunnel& /*tunnel*/) { --tunnels_pending_; }

void Lac::tunnel_down(Tunnel& tunnel) {
    if (!tunnel.was_up() && tunnels_pending_ > 0) --tunnels_pending_;
    ++tunnels_closed_;
    if (phase_ == Phase::closing_tunnels && tunnels_closed_ == tunnels_.size()) phase_ = Phase::done;
}

void Lac::call_up(Call& call) {
    const auto index = static_cast<std::uint32_t>(&call - calls_.data());
    set_busy(index, false);
    const Ipv4 address = call.ppp().address();
    // An address of two living sessions is the worst an LNS can do.
    if (address.is_set() && !call_by_address_.try_emplace(address.value, index).second)
        statistics_->count(Malformed::address_twice);
    if (options_->repeat > 1) held_.emplace_back(env_.now + options_->hold, index);
}

void Lac::call_down(Call& call, bool was_up) {
    const auto index = static_cast<std::uint32_t>(&call - calls_.data());
    set_busy(index, false);
    const auto it = call_by_address_.find(call.ppp().address().value);
    if (was_up && it != call_by_address_.end() && it->second == index) call_by_address_.erase(it);
    if (call.generation() < options_->repeat && phase_ == Phase::sessions) again_.push_back(index);
}

void Lac::ip_packet(Call& call, Bytes packet) {
    if (ip_sink_ != nullptr) ip_sink_->ip_packet(call, packet);
}

} // namespace lns::lacsim
