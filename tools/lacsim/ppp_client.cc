// SPDX-License-Identifier: ISC
// The phases of a link (RFC 1661 3), its timer, and what is not negotiation; see ppp_negotiation.cc and
// ppp_auth.cc.
#include "tools/lacsim/ppp_client.h"

#include <algorithm>

namespace lns::lacsim {
namespace {

constexpr std::uint8_t kMaxTerminate = 2; // RFC 1661 4.6
constexpr std::uint8_t kMaxEchoUnanswered = 4;
constexpr auto kTerminateWait = std::chrono::milliseconds(1000);

} // namespace

void PppClient::start(PppContext c) {
    *this = PppClient{};
    phase_ = Phase::establish;
    mru_ = c.config.mru;
    ask_pfc_ = c.config.pfc;
    ask_acfc_ = c.config.acfc;
    ask_mru_ = c.config.mru != 1500; // RFC 1661 6.1: the default need not be asked for
    address_ = c.config.address;
    magic_ = c.rng.u32() | 1;
    interface_id_ = c.rng.u64() | 1;
    if (c.config.passive)
        c.host.arm_ppp_timer(c.config.restart);
    else
        open(c, Protocol::lcp);
}

PppClient::Negotiation& PppClient::negotiation(Protocol p) {
    switch (p) {
    case Protocol::ipcp:
        return ipcp_;
    case Protocol::ipv6cp:
        return ipv6cp_;
    case Protocol::ccp:
        return ccp_;
    default:
        return lcp_;
    }
}

void PppClient::receive(PppContext c, Protocol protocol, Bytes information) {
    if (phase_ == Phase::dead) return;
    switch (protocol) {
    case Protocol::lcp:
        return control(c, protocol, information);
    case Protocol::pap:
        return pap(c, information);
    case Protocol::chap:
        return chap(c, information);
    case Protocol::ipcp:
    case Protocol::ipv6cp:
    case Protocol::ccp:
        // RFC 1661 3.5: before authentication has succeeded, such packets are silently discarded.
        if (phase_ != Phase::network && phase_ != Phase::up) {
            ++c.counters.early_packets;
            return;
        }
        if (protocol == Protocol::ipcp || (protocol == Protocol::ipv6cp && c.config.ipv6cp))
            return control(c, protocol, information);
        return reject_protocol(c, protocol, information);
    default:
        return reject_protocol(c, protocol, information);
    }
}

void PppClient::reject_protocol(PppContext& c, Protocol p, Bytes information) {
    if (lcp_.state != State::Opened) { // RFC 1661 5.7
        ++c.counters.early_packets;
        return;
    }
    ++c.counters.protocols_rejected;
    ControlWriter w(static_cast<std::uint8_t>(Code::ProtocolReject), ++lcp_.id);
    w.data().u16(static_cast<std::uint16_t>(p));
    w.data().bytes(information.first(std::min<std::size_t>(information.size(), 500)));
    c.host.send_frame(Protocol::lcp, w.finish());
}

void PppClient::on_timer(PppContext c) {
    switch (phase_) {
    case Phase::dead:
        return;
    case Phase::establish:
        return retry_negotiation(c, Protocol::lcp);
    case Phase::authenticate:
        if (++auth_tries_ > c.config.max_configure) return c.host.ppp_event(PppEvent::gave_up);
        // RFC 1994 4.1: a Success may be lost, so a Response may be repeated.
        if (auth_method_ == AuthMethod::pap) send_pap(c);
        if (auth_method_ == AuthMethod::chap && challenge_size_ > 0) send_chap(c);
        return c.host.arm_ppp_timer(c.config.restart);
    case Phase::network:
        for (const Protocol p : {Protocol::ipv6cp, Protocol::ccp}) {
            const Negotiation& n = negotiation(p);
            if (n.state != State::Closed && n.state != State::Opened) repeat_request(c, p);
        }
        return retry_negotiation(c, Protocol::ipcp);
    case Phase::up:
        return send_echo(c);
    case Phase::terminate:
        return send_terminate(c);
    }
}

void PppClient::retry_negotiation(PppContext& c, Protocol p) {
    Negotiation& n = negotiation(p);
    if (++n.tries > c.config.max_configure) return c.host.ppp_event(PppEvent::gave_up);
    if (n.state == State::Closed) return c.host.arm_ppp_timer(c.config.restart); // passive: still waiting
    ++c.counters.requests_repeated;
    repeat_request(c, p);
    c.host.arm_ppp_timer(c.config.restart);
}

void PppClient::send_echo(PppContext& c) {
    if (c.config.echo_interval.count() == 0) return;
    if (echoes_unanswered_ > 0) ++c.counters.echo_unanswered;
    if (++echoes_unanswered_ > kMaxEchoUnanswered) return c.host.ppp_event(PppEvent::no_echo_reply);
    ++c.counters.echo_requests_sent;
    ControlWriter w(static_cast<std::uint8_t>(Code::EchoRequest), ++echo_id_);
    w.data().u32(ask_magic_ ? magic_ : 0);
    c.host.send_frame(Protocol::lcp, w.finish());
    c.host.arm_ppp_timer(c.config.echo_interval);
}

void PppClient::terminate(PppContext c) {
    phase_ = Phase::terminate;
    term_tries_ = 0;
    send_terminate(c);
}

void PppClient::send_terminate(PppContext& c) {
    if (++term_tries_ > kMaxTerminate) return c.host.ppp_event(PppEvent::hung_up);
    ControlWriter w(static_cast<std::uint8_t>(Code::TerminateRequest), ++lcp_.id);
    c.host.send_frame(Protocol::lcp, w.finish());
    c.host.arm_ppp_timer(kTerminateWait);
}

void PppClient::renegotiate(PppContext c) {
    const Ipv4 address = address_;
    start(c);
    address_ = address; // a CPE often asks for the address it had
}

// Codes that only LCP has (RFC 1661 5.7-5.9).
void PppClient::lcp_only(PppContext& c, const ControlPacket& packet) {
    Reader r(packet.data);
    std::uint32_t magic = 0;
    switch (static_cast<Code>(packet.code)) {
    case Code::ProtocolReject:
        return protocol_rejected(c, packet.data);
    case Code::EchoRequest: {
        if (lcp_.state != State::Opened) return;
        if (!r.u32(magic)) return c.host.ppp_malformed(Malformed::ppp_length);
        if (ask_magic_ && magic == magic_) return c.host.ppp_malformed(Malformed::magic_ours);
        ++c.counters.echo_requests_answered;
        ControlWriter w(static_cast<std::uint8_t>(Code::EchoReply), packet.id);
        w.data().u32(ask_magic_ ? magic_ : 0);
        w.data().bytes(r.rest());
        return c.host.send_frame(Protocol::lcp, w.finish());
    }
    case Code::EchoReply:
        if (!r.u32(magic)) return c.host.ppp_malformed(Malformed::ppp_length);
        if (ask_magic_ && magic == magic_) return c.host.ppp_malformed(Malformed::magic_ours);
        ++c.counters.echo_replies;
        echoes_unanswered_ = 0;
        return;
    case Code::DiscardRequest:
        return;
    default:
        return c.host.ppp_malformed(Malformed::ppp_code);
    }
}

void PppClient::protocol_rejected(PppContext& c, Bytes data) {
    Reader r(data);
    std::uint16_t protocol = 0;
    if (!r.u16(protocol)) return c.host.ppp_malformed(Malformed::ppp_length);
    ++c.counters.protocol_rejects_received;
    const auto p = static_cast<Protocol>(protocol);
    if (p == Protocol::ipv6cp && ipv6cp_.state != State::Closed) {
        ipv6cp_ = Negotiation{.refused = true};
        ++c.counters.ipv6cp_rejected;
    } else if (p == Protocol::ccp && ccp_.state != State::Closed) {
        ccp_ = Negotiation{.refused = true};
        ++c.counters.ccp_rejected;
    }
}

void PppClient::network(PppContext& c) {
    phase_ = Phase::network;
    open(c, Protocol::ipcp);
    if (c.config.ipv6cp) open(c, Protocol::ipv6cp);
    if (c.config.ccp) open(c, Protocol::ccp);
}

void PppClient::layer_up(PppContext& c, Protocol p) {
    if (p == Protocol::lcp) {
        c.host.ppp_event(PppEvent::lcp_opened);
        return authenticate(c);
    }
    if (p == Protocol::ipv6cp) ++c.counters.ipv6cp_opened;
    if (p == Protocol::ccp) ++c.counters.ccp_opened;
    if (p != Protocol::ipcp) return;
    phase_ = Phase::up;
    was_up_ = true;
    check_address(c);
    if (c.config.echo_interval.count() > 0)
        c.host.arm_ppp_timer(c.config.echo_interval);
    else
        c.host.cancel_ppp_timer();
    c.host.ppp_event(PppEvent::up);
}

void PppClient::layer_down(PppContext& c, Protocol p) {
    if (p == Protocol::lcp) {
        phase_ = Phase::establish;
        ipcp_ = ipv6cp_ = ccp_ = Negotiation{};
        challenge_size_ = 0;
    } else if (p == Protocol::ipcp) {
        phase_ = Phase::network;
    } else {
        return;
    }
    ++c.counters.renegotiated_by_lns;
    if (was_up_) c.host.ppp_event(PppEvent::down);
    was_up_ = false;
}

void PppClient::check_address(PppContext& c) {
    if (!address_.is_set() || is_special(address_)) c.host.ppp_malformed(Malformed::address_invalid);
}

} // namespace lns::lacsim
