// SPDX-License-Identifier: ISC
#include "tools/lacsim/l2tp_wire.h"

#include <algorithm>

#include "lib/base/digest.h"

namespace lns::lacsim {
namespace {

// RFC 2661 3.1, the first two octets.
constexpr std::uint16_t kType = 0x8000;
constexpr std::uint16_t kLength = 0x4000;
constexpr std::uint16_t kSequence = 0x0800;
constexpr std::uint16_t kOffset = 0x0200;
constexpr std::uint16_t kPriority = 0x0100;
constexpr std::uint16_t kVersionMask = 0x000f;
constexpr std::uint16_t kVersion = 2;
constexpr std::uint16_t kReserved = 0x34f0;

// RFC 2661 4.1, the first two octets of an AVP.
constexpr std::uint16_t kMandatory = 0x8000;
constexpr std::uint16_t kHidden = 0x4000;
constexpr std::uint16_t kAvpReserved = 0x3c00;
constexpr std::uint16_t kAvpLengthMask = 0x03ff;
constexpr std::size_t kAvpHeader = 6;

// AVPs an LNS may send to a LAC for incoming calls, and the sizes of their values.
struct AvpRule {
    AvpType type;
    std::uint16_t min, max;
};
constexpr std::array kAvpRules{
    AvpRule{AvpType::MessageType, 2, 2},
    AvpRule{AvpType::ResultCode, 2, 1017},
    AvpRule{AvpType::ProtocolVersion, 2, 2},
    AvpRule{AvpType::FramingCapabilities, 4, 4},
    AvpRule{AvpType::BearerCapabilities, 4, 4},
    AvpRule{AvpType::FirmwareRevision, 2, 2},
    AvpRule{AvpType::HostName, 1, 1017},
    AvpRule{AvpType::VendorName, 0, 1017},
    AvpRule{AvpType::AssignedTunnelId, 2, 2},
    AvpRule{AvpType::ReceiveWindowSize, 2, 2},
    AvpRule{AvpType::Challenge, 1, 1017},
    AvpRule{AvpType::Q931CauseCode, 3, 1017},
    AvpRule{AvpType::ChallengeResponse, 16, 16},
    AvpRule{AvpType::AssignedSessionId, 2, 2},
    AvpRule{AvpType::Accm, 10, 10},
    AvpRule{AvpType::RandomVector, 1, 1017},
};

// RFC 2661 6.1-6.10: what a message from an LNS must hold besides its type.
struct MessageRule {
    MessageType type;
    std::uint64_t required;
};
constexpr std::uint64_t bit(AvpType type) { return std::uint64_t{1} << static_cast<unsigned>(type); }
constexpr std::array kMessageRules{
    MessageRule{MessageType::SCCRP, bit(AvpType::ProtocolVersion) | bit(AvpType::FramingCapabilities) |
                                        bit(AvpType::HostName) | bit(AvpType::AssignedTunnelId)},
    MessageRule{MessageType::StopCCN, bit(AvpType::AssignedTunnelId) | bit(AvpType::ResultCode)},
    MessageRule{MessageType::HELLO, 0},
    MessageRule{MessageType::ICRP, bit(AvpType::AssignedSessionId)},
    MessageRule{MessageType::CDN, bit(AvpType::ResultCode) | bit(AvpType::AssignedSessionId)},
    MessageRule{MessageType::SLI, bit(AvpType::Accm)},
};

const AvpRule* rule_of(std::uint16_t type) {
    const auto it = std::find_if(kAvpRules.begin(), kAvpRules.end(),
                                 [type](const AvpRule& r) { return static_cast<std::uint16_t>(r.type) == type; });
    return it == kAvpRules.end() ? nullptr : &*it;
}

// RFC 2661 4.3. b(1) = MD5(attribute type + secret + vector); b(i) = MD5(secret + c(i-1)).
void xor_hidden(std::uint16_t type, std::string_view secret, Bytes vector, std::span<std::uint8_t> value,
                bool encrypting) {
    const std::array<std::uint8_t, 2> type_octets{static_cast<std::uint8_t>(type >> 8),
                                                  static_cast<std::uint8_t>(type)};
    Md5Digest key = md5({type_octets, as_octets(secret), vector});
    std::array<std::uint8_t, 16> cipher{};
    for (std::size_t at = 0; at < value.size(); at += key.size()) {
        if (at > 0) key = md5({as_octets(secret), cipher});
        const std::size_t n = std::min(key.size(), value.size() - at);
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint8_t before = value[at + i];
            value[at + i] = static_cast<std::uint8_t>(before ^ key[i]);
            cipher[i] = encrypting ? value[at + i] : before;
        }
    }
}

// Reads AVP values into a ControlMessage and keeps what hiding needs.
class AvpDecoder {
public:
    AvpDecoder(std::string_view secret, std::span<std::uint8_t> scratch, ControlMessage& out)
        : secret_(secret), scratch_(scratch), out_(out) {}

