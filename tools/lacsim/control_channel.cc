// SPDX-License-Identifier: ISC
#include "tools/lacsim/control_channel.h"

#include <algorithm>

namespace lns::lacsim {

void ControlChannel::set_peer(std::uint16_t tunnel, std::uint16_t window) {
    peer_tunnel_ = tunnel;
    peer_window_ = std::max<std::uint16_t>(window, 1);
}

void ControlChannel::transmit(Message& message, std::uint16_t ns) {
    set_sequence(message.octets, ns, nr_);
    ack_due_ = false;
    transmit_(message.octets);
}

void ControlChannel::send(std::vector<std::uint8_t> message, MonoTime now, std::uint32_t tag) {
    waiting_.push_back({std::move(message), tag, {}});
    fill_window(now);
}

void ControlChannel::fill_window(MonoTime now) {
    while (!waiting_.empty() && unacknowledged_.size() < peer_window_) {
        if (unacknowledged_.empty()) {
            transmissions_ = 1;
            deadline_ = now + kFirstTimeout;
        }
        unacknowledged_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
        unacknowledged_.back().first_sent = now;
        const auto ns = static_cast<std::uint16_t>(first_ns_ + unacknowledged_.size() - 1);
        ++counters_->control_sent;
        const std::uint32_t tag = unacknowledged_.back().tag;
        transmit(unacknowledged_.back(), ns);
        if (tag != kNobody) first_sent_(tag);
    }
}

void ControlChannel::take_nr(std::uint16_t nr, MonoTime now) {
    const auto acknowledged = static_cast<std::uint16_t>(nr - first_ns_);
    if (acknowledged == 0 || acknowledged > unacknowledged_.size()) return; // nothing new
    note_waiting(now);
    unacknowledged_.erase(unacknowledged_.begin(), unacknowledged_.begin() + acknowledged);
    first_ns_ = nr;
    transmissions_ = 1;
    deadline_ = unacknowledged_.empty() ? kNever : now + kFirstTimeout;
    fill_window(now);
}

void ControlChannel::note_waiting(MonoTime now) {
    if (unacknowledged_.empty()) return;
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - unacknowledged_.front().first_sent);
    counters_->longest_unanswered = std::max(counters_->longest_unanswered, static_cast<std::uint64_t>(waited.count()));
}

void ControlChannel::receive(const Packet& packet, MonoTime now,
                             const std::function<void(Bytes avps, std::uint16_t session)>& deliver) {
    ++counters_->control_received;
    take_nr(packet.nr, now);
    if (packet.body.empty()) {
        ++counters_->zlb_received;
        return; // RFC 2661 5.8: a ZLB does not use up an Ns
    }
    ack_due_ = true;
    const auto ahead = static_cast<std::uint16_t>(packet.ns - nr_);
    if (ahead >= 0x8000) {
        ++counters_->duplicates;
        return;
    }
    if (ahead >= kReceiveWindow) {
        ++counters_->outside_window;
        return;
    }
    if (ahead > 0) {
        ++counters_->early;
        early_.try_emplace(packet.ns, Early{{packet.body.begin(), packet.body.end()}, packet.session});
        return;
    }
    ++nr_;
    deliver(packet.body, packet.session);
    for (auto next = early_.find(nr_); next != early_.end(); next = early_.find(nr_)) {
        const Early early = std::move(next->second);
        early_.erase(next);
        ++nr_;
        deliver(early.avps, early.session);
    }
}

void ControlChannel::acknowledge() {
    MessageWriter zlb(MessageType::ZLB, peer_tunnel_, 0);
    Message message{zlb.finish(), kNobody, {}};
    ++counters_->zlb_sent;
    transmit(message, static_cast<std::uint16_t>(first_ns_ + unacknowledged_.size()));
}

bool ControlChannel::on_timer(MonoTime now) {
    if (unacknowledged_.empty() || now < deadline_) return true;
    note_waiting(now);
    if (++transmissions_ > kMaxTransmissions) {
        deadline_ = kNever;
        return false;
    }
    std::uint16_t ns = first_ns_;
    for (Message& message : unacknowledged_) {
        ++counters_->control_retransmitted;
        transmit(message, ns++);
    }
    const auto backed_off = kFirstTimeout * (1U << (transmissions_ - 1));
    deadline_ = now + std::min<Clock::duration>(backed_off, kTimeoutCap);
    return true;
}

} // namespace lns::lacsim
