// SPDX-License-Identifier: ISC
#include "lib/l2tp/message.h"

#include <bit>
#include <charconv>
#include <variant>

#include "lib/l2tp/avp.h"
#include "lib/l2tp/hiding.h"

namespace lns::l2tp {
namespace {

// A text of octets, as in Called Number; and how other values are stored. False: the value is bad.
using Decoder = bool (*)(Message&, Bytes);
using Slot = std::variant<std::uint16_t Message::*, std::uint32_t Message::*, Text Message::*, Decoder>;

struct Field {
    AvpType type;
    Slot slot;
};

bool assigned_tunnel(Message& m, Bytes value) {
    std::uint16_t id = 0;
    if (!Reader(value).u16(id)) return false;
    m.assigned_tunnel = PeerTunnelId{id};
    return true;
}

bool assigned_session(Message& m, Bytes value) {
    std::uint16_t id = 0;
    if (!Reader(value).u16(id)) return false;
    m.assigned_session = PeerSessionId{id};
    return true;
}

bool challenge(Message& m, Bytes value) {
    m.challenge.assign(value.begin(), value.end());
    return true;
}

// 4.4.2: result, then an error code, then a text; a single octet behind the result is neither.
bool result_code(Message& m, Bytes value) {
    Reader r(value);
    if (!r.u16(m.result)) return false;
    if (r.done()) return true;
    if (!r.u16(m.error)) return false;
    m.error_text.assign(r.rest());
    return true;
}

bool q931_cause(Message& m, Bytes value) {
    Reader r(value);
    return r.u16(m.q931_cause) && r.u8(m.q931_message);
}

bool ppp_disconnect(Message& m, Bytes value) {
    Reader r(value);
    return r.u16(m.ppp_disconnect_cause) && r.u16(m.ppp_disconnect_protocol) && r.u8(m.ppp_disconnect_direction);
}

bool call_errors(Message& m, Bytes value) {
    Reader r(value);
    if (!r.skip(2)) return false;
    for (std::uint32_t& n : m.call_errors)
        if (!r.u32(n)) return false;
    return true;
}

bool accm(Message& m, Bytes value) {
    Reader r(value);
    return r.skip(2) && r.u32(m.send_accm) && r.u32(m.receive_accm);
}

bool speed(std::uint32_t& out, Bytes value) {
    if (value.size() == 4) return Reader(value).u32(out);
    const std::string_view text = as_text(value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

bool tie_breaker(Message& m, Bytes value) { return Reader(value).copy(m.tie_breaker); }
bool challenge_response(Message& m, Bytes value) { return Reader(value).copy(m.challenge_response); }
bool tx_speed(Message& m, Bytes value) { return speed(m.tx_speed, value); }
bool rx_speed(Message& m, Bytes value) { return speed(m.rx_speed, value); }
bool sequencing(Message& m, Bytes) { return m.sequencing_required = true; }

// AVPs that are not here (proxy LCP and authentication) are only noted in Message::present.
constexpr std::array kFields{
    Field{AvpType::ResultCode, result_code},
    Field{AvpType::ProtocolVersion, &Message::protocol_version},
    Field{AvpType::FramingCapabilities, &Message::framing_capabilities},
    Field{AvpType::BearerCapabilities, &Message::bearer_capabilities},
    Field{AvpType::TieBreaker, tie_breaker},
    Field{AvpType::FirmwareRevision, &Message::firmware_revision},
    Field{AvpType::HostName, &Message::host_name},
    Field{AvpType::VendorName, &Message::vendor_name},
    Field{AvpType::AssignedTunnelId, assigned_tunnel},
    Field{AvpType::ReceiveWindowSize, &Message::receive_window},
    Field{AvpType::Challenge, challenge},
    Field{AvpType::Q931CauseCode, q931_cause},
    Field{AvpType::ChallengeResponse, challenge_response},
    Field{AvpType::AssignedSessionId, assigned_session},
    Field{AvpType::CallSerialNumber, &Message::call_serial},
    Field{AvpType::MinimumBps, &Message::minimum_bps},
    Field{AvpType::MaximumBps, &Message::maximum_bps},
    Field{AvpType::BearerType, &Message::bearer_type},
    Field{AvpType::FramingType, &Message::framing_type},
    Field{AvpType::CalledNumber, &Message::called_number},
    Field{AvpType::CallingNumber, &Message::calling_number},
    Field{AvpType::SubAddress, &Message::sub_address},
    Field{AvpType::TxConnectSpeed, tx_speed},
    Field{AvpType::PhysicalChannelId, &Message::physical_channel},
    Field{AvpType::ProxyAuthenType, &Message::proxy_authen_type},
    Field{AvpType::ProxyAuthenName, &Message::proxy_authen_name},
    Field{AvpType::ProxyAuthenId, &Message::proxy_authen_id},
    Field{AvpType::CallErrors, call_errors},
    Field{AvpType::Accm, accm},
    Field{AvpType::PrivateGroupId, &Message::private_group},
    Field{AvpType::RxConnectSpeed, rx_speed},
    Field{AvpType::SequencingRequired, sequencing},
    Field{AvpType::PppDisconnectCause, ppp_disconnect},
};

bool put(Message& m, const Slot& slot, Bytes value) {
    Reader r(value);
    if (const auto* decode = std::get_if<Decoder>(&slot)) return (*decode)(m, value);
    if (const auto* u16 = std::get_if<std::uint16_t Message::*>(&slot)) return r.u16(m.*(*u16));
    if (const auto* u32 = std::get_if<std::uint32_t Message::*>(&slot)) return r.u32(m.*(*u32));
    (m.*std::get<Text Message::*>(slot)).assign(value); // cut when too long
    return true;
}

bool store(Message& m, AvpType type, Bytes value) {
    for (const Field& field : kFields)
        if (field.type == type) return put(m, field.slot, value);
    return true;
}

class Decoding {
public:
    Decoding(Message& out, Bytes secret) : m_(out), secret_(secret) {}

    WireError run(Bytes payload) {
        Reader r(payload);
        if (const WireError error = message_type(r); error != WireError::none) return error;
        while (!r.done()) {
            Avp avp;
            if (const WireError error = next_avp(r, avp); error != WireError::none) return error;
            one(avp);
        }
        if (def_ != nullptr) complete();
        return WireError::none;
    }

private:
    // 4.4.1: Message Type is first, never hidden; its M bit is about the message.
    WireError message_type(Reader& r) {
        Avp avp;
        if (const WireError error = next_avp(r, avp); error != WireError::none) return error;
        if (avp.vendor != 0 || avp.type != static_cast<std::uint16_t>(AvpType::MessageType))
            return WireError::message_type_first;
        std::uint16_t type = 0;
        if (avp.hidden || avp.reserved || avp.value.size() != 2 || !Reader(avp.value).u16(type))
            return WireError::message_type_bad;
        m_.type = MessageType{type};
        m_.present = avp_bit(AvpType::MessageType);
        def_ = find_message(type);
        m_.known = def_ != nullptr;
        if (def_ != nullptr)
            m_.of_session = def_->of_session;
        else if (avp.mandatory)
            fault(WireError::unknown_message, GeneralError::value, Reason::unknown_message, type);
        else
            ignore(WireError::unknown_message);
        return WireError::none;
    }

    void one(const Avp& avp) {
        const AvpDef* def = avp.def();
        if (def == nullptr) {
            if (!avp.mandatory) ignore(WireError::unknown_avp_ignored);
            // The AVPs of a message that we do not know ourselves are not looked at.
            else if (def_ != nullptr)
                fault(WireError::unknown_avp_mandatory, GeneralError::unknown_avp, Reason::unknown_avp, avp.type,
                      avp.vendor);
            return;
        }
        if (def_ == nullptr) return;
        if (def->type == AvpType::RandomVector) {
            if (avp.hidden || avp.value.empty()) return malformed(avp, WireError::malformed_avp, GeneralError::value);
            random_vector_ = avp.value; // may come again, for the hidden AVPs behind it
            return;
        }
        if (((def_->required | def_->allowed) & avp_bit(def->type)) == 0) {
            // A second Message Type would say two things at once.
            if (def->type == AvpType::MessageType)
                malformed(avp, WireError::duplicate_avp, GeneralError::value);
            else
                ignore(WireError::misplaced_avp_ignored);
            return;
        }
        if (m_.has(def->type)) return malformed(avp, WireError::duplicate_avp, GeneralError::value);
        value(avp, *def);
    }

    void value(const Avp& avp, const AvpDef& def) {
        std::array<std::uint8_t, kMaxAvpValue> scratch; // NOLINT: written before it is read
        Bytes plain = avp.value;
        if (avp.hidden) {
            if (!def.may_hide) return malformed(avp, WireError::malformed_avp, GeneralError::value);
            if (secret_.empty()) return malformed(avp, WireError::hidden_no_secret, GeneralError::value);
            if (random_vector_.empty()) return malformed(avp, WireError::hidden_no_vector, GeneralError::value);
            const auto shown = unhide(secret_, avp.type, random_vector_, avp.value, scratch);
            if (!shown) return malformed(avp, shown.error(), GeneralError::value);
            plain = *shown;
        }
        if (plain.size() < def.min || plain.size() > def.max)
            return malformed(avp, WireError::malformed_avp, GeneralError::length);
        if (!store(m_, def.type, plain)) return malformed(avp, WireError::malformed_avp, GeneralError::value);
        m_.present |= avp_bit(def.type);
    }

    void complete() {
        const AvpSet missing = def_->required & ~m_.present;
        if (missing != 0)
            fault(WireError::missing_avp, GeneralError::value, Reason::missing_avp,
                  static_cast<std::uint16_t>(std::countr_zero(missing)));
        // Ids by which we are to answer: 0 means "not assigned" and is good only in what ends something.
        if (m_.type == MessageType::SCCRQ && m_.assigned_tunnel == PeerTunnelId::none)
            fault(WireError::malformed_avp, GeneralError::value, Reason::malformed_avp,
                  static_cast<std::uint16_t>(AvpType::AssignedTunnelId));
        if ((m_.type == MessageType::ICRQ || m_.type == MessageType::OCRQ) &&
            m_.assigned_session == PeerSessionId::none)
            fault(WireError::malformed_avp, GeneralError::value, Reason::malformed_avp,
                  static_cast<std::uint16_t>(AvpType::AssignedSessionId));
        if (!m_.has(AvpType::RxConnectSpeed)) m_.rx_speed = m_.tx_speed;
    }

    // 7.1: the M bit of a malformed AVP says whether one can go on without it.
    void malformed(const Avp& avp, WireError error, GeneralError code) {
        if (avp.mandatory)
            fault(error, code, Reason::malformed_avp, avp.type);
        else
            ignore(error == WireError::malformed_avp ? WireError::malformed_avp_ignored : error);
    }

    void fault(WireError error, GeneralError code, Reason reason, std::uint16_t detail, std::uint16_t vendor = 0) {
        if (m_.fault) return;
        constexpr auto general = static_cast<std::uint16_t>(StopResult::general_error); // 2 in CDN as well
        m_.fault = {error, {general, static_cast<std::uint16_t>(code), reason, detail, vendor}};
    }

    void ignore(WireError error) {
        if (m_.ignored < UINT8_MAX) ++m_.ignored;
        m_.ignored_as = error;
    }

    Message& m_;
    Bytes secret_;
    Bytes random_vector_;
    const MessageDef* def_ = nullptr;
};

} // namespace

WireError decode_message(Bytes payload, Bytes secret, Message& out) {
    out = Message{};
    if (payload.empty()) {
        out.zlb = true;
        return WireError::none;
    }
    return Decoding(out, secret).run(payload);
}

MessageType message_type_of(Bytes payload) {
    Reader in(payload);
    std::uint16_t flags_and_length = 0;
    std::uint16_t vendor = 0;
    std::uint16_t attribute = 0;
    std::uint16_t type = 0;
    constexpr std::uint16_t kHidden = 0x4000; // RFC 2661 4.1
    if (!in.u16(flags_and_length) || !in.u16(vendor) || !in.u16(attribute) || !in.u16(type)) return MessageType::none;
    if ((flags_and_length & kHidden) != 0 || vendor != 0 || attribute != 0) return MessageType::none;
    const MessageDef* def = find_message(type);
    return def == nullptr ? MessageType::none : def->type;
}

} // namespace lns::l2tp
