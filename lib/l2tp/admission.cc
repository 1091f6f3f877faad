// SPDX-License-Identifier: ISC
// The first message of a control connection: taken, refused without a record, or known already.
#include "lib/l2tp/half_open.h"

#include <algorithm>

#include "lib/base/secret.h"
#include "lib/l2tp/send_window.h"

namespace lns::l2tp {
namespace {

std::uint64_t fingerprint(Bytes payload) {
    std::uint64_t v = 0;
    const Md5Digest digest = md5({payload});
    return Reader(digest).u64(v) ? v : 0;
}

// Why a well-formed SCCRQ is not taken, or reason none.
Cause objection(const Message& sccrq, const TunnelConfig& config) {
    if (sccrq.has(AvpType::ProtocolVersion) && sccrq.protocol_version != kProtocolVersion)
        return cause(StopResult::version, Reason::version, kProtocolVersion);
    if (sccrq.fault) return sccrq.fault.cause;
    if (config.draining) return cause(StopResult::shutting_down, Reason::draining);
    const bool asked = sccrq.has(AvpType::Challenge);
    if (!asked && config.require_auth) return cause(StopResult::not_authorized, Reason::challenge_required);
    if (asked && config.secret.empty()) return cause(StopResult::not_authorized, Reason::no_secret);
    return {};
}

void authenticate(ControlConnection& cc, const Message& sccrq, const TunnelConfig& config, Rng& rng) {
    if (!sccrq.has(AvpType::Challenge)) return;
    cc.answered = cc.challenged = true;
    cc.response = challenge_response(MessageType::SCCRP, config.secret, sccrq.challenge);
    do {
        rng.fill(cc.challenge);
    } while (is_reflection_of(cc, sccrq));
}

ControlConnection begin(TunnelId local, PeerTunnelId peer, std::uint16_t peer_window, const TunnelConfig& config,
                        MonoTime now) {
    ControlConnection cc;
    cc.tunnel = local;
    cc.peer_tunnel = peer;
    cc.nr = 1;
    cc.receive_window = std::clamp(config.receive_window, kMinReceiveWindow, kMaxReceiveWindow);
    cc.peer_window = peer_window;
    cc.cwnd = 1;
    cc.ssthresh = peer_window;
    cc.state = ControlState::wait_ctl_conn;
    cc.since = now;
    cc.expires_at = now + config.setup_timeout;
    window::push(cc, {.type = static_cast<std::uint8_t>(MessageType::SCCRP)});
    return cc;
}

} // namespace

bool accept(ControlConnection& cc, const Header& header, const Message& sccrq, TunnelId local,
            const TunnelConfig& config, MonoTime now, Rng& rng, Effects& out) {
    const bool opening = sccrq.type == MessageType::SCCRQ && header.tunnel == TunnelId::none &&
                         header.session == SessionId::none && header.ns == 0 && header.nr == 0;
    if (!opening || cc.state != ControlState::idle) {
        out.push_back(Noted{WireError::wrong_state, sccrq.type, 0});
        return false;
    }
    if (const Cause why = objection(sccrq, config); why.reason != Reason::none) {
        const WireError as = why.result == static_cast<std::uint16_t>(StopResult::not_authorized)
                                 ? WireError::authentication
                                 : sccrq.fault.error;
        if (as != WireError::none) out.push_back(Noted{as, sccrq.type, why.attribute});
        refuse(header, sccrq, why, out);
        return false;
    }
    // A window of 0 would be a peer that can never be told anything; 4.4.3 does not foresee it.
    const std::uint16_t peer_window =
        sccrq.has(AvpType::ReceiveWindowSize) ? std::max<std::uint16_t>(1, sccrq.receive_window) : kDefaultPeerWindow;
    cc = begin(local, sccrq.assigned_tunnel, peer_window, config, now);
    cc.request = fingerprint(header.payload);
    authenticate(cc, sccrq, config, rng);
    window::pump(cc, config, now, out);
    if (sccrq.ignored != 0) out.push_back(Noted{sccrq.ignored_as, sccrq.type, 0});
    return true;
}

void refuse(const Header& header, const Message& sccrq, const Cause& cause, Effects& out) {
    const Envelope envelope{.peer_tunnel = sccrq.assigned_tunnel, .nr = static_cast<std::uint16_t>(header.ns + 1)};
    Cause silent = cause;
    silent.reason = Reason::none;
    // The source may be forged: the answer is no longer than the request, so nothing is gained by that.
    for (const Cause& attempt : {cause, silent}) {
        std::array<std::uint8_t, kMaxControlSize> buffer; // NOLINT: written before it is read
        Writer w(buffer);
        if (sccrq.assigned_tunnel == PeerTunnelId::none || !encode(w, stop_ccn(attempt), envelope)) break;
        if (w.size() > header.length) continue;
        const Bytes bytes = w.written();
        out.push_back(SendDatagram{{bytes.begin(), bytes.end()}});
        return;
    }
    out.push_back(Noted{WireError::amplification, sccrq.type, 0});
}

bool is_retransmission_of(const ControlConnection& cc, const Header& header, const Message& sccrq) {
    const bool unanswered =
        cc.state == ControlState::wait_ctl_conn || (cc.state == ControlState::closing && !cc.proven);
    return unanswered && cc.peer_tunnel == sccrq.assigned_tunnel && header.ns == 0 &&
           cc.request == fingerprint(header.payload);
}

bool is_reflection_of(const ControlConnection& cc, const Message& sccrq) {
    return cc.challenged && sccrq.has(AvpType::Challenge) && equal_constant_time(cc.challenge, sccrq.challenge);
}

std::optional<HalfOpen> answer(const Header& header, const Message& sccrq, TunnelId local, const TunnelConfig& config,
                               MonoTime now, Rng& rng, Effects& out) {
    TunnelConfig curt = config;
    curt.vendor_name = {};
    curt.firmware_revision = 0;
    ControlConnection cc;
    if (!accept(cc, header, sccrq, local, curt, now, rng, out)) return std::nullopt;
    return HalfOpen{cc.challenge, cc.tunnel, cc.peer_tunnel, cc.peer_window, cc.challenged};
}

bool is_first_reply(const Header& header) {
    return header.ns == 1 && header.nr == 1 && message_type_of(header.payload) == MessageType::SCCCN;
}

ControlConnection resume(const HalfOpen& half_open, const TunnelConfig& config, MonoTime now) {
    ControlConnection cc = begin(half_open.tunnel, half_open.peer_tunnel, half_open.peer_window, config, now);
    cc.challenge = half_open.challenge;
    cc.challenged = half_open.challenged;
    cc.next = cc.high = cc.ns; // the SCCRP is out; whoever replies has it, and it is not sent again
    return cc;
}

std::optional<PeerTunnelId> stop_ccn_of(const Header& header, Bytes secret) {
    Message m;
    if (decode_message(header.payload, secret, m) != WireError::none) return std::nullopt;
    if (m.type != MessageType::StopCCN || m.assigned_tunnel == PeerTunnelId::none) return std::nullopt;
    return m.assigned_tunnel;
}

} // namespace lns::l2tp
