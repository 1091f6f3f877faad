// SPDX-License-Identifier: ISC
#include "lib/l2tp/send_window.h"

#include <algorithm>

namespace lns::l2tp::window {
namespace {

// Sequence numbers are modulo 2^16 (5.8): distances, never comparisons.
std::uint16_t distance(std::uint16_t from, std::uint16_t to) { return static_cast<std::uint16_t>(to - from); }

OutMessage& slot(ControlConnection& cc, std::uint16_t ns) { return cc.ring[ns % kRing]; }

Clock::duration timeout(std::uint8_t tries) {
    return std::min<Clock::duration>(kFirstRetransmit * (1U << std::min<unsigned>(tries, 16)), kMaxRetransmit);
}

// Appendix A: one more for each acknowledged message up to ssthresh, then one more a window.
void grow(ControlConnection& cc) {
    if (cc.cwnd >= cc.peer_window) return;
    if (cc.cwnd < cc.ssthresh) {
        ++cc.cwnd;
    } else if (++cc.cwnd_acks >= cc.cwnd) {
        ++cc.cwnd;
        cc.cwnd_acks = 0;
    }
}

} // namespace

void push(ControlConnection& cc, OutMessage message) {
    message.ns = cc.ns;
    slot(cc, cc.ns) = message;
    ++cc.ns;
}

void emit(ControlConnection& cc, std::uint16_t ns, const TunnelConfig& config, Effects& out) {
    std::array<std::uint8_t, kMaxControlSize> buffer; // NOLINT: written before it is read
    Writer w(buffer);
    const Envelope envelope{.tunnel = cc.tunnel,
                            .peer_tunnel = cc.peer_tunnel,
                            .nr = cc.nr, // the newest, whatever it was the first time (5.8)
                            .receive_window = cc.receive_window,
                            .host_name = config.host_name,
                            .vendor_name = config.vendor_name,
                            .firmware_revision = config.firmware_revision,
                            .challenge = cc.challenged ? &cc.challenge : nullptr,
                            .challenge_response = cc.answered ? &cc.response : nullptr};
    if (!encode(w, slot(cc, ns), envelope)) return; // cannot be: kMaxControlSize holds the longest
    const Bytes bytes = w.written();
    out.push_back(SendDatagram{{bytes.begin(), bytes.end()}});
    cc.ack_pending = false;
}

void pump(ControlConnection& cc, const TunnelConfig& config, MonoTime now, Effects& out) {
    const std::uint16_t window = std::max<std::uint16_t>(1, std::min(cc.cwnd, cc.peer_window));
    while (cc.next != cc.ns && distance(cc.una, cc.next) < window) {
        emit(cc, cc.next, config, out);
        ++cc.next;
        if (distance(cc.una, cc.next) > distance(cc.una, cc.high)) cc.high = cc.next;
        if (cc.retransmit_at == MonoTime{}) cc.retransmit_at = now + timeout(cc.tries);
    }
}

void go_back(ControlConnection& cc, const TunnelConfig& config, MonoTime now, Effects& out) {
    ++cc.tries;
    cc.ssthresh = std::max<std::uint16_t>(1, cc.cwnd / 2);
    cc.cwnd = 1;
    cc.cwnd_acks = 0;
    cc.next = cc.una;
    cc.retransmit_at = MonoTime{};
    pump(cc, config, now, out);
}

void drop_unsent(ControlConnection& cc) {
    cc.ns = cc.high;
    cc.blocked = false;
}

void drop_all(ControlConnection& cc) {
    drop_unsent(cc);
    cc.una = cc.next = cc.high;
    cc.retransmit_at = MonoTime{};
    cc.tries = 0;
}

bool valid_nr(const ControlConnection& cc, std::uint16_t nr) {
    const std::uint16_t ahead = distance(cc.una, nr);
    return ahead <= distance(cc.una, cc.high) || ahead >= 0x8000; // or an old one, overtaken on the way
}

Acked acknowledge(ControlConnection& cc, std::uint16_t nr, MonoTime now, Effects& out) {
    if (!valid_nr(cc, nr)) return Acked::invalid;
    if (nr == cc.una || distance(cc.una, nr) >= 0x8000) return Acked::nothing;
    Acked result = Acked::some;
    for (; cc.una != nr; ++cc.una) {
        const OutMessage& m = slot(cc, cc.una);
        if (m.message_type() == MessageType::StopCCN) result = Acked::StopCCN;
        if (m.message_type() == MessageType::CDN) out.push_back(CallCleared{m.session, m.peer_session});
        grow(cc);
        // go_back() had us repeat messages that were on their way: those are past now.
        if (cc.next == cc.una) ++cc.next;
    }
    cc.tries = 0;
    cc.retransmit_at = cc.next == cc.una ? MonoTime{} : now + kFirstRetransmit;
    if (cc.blocked && held(cc) <= kRing / 2) {
        cc.blocked = false;
        out.push_back(WindowOpen{});
    }
    return result;
}

} // namespace lns::l2tp::window
