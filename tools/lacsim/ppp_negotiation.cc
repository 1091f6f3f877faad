// SPDX-License-Identifier: ISC
// Configure-Request, -Ack, -Nak, -Reject of LCP, IPCP, IPV6CP and CCP: RFC 1661 4 and 5 as the side that wants
// little and takes what it is given.
#include <algorithm>

#include "tools/lacsim/ppp_client.h"

namespace lns::lacsim {
namespace {

constexpr std::uint16_t kPap = 0xc023;
constexpr std::uint16_t kChap = 0xc223;
constexpr std::uint8_t kChapMd5 = 5;

std::uint16_t value_u16(Bytes value) {
    Reader r(value);
    std::uint16_t v = 0;
    return r.u16(v) ? v : std::uint16_t{0};
}
std::uint32_t value_u32(Bytes value) {
    Reader r(value);
    std::uint32_t v = 0;
    return r.u32(v) ? v : 0;
}

} // namespace

// What is to be said about a Configure-Request: Reject if anything is unknown, else Nak, else Ack.
struct PppClient::Verdict {
    ControlWriter nak{static_cast<std::uint8_t>(Code::ConfigureNak), 0};
    ControlWriter reject{static_cast<std::uint8_t>(Code::ConfigureReject), 0};
    bool malformed = false;
};

void PppClient::open(PppContext& c, Protocol p) {
    Negotiation& n = negotiation(p);
    n = Negotiation{.state = State::ReqSent, .id = static_cast<std::uint8_t>(c.rng.u16()), .tries = 1};
    send_request(c, p);
    c.host.arm_ppp_timer(c.config.restart);
}

void PppClient::send_request(PppContext& c, Protocol p) {
    ++negotiation(p).id;
    repeat_request(c, p);
}

// RFC 1661 5.1: the Identifier stays as long as nothing valid has answered, so that the LNS can tell a request repeated
// because its answer was lost from one that insists.
void PppClient::repeat_request(PppContext& c, Protocol p) {
    Negotiation& n = negotiation(p);
    if (n.state == State::AckRcvd) {
        n.state = State::ReqSent;
        ++n.id;
    }
    ControlWriter w(static_cast<std::uint8_t>(Code::ConfigureRequest), n.id);
    build_request(p, w);
    c.host.send_frame(p, w.finish());
}

void PppClient::build_request(Protocol p, ControlWriter& w) const {
    switch (p) {
    case Protocol::lcp:
        return build_lcp_request(w);
    case Protocol::ipcp:
        return build_ipcp_request(w);
    case Protocol::ipv6cp:
        if (!ask_interface_) return;
        w.data().u8(option::kInterfaceId);
        w.data().u8(10);
        return w.data().u64(interface_id_);
    default:
        return w.option_u32(option::kMppe, 0x01000040); // RFC 3078 2.1: stateless, 128 bit
    }
}

void PppClient::build_lcp_request(ControlWriter& w) const {
    if (ask_mru_) w.option_u16(option::kMru, mru_);
    if (ask_magic_) w.option_u32(option::kMagicNumber, magic_);
    if (ask_pfc_) w.option(option::kPfc, {});
    if (ask_acfc_) w.option(option::kAcfc, {});
}

void PppClient::build_ipcp_request(ControlWriter& w) const {
    if (ask_address_) w.option_u32(option::kIpAddress, address_.value);
    if (ask_primary_dns_) w.option_u32(option::kPrimaryDns, primary_dns_.value);
    if (ask_secondary_dns_) w.option_u32(option::kSecondaryDns, secondary_dns_.value);
}

void PppClient::control(PppContext& c, Protocol p, Bytes information) {
    ControlPacket packet;
    if (const Malformed m = decode_control(information, packet); m != Malformed::none) return c.host.ppp_malformed(m);
    switch (static_cast<Code>(packet.code)) {
    case Code::ConfigureRequest:
        return configure_request(c, p, packet);
    case Code::ConfigureAck:
        return configure_ack(c, p, packet);
    case Code::ConfigureNak:
        return configure_nak(c, p, packet, false);
    case Code::ConfigureReject:
        return configure_nak(c, p, packet, true);
    case Code::TerminateRequest:
        return terminate_request(c, p, packet);
    case Code::TerminateAck:
        if (p == Protocol::lcp && phase_ == Phase::terminate) c.host.ppp_event(PppEvent::hung_up);
        return;
    case Code::CodeReject:
        ++c.counters.code_rejects_received;
        return;
    default:
        if (p == Protocol::lcp) return lcp_only(c, packet);
        return c.host.ppp_malformed(Malformed::ppp_code);
    }
}

void PppClient::configure_request(PppContext& c, Protocol p, const ControlPacket& packet) {
    if (phase_ == Phase::terminate) return;
    Negotiation& n = negotiation(p);
    Verdict verdict;
    if (p == Protocol::lcp) { // each request says all there is to say
        auth_method_ = AuthMethod::none;
        peer_pfc_ = peer_acfc_ = false;
        peer_mru_ = 1500;
    }
    judge(c, p, Reader(packet.data), verdict);
    if (verdict.malformed) return c.host.ppp_malformed(Malformed::ppp_option);
    if (n.state == State::Opened) { // the LNS starts again
        layer_down(c, p);
        open(c, p);
    } else if (n.state == State::Closed) { // passive
        open(c, p);
    }
    const bool reject = !verdict.reject.empty();
    const bool ack = !reject && verdict.nak.empty();
    ControlWriter acknowledge(static_cast<std::uint8_t>(Code::ConfigureAck), packet.id);
    acknowledge.data().bytes(packet.data);
    ControlWriter& answer = ack ? acknowledge : reject ? verdict.reject : verdict.nak;
    const Bytes octets = answer.finish();
    std::array<std::uint8_t, 1500> reply{};
    Writer w(reply);
    w.bytes(octets);
    w.patch_u8(1, packet.id);
    c.host.send_frame(p, w.written());
    if (!ack) {
        if (n.state == State::AckSent) n.state = State::ReqSent;
        return;
    }
    if (n.state == State::ReqSent) n.state = State::AckSent;
    if (n.state == State::AckRcvd) {
        n.state = State::Opened;
        layer_up(c, p);
    }
}

void PppClient::configure_ack(PppContext& c, Protocol p, const ControlPacket& packet) {
    Negotiation& n = negotiation(p);
    if (n.state == State::Closed || phase_ == Phase::terminate || packet.id != n.id) return;
    ControlWriter request(static_cast<std::uint8_t>(Code::ConfigureRequest), n.id);
    build_request(p, request);
    const Bytes asked = request.finish().subspan(4);
    // RFC 1661 5.2: the options must be those of the request, unchanged and in order.
    if (!std::equal(asked.begin(), asked.end(), packet.data.begin(), packet.data.end()))
        return c.host.ppp_malformed(Malformed::ppp_ack_differs);
    switch (n.state) {
    case State::ReqSent:
        n.state = State::AckRcvd;
        n.tries = 0;
        return;
    case State::AckSent:
        n.state = State::Opened;
        return layer_up(c, p);
    default: // a duplicate
        return;
    }
}

void PppClient::configure_nak(PppContext& c, Protocol p, const ControlPacket& packet, bool reject) {
    Negotiation& n = negotiation(p);
    if (n.state == State::Closed || n.state == State::Opened || phase_ == Phase::terminate || packet.id != n.id) return;
    ++(reject ? c.counters.configure_rejects : c.counters.configure_naks);
    Reader options(packet.data);
    while (!options.done()) {
        std::uint8_t type = 0;
        Bytes value;
        if (next_option(options, type, value) != Malformed::none) return c.host.ppp_malformed(Malformed::ppp_option);
        if (reject)
            take_reject(p, type);
        else
            take_nak(c, p, type, value);
    }
    if (p == Protocol::ccp && reject) { // nothing is left to ask for
        ++c.counters.ccp_rejected;
        n = Negotiation{.refused = true};
        return;
    }
    // Naks without end are our loop as much as the LNS's (RFC 1661 4.6, Max-Failure).
    if (++n.naks > 2 * c.config.max_configure) return c.host.ppp_event(PppEvent::gave_up);
    n.tries = 1;
    if (n.state == State::AckRcvd) n.state = State::ReqSent;
    send_request(c, p);
    c.host.arm_ppp_timer(c.config.restart);
}

void PppClient::take_nak(PppContext& c, Protocol p, std::uint8_t type, Bytes value) {
    if (p == Protocol::lcp) {
        if (type == option::kMru && value.size() == 2) mru_ = value_u16(value), ask_mru_ = true;
        if (type == option::kMagicNumber) magic_ = c.rng.u32() | 1;
    } else if (p == Protocol::ipcp && value.size() == 4) {
        const Ipv4 address{value_u32(value)};
        if (type == option::kIpAddress) address_ = address, ask_address_ = true;
        if (type == option::kPrimaryDns) primary_dns_ = address;
        if (type == option::kSecondaryDns) secondary_dns_ = address;
    } else if (p == Protocol::ipv6cp && type == option::kInterfaceId && value.size() == 8) {
        Reader r(value);
        if (!r.u64(interface_id_)) interface_id_ = 0;
    }
}

void PppClient::take_reject(Protocol p, std::uint8_t type) {
    struct Row {
        Protocol protocol;
        std::uint8_t type;
        bool PppClient::*asked;
    };
    static constexpr std::array kRows{
        Row{Protocol::lcp, option::kMru, &PppClient::ask_mru_},
        Row{Protocol::lcp, option::kMagicNumber, &PppClient::ask_magic_},
        Row{Protocol::lcp, option::kPfc, &PppClient::ask_pfc_},
        Row{Protocol::lcp, option::kAcfc, &PppClient::ask_acfc_},
        Row{Protocol::ipcp, option::kIpAddress, &PppClient::ask_address_},
        Row{Protocol::ipcp, option::kPrimaryDns, &PppClient::ask_primary_dns_},
        Row{Protocol::ipcp, option::kSecondaryDns, &PppClient::ask_secondary_dns_},
        Row{Protocol::ipv6cp, option::kInterfaceId, &PppClient::ask_interface_},
    };
    for (const Row& row : kRows)
        if (row.protocol == p && row.type == type) this->*row.asked = false;
    if (p == Protocol::ipcp && type == option::kPrimaryDns) primary_dns_ = {};
    if (p == Protocol::ipcp && type == option::kSecondaryDns) secondary_dns_ = {};
}

void PppClient::judge(PppContext& c, Protocol p, Reader options, Verdict& verdict) {
    while (!options.done()) {
        std::uint8_t type = 0;
        Bytes value;
        if (next_option(options, type, value) != Malformed::none) {
            verdict.malformed = true;
            return;
        }
        if (p == Protocol::lcp) {
            judge_lcp(c, type, value, verdict);
        } else if (p == Protocol::ipcp && type == option::kIpAddress && value.size() == 4) {
            peer_address_ = Ipv4{value_u32(value)};
        } else if (p == Protocol::ipv6cp && type == option::kInterfaceId && value.size() == 8) {
            continue;
        } else {
            verdict.reject.option(type, value);
        }
    }
}

void PppClient::judge_lcp(PppContext& c, std::uint8_t type, Bytes value, Verdict& verdict) {
    switch (type) {
    case option::kMru:
        if (value.size() != 2) return verdict.reject.option(type, value);
        peer_mru_ = value_u16(value);
        return;
    case option::kAccm:
        if (value.size() != 4) verdict.reject.option(type, value);
        return;
    case option::kAuthentication:
        return judge_authentication(c.config, value, verdict);
    case option::kMagicNumber:
        if (value.size() != 4) return verdict.reject.option(type, value);
        peer_magic_ = value_u32(value);
        // RFC 1661 6.4: our own number back means a looped line.
        if (ask_magic_ && peer_magic_ == magic_) {
            c.host.ppp_malformed(Malformed::magic_ours);
            verdict.nak.option_u32(type, c.rng.u32() | 1);
        }
        return;
    case option::kPfc:
        peer_pfc_ = true;
        return;
    case option::kAcfc:
        peer_acfc_ = true;
        return;
    default: // MRRU and endpoint discriminator among them: no multilink
        return verdict.reject.option(type, value);
    }
}

void PppClient::judge_authentication(const PppConfig& config, Bytes value, Verdict& verdict) {
    Reader r(value);
    std::uint16_t protocol = 0;
    std::uint8_t algorithm = 0;
    if (r.u16(protocol)) {
        if (protocol == kPap && r.done() && config.allow_pap) {
            auth_method_ = AuthMethod::pap;
            return;
        }
        if (protocol == kChap && r.u8(algorithm) && algorithm == kChapMd5 && r.done() && config.allow_chap) {
            auth_method_ = AuthMethod::chap;
            return;
        }
    }
    std::array<std::uint8_t, 3> wish{};
    Writer w(wish);
    w.u16(config.allow_chap ? kChap : kPap);
    if (config.allow_chap) w.u8(kChapMd5);
    verdict.nak.option(option::kAuthentication, w.written());
}

void PppClient::layer_terminated(PppContext& c, Protocol p) {
    if (p != Protocol::lcp) {
        negotiation(p) = Negotiation{};
        return;
    }
    phase_ = Phase::terminate;
    c.host.cancel_ppp_timer();
    c.host.ppp_event(PppEvent::terminated);
}

void PppClient::terminate_request(PppContext& c, Protocol p, const ControlPacket& packet) {
    ++c.counters.terminate_requests_received;
    ControlWriter w(static_cast<std::uint8_t>(Code::TerminateAck), packet.id);
    c.host.send_frame(p, w.finish());
    if (phase_ != Phase::terminate) layer_terminated(c, p);
}

} // namespace lns::lacsim