    Malformed avp(Reader& r) {
        std::uint16_t flags = 0;
        std::uint16_t vendor = 0;
        std::uint16_t type = 0;
        if (!r.u16(flags) || !r.u16(vendor) || !r.u16(type)) return Malformed::avp_length;
        const std::size_t length = flags & kAvpLengthMask;
        Bytes value;
        if (length < kAvpHeader || !r.bytes(length - kAvpHeader, value)) return Malformed::avp_length;
        if ((flags & kAvpReserved) != 0) return Malformed::avp_reserved;
        const AvpRule* rule = vendor == 0 ? rule_of(type) : nullptr;
        if (rule == nullptr) return (flags & kMandatory) != 0 ? Malformed::avp_unknown_mandatory : Malformed::none;
        if ((flags & kHidden) != 0 && !reveal(type, value)) return Malformed::avp_hidden;
        if (value.size() < rule->min || value.size() > rule->max) return Malformed::avp_value;
        if (first_ != (rule->type == AvpType::MessageType)) return Malformed::avp_order;
        first_ = false;
        out_.present |= bit(rule->type);
        return take(rule->type, value);
    }

private:
    bool reveal(std::uint16_t type, Bytes& value) {
        if (secret_.empty() || vector_.empty() || value.size() < 2 || value.size() > scratch_.size()) return false;
        const std::span<std::uint8_t> clear = scratch_.first(value.size());
        scratch_ = scratch_.subspan(value.size());
        std::copy(value.begin(), value.end(), clear.begin());
        xor_hidden(type, secret_, vector_, clear, false);
        Reader r(clear);
        std::uint16_t length = 0;
        return r.u16(length) && r.bytes(length, value);
    }
    static Malformed number(Reader r, std::uint16_t& v) { return r.u16(v) ? Malformed::none : Malformed::avp_value; }
    Malformed result(Reader r) {
        if (!r.u16(out_.result)) return Malformed::avp_value;
        if (r.done()) return Malformed::none;
        if (!r.u16(out_.error)) return Malformed::avp_value;
        out_.error_text = as_text(r.rest());
        return Malformed::none;
    }
    Malformed take(AvpType type, Bytes value) {
        std::uint16_t v = 0;
        switch (type) {
        case AvpType::MessageType:
            if (number(Reader(value), v) != Malformed::none) return Malformed::avp_value;
            out_.type = static_cast<MessageType>(v);
            return Malformed::none;
        case AvpType::ResultCode:
            return result(Reader(value));
        case AvpType::ProtocolVersion:
            return number(Reader(value), out_.protocol_version);
        case AvpType::AssignedTunnelId:
            return number(Reader(value), out_.assigned_tunnel);
        case AvpType::AssignedSessionId:
            return number(Reader(value), out_.assigned_session);
        case AvpType::ReceiveWindowSize:
            return number(Reader(value), out_.receive_window);
        case AvpType::HostName:
            out_.host_name = as_text(value);
            return Malformed::none;
        case AvpType::Challenge:
            out_.challenge = value;
            return Malformed::none;
        case AvpType::ChallengeResponse:
            out_.challenge_response = value;
            return Malformed::none;
        case AvpType::RandomVector:
            vector_ = value;
            return Malformed::none;
        default:
            return Malformed::none;
        }
    }

    std::string_view secret_;
    std::span<std::uint8_t> scratch_;
    ControlMessage& out_;
    Bytes vector_;
    bool first_ = true;
};

} // namespace

Malformed decode_packet(Bytes datagram, Packet& out) {
    Reader r(datagram);
    std::uint16_t flags = 0;
    if (!r.u16(flags)) return Malformed::header_short;
    if ((flags & kVersionMask) != kVersion) return Malformed::header_version;
    if ((flags & kReserved) != 0) return Malformed::header_reserved;
    out.control = (flags & kType) != 0;
    // RFC 2661 3.1: control messages have L and S, and neither O nor P.
    if (out.control && (flags & (kLength | kSequence | kOffset | kPriority)) != (kLength | kSequence))
        return Malformed::control_flags;
    if ((flags & kLength) != 0) {
        std::uint16_t length = 0;
        if (!r.u16(length)) return Malformed::header_short;
        if (length != datagram.size()) return Malformed::length_mismatch;
    }
    if (!r.u16(out.tunnel) || !r.u16(out.session)) return Malformed::header_short;
    out.sequenced = (flags & kSequence) != 0;
    if (out.sequenced && (!r.u16(out.ns) || !r.u16(out.nr))) return Malformed::header_short;
    if ((flags & kOffset) != 0) {
        std::uint16_t offset = 0;
        if (!r.u16(offset)) return Malformed::header_short;
        if (!r.skip(offset)) return Malformed::offset_too_large;
    }
    out.body = r.rest();
    return Malformed::none;
}

