// SPDX-License-Identifier: ISC
#include "lib/ppp/lcp.h"

#include <algorithm>

#include "lib/ppp/ipcp.h"
#include "lib/ppp/phases.h"

namespace lns::ppp {

bool is_echo_reply(const Frame& frame) {
    return frame.ok() && frame.protocol == Protocol::LCP && !frame.payload.empty() &&
           frame.payload[0] == static_cast<std::uint8_t>(Code::EchoReply);
}

namespace {

// RFC 1661 6.
enum : std::uint8_t { kMru = 1, kAccm = 2, kAuth = 3, kQuality = 4, kMagic = 5, kPfc = 7, kAcfc = 8 };

// Every host takes an IPv4 datagram of 576 octets (RFC 791); with less our own replies would not fit.
// Larger values are good for any size: what we send is bounded by the path to the LAC anyway.
constexpr std::uint16_t kMinMru = 576;

constexpr std::uint16_t kChapMd5 = 5; // RFC 1994 3

Judgement judge_mru(const Context& /*cx*/, std::optional<std::uint32_t> value, Offer& offer) {
    if (!value) return {Answer::nak, kDefaultMru};
    if (*value < kMinMru) return {Answer::nak, kMinMru};
    offer.link.mru = static_cast<std::uint16_t>(*value);
    return {Answer::ack};
}

Judgement judge_accm(const Context& /*cx*/, std::optional<std::uint32_t> value, Offer& offer) {
    if (!value) return {Answer::nak, 0};
    offer.link.accm = *value; // RFC 1662 7.1; the LAC does the escaping (RFC 2661 4.4.1)
    return {Answer::ack};
}

// RFC 1661 6.4: zero is illegal, and our own number means that the link may be looped back.
Judgement judge_magic(const Context& cx, std::optional<std::uint32_t> value, Offer& offer) {
    if (!value || *value == 0 || *value == cx.s.magic) return {Answer::nak, cx.rng.u32() | 1};
    offer.link.magic = *value;
    return {Answer::ack};
}

Judgement judge_pfc(const Context& /*cx*/, std::optional<std::uint32_t> value, Offer& offer) {
    offer.link.pfc = value.has_value();
    return {value ? Answer::ack : Answer::reject};
}

Judgement judge_acfc(const Context& /*cx*/, std::optional<std::uint32_t> value, Offer& offer) {
    offer.link.acfc = value.has_value();
    return {value ? Answer::ack : Answer::reject};
}

// Types we know and do not want are here for their names; any other is rejected as well.
constexpr std::array kOptions{
    OptionDef{kMru, "MRU", 4, 4, judge_mru},
    OptionDef{kAccm, "ACCM", 6, 6, judge_accm},
    OptionDef{kAuth, "Authentication-Protocol", 4, 255, nullptr}, // we are the authenticator only
    OptionDef{kQuality, "Quality-Protocol", 4, 255, nullptr},
    OptionDef{kMagic, "Magic-Number", 6, 6, judge_magic},
    OptionDef{kPfc, "Protocol-Field-Compression", 2, 2, judge_pfc},
    OptionDef{kAcfc, "Address-and-Control-Field-Compression", 2, 2, judge_acfc},
    OptionDef{9, "FCS-Alternatives", 3, 3, nullptr},          // RFC 1570
    OptionDef{10, "Self-Describing-Pad", 3, 3, nullptr},      // RFC 1570
    OptionDef{11, "Numbered-Mode", 4, 255, nullptr},          // RFC 1663
    OptionDef{13, "Callback", 3, 255, nullptr},               // RFC 1570
    OptionDef{15, "Compound-Frames", 2, 2, nullptr},          // RFC 1570
    OptionDef{17, "Multilink-MRRU", 4, 4, nullptr},           // RFC 1990
    OptionDef{18, "Multilink-Short-Sequence", 2, 2, nullptr}, // RFC 1990
    OptionDef{19, "Endpoint-Discriminator", 3, 255, nullptr}, // RFC 1990
};
static_assert(well_ordered(kOptions));

struct MethodDef {
    AuthMethod method;
    Protocol protocol;
    std::uint8_t length; // of the option
};
constexpr std::array kMethods{
    MethodDef{AuthMethod::pap, Protocol::PAP, 4}, MethodDef{AuthMethod::chap, Protocol::CHAP, 5}, // and the algorithm
};

constexpr std::uint8_t bit(std::uint8_t type) { return static_cast<std::uint8_t>(1U << type); }
constexpr std::uint8_t bit(AuthMethod method) { return bit(static_cast<std::uint8_t>(method)); }

bool allowed(const Context& cx, AuthMethod method) {
    const auto& methods = cx.cfg.auth_methods;
    return method != AuthMethod::none && std::ranges::find(methods, method) != methods.end() &&
           (cx.s.auth.refused & bit(method)) == 0;
}

} // namespace

std::span<const OptionDef> lcp_options() { return kOptions; }

AuthMethod preferred_method(const Context& cx) {
    for (const AuthMethod method : cx.cfg.auth_methods)
        if (allowed(cx, method)) return method;
    return AuthMethod::none;
}

void Lcp::this_layer_up() { link_up(cx_); }
void Lcp::this_layer_down() { link_down(cx_); }
void Lcp::this_layer_finished() { link_finished(cx_); }

void Lcp::write_request(Writer& out) const {
    const Session& s = cx_.s;
    if (s.mru != kDefaultMru) {
        out.u8(kMru);
        out.u8(4);
        out.u16(s.mru);
    }
    for (const MethodDef& def : kMethods) {
        if (def.method != s.auth.method) continue;
        out.u8(kAuth);
        out.u8(def.length);
        out.u16(static_cast<std::uint16_t>(def.protocol));
        if (def.method == AuthMethod::chap) out.u8(kChapMd5);
    }
    if (s.magic != 0) {
        out.u8(kMagic);
        out.u8(6);
        out.u32(s.magic);
    }
}

void Lcp::acknowledged(const Offer& offer) { cx_.s.peer = offer.link; }

bool Lcp::option_naked(std::uint8_t type, Bytes value) {
    Session& s = cx_.s;
    if (type == kAuth) return auth_naked();
    if (type == kMagic && s.magic != 0) s.magic = cx_.rng.u32() | 1;
    if (type == kMru && s.mru != kDefaultMru) {
        std::uint16_t mru = 0;
        Reader r(value);
        // A smaller one that makes sense is taken; otherwise we do without, which means 1500.
        s.mru = r.u16(mru) && mru >= kMinMru && mru < s.mru ? mru : kDefaultMru;
    }
    return true;
}

// The peer names what it would rather use. With two methods our next one is either that, or worth a try
// with a peer that knows a third and named it first.
bool Lcp::auth_naked() {
    Authentication& auth = cx_.s.auth;
    auth.refused = static_cast<std::uint8_t>(auth.refused | bit(auth.method));
    auth.method = preferred_method(cx_);
    if (auth.method != AuthMethod::none) return true;
    close_link(cx_, Reason::auth_refused);
    return false;
}

bool Lcp::option_rejected(std::uint8_t type) {
    if (type == kAuth) {
        close_link(cx_, Reason::auth_refused);
        return false;
    }
    if (type == kMagic) cx_.s.magic = 0;
    if (type == kMru) cx_.s.mru = kDefaultMru;
    return true;
}

// RFC 1661 6.4. While the link seems looped nothing but the magic number is answered: our own
// Authentication-Protocol would come back as the peer's, and its Reject as the peer's refusal.
bool Lcp::examine(Bytes options) {
    Session& s = cx_.s;
    bool ours = false;
    Option option;
    while (!options.empty() && next_option(options, option)) {
        std::uint32_t magic = 0;
        Reader r(option.value);
        if (option.type == kMagic && r.u32(magic) && r.done() && magic != 0) ours = magic == s.magic;
    }
    only_ = ours ? kMagic : 0;
    if (!ours) {
        s.loops = 0;
        return true;
    }
    cx_.count(Counter::looped);
    if (++s.loops <= cx_.cfg.max_failure) return true;
    finish(cx_, Reason::loopback); // a Terminate-Request would only come back
    return false;
}

bool Lcp::further_code(const Packet& packet) {
    const auto code = static_cast<Code>(packet.code);
    if (code < Code::ProtocolReject || code > Code::TimeRemaining) return false;
    if (a_.state != State::Opened) {
        cx_.count(Counter::echo_not_opened);
        return true;
    }
    if (code == Code::ProtocolReject) protocol_rejected(packet);
    if (code == Code::EchoRequest) echo_request(packet);
    if (code == Code::EchoReply) echo_reply(packet);
    return true; // the others are for discarding or reading (RFC 1661 5.9, RFC 1570 2)
}

void Lcp::protocol_rejected(const Packet& packet) {
    Reader r(packet.data);
    std::uint16_t number = 0;
    if (!r.u16(number)) return cx_.count(Counter::bad_length);
    cx_.count(Counter::protocol_reject);
    const Protocol protocol{number};
    const Session& s = cx_.s;
    if (protocol == Protocol::LCP) {
        note_reason(cx_.s, Reason::protocol_error);
        return event(Event::RXJMinus);
    }
    event(Event::RXJPlus);
    if (protocol == Protocol::IPCP && s.ipcp.state > State::Starting) {
        note_reason(cx_.s, Reason::ipcp_refused);
        return Ipcp(cx_).event(Event::RXJMinus);
    }
    for (const MethodDef& def : kMethods)
        if (def.protocol == protocol && def.method == s.auth.method && s.auth.verdict == Verdict::none)
            return close_link(cx_, Reason::auth_refused);
}

void Lcp::echo_request(const Packet& packet) {
    Reader r(packet.data);
    std::uint32_t magic = 0;
    if (!r.u32(magic)) return cx_.count(Counter::bad_length);
    if (magic != 0 && magic == cx_.s.magic) {
        cx_.count(Counter::looped);
        return finish(cx_, Reason::loopback);
    }
    event(Event::RXR);
}

void Lcp::send_echo_reply() {
    PacketWriter reply(cx_, protocol_, static_cast<std::uint8_t>(Code::EchoReply), packet_->id);
    reply.data().u32(cx_.s.magic);
    reply.truncated(packet_->data.subspan(4)); // the request's magic number is not repeated
    reply.send();
}

// Life was noted with the frame. A reply with our own magic number is no loop (that would show our request): there are
// peers that turn a request round and change nothing but its code.
void Lcp::echo_reply(const Packet& packet) {
    Reader r(packet.data);
    std::uint32_t magic = 0;
    if (!r.u32(magic)) return cx_.count(Counter::bad_length);
    if (magic != 0 && magic == cx_.s.magic) cx_.count(Counter::looped);
}

void Lcp::protocol_reject(Protocol protocol, Bytes information) {
    cx_.count(Counter::unknown_protocol);
    if (!may_reject(cx_)) return;
    PacketWriter packet(cx_, protocol_, static_cast<std::uint8_t>(Code::ProtocolReject), ++a_.packet_id);
    packet.data().u16(static_cast<std::uint16_t>(protocol));
    packet.truncated(information);
    packet.send();
}

void Lcp::keepalive() {
    Echo& echo = cx_.s.echo;
    echo.due = {};
    if (cx_.cfg.echo_interval <= Clock::duration::zero()) return; // switched off meanwhile
    const Clock::duration silence = cx_.now - echo.last_life;
    const Clock::duration pause = cx_.cfg.echo_interval + std::chrono::milliseconds(echo.jitter_ms);
    if (silence < cx_.cfg.echo_interval) {
        echo.due = echo.last_life + pause;
        return;
    }
    // Never without having asked: it may be we who were away.
    if (silence >= cx_.cfg.echo_timeout && echo.outstanding > 0) return close_link(cx_, Reason::echo_timeout);
    PacketWriter request(cx_, protocol_, static_cast<std::uint8_t>(Code::EchoRequest), ++echo.id);
    request.data().u32(cx_.s.magic);
    request.send();
    if (echo.outstanding < UINT8_MAX) ++echo.outstanding;
    // A quiet session that answers has nothing to be looked at before its next request.
    const MonoTime end = echo.last_life + cx_.cfg.echo_timeout;
    echo.due = end > cx_.now ? std::min(cx_.now + pause, end) : cx_.now + cx_.cfg.echo_interval;
}

} // namespace lns::ppp