Malformed decode_message(Bytes avps, std::string_view secret, std::span<std::uint8_t> scratch, ControlMessage& out) {
    out = ControlMessage{};
    if (avps.empty()) return Malformed::none;
    AvpDecoder decoder(secret, scratch, out);
    Reader r(avps);
    while (!r.done())
        if (const Malformed m = decoder.avp(r); m != Malformed::none) return m;
    const auto rule = std::find_if(kMessageRules.begin(), kMessageRules.end(),
                                   [&out](const MessageRule& m) { return m.type == out.type; });
    if (rule == kMessageRules.end()) return Malformed::message_unknown;
    return (out.present & rule->required) == rule->required ? Malformed::none : Malformed::avp_missing;
}

std::array<std::uint8_t, 16> challenge_response(MessageType type, std::string_view secret, Bytes challenge) {
    const std::array<std::uint8_t, 1> id{static_cast<std::uint8_t>(type)};
    return md5({id, as_octets(secret), challenge});
}

MessageWriter::MessageWriter(MessageType type, std::uint16_t tunnel, std::uint16_t session) : writer_(buffer_) {
    writer_.u16(kType | kLength | kSequence | kVersion);
    writer_.u16(0);
    writer_.u16(tunnel);
    writer_.u16(session);
    writer_.u32(0); // Ns and Nr
    if (type != MessageType::ZLB) u16(AvpType::MessageType, static_cast<std::uint16_t>(type));
}

void MessageWriter::header(AvpType type, std::size_t value_length, bool mandatory, bool hidden) {
    writer_.u16(static_cast<std::uint16_t>((mandatory ? kMandatory : 0U) | (hidden ? kHidden : 0U) |
                                           (kAvpHeader + value_length)));
    writer_.u16(0); // vendor: IETF
    writer_.u16(static_cast<std::uint16_t>(type));
}

void MessageWriter::u8(AvpType type, std::uint8_t value, bool mandatory) {
    const std::array<std::uint8_t, 1> v{value};
    octets(type, v, mandatory);
}
void MessageWriter::u16(AvpType type, std::uint16_t value, bool mandatory) {
    std::array<std::uint8_t, 2> v{};
    Writer w(v);
    w.u16(value);
    octets(type, v, mandatory);
}
void MessageWriter::u32(AvpType type, std::uint32_t value, bool mandatory) {
    std::array<std::uint8_t, 4> v{};
    Writer w(v);
    w.u32(value);
    octets(type, v, mandatory);
}
void MessageWriter::octets(AvpType type, Bytes value, bool mandatory) {
    if (!secret_.empty()) return hidden(type, value, mandatory);
    header(type, value.size(), mandatory, false);
    writer_.bytes(value);
}

void MessageWriter::hide(std::string_view secret, Rng& rng) {
    rng.fill(vector_);
    octets(AvpType::RandomVector, vector_);
    secret_ = secret;
    rng_ = &rng;
}

void MessageWriter::hidden(AvpType type, Bytes value, bool mandatory) {
    std::array<std::uint8_t, 1017> clear{};
    Writer w(clear);
    w.u16(static_cast<std::uint16_t>(value.size()));
    w.bytes(value);
    std::array<std::uint8_t, 16> padding{};
    rng_->fill(padding);
    w.bytes(Bytes(padding).first(padding[0] % padding.size()));
    xor_hidden(static_cast<std::uint16_t>(type), secret_, vector_, w.written_mutable(), true);
    header(type, w.size(), mandatory, true);
    writer_.bytes(w.written());
}

void MessageWriter::result(std::uint16_t code, std::uint16_t error, std::string_view text) {
    std::array<std::uint8_t, 256> v{};
    Writer w(v);
    w.u16(code);
    if (error != 0 || !text.empty()) w.u16(error);
    w.text(text);
    octets(AvpType::ResultCode, w.written());
}

std::vector<std::uint8_t> MessageWriter::finish() {
    writer_.patch_u16(2, static_cast<std::uint16_t>(writer_.size()));
    const Bytes message = writer_.written();
    return {message.begin(), message.end()};
}

void set_sequence(std::span<std::uint8_t> message, std::uint16_t ns, std::uint16_t nr) {
    Writer w(message.subspan(8));
    w.u16(ns);
    w.u16(nr);
}

void write_data_header(Writer& w, const DataFlags& flags, std::uint16_t tunnel, std::uint16_t session, std::uint16_t ns,
                       std::size_t frame_size) {
    w.u16(static_cast<std::uint16_t>(kVersion | (flags.length ? kLength : 0U) | (flags.sequence ? kSequence : 0U) |
                                     (flags.offset ? kOffset : 0U) | (flags.priority ? kPriority : 0U)));
    if (flags.length) w.u16(static_cast<std::uint16_t>(flags.header_size() + frame_size));
    w.u16(tunnel);
    w.u16(session);
    if (flags.sequence) {
        w.u16(ns);
        w.u16(0); // RFC 2661 5.4: Nr is reserved in data messages
    }
    if (!flags.offset) return;
    w.u16(flags.offset_size);
    w.zeros(flags.offset_size);
}

} // namespace lns::lacsim
