// SPDX-License-Identifier: ISC
#include "lib/l2tp/out_message.h"

#include "lib/l2tp/avp.h"
#include "lib/l2tp/header.h"

namespace lns::l2tp {
namespace {

constexpr std::size_t kMaxName = 255;

void put_sccrp(AvpWriter& avps, const Envelope& e) {
    avps.u16(AvpType::ProtocolVersion, kProtocolVersion);
    avps.u32(AvpType::FramingCapabilities, kFramingSync | kFramingAsync);
    avps.text(AvpType::HostName, e.host_name.substr(0, kMaxName));
    avps.u16(AvpType::AssignedTunnelId, raw(e.tunnel));
    avps.u16(AvpType::ReceiveWindowSize, e.receive_window);
    if (e.firmware_revision != 0) avps.u16(AvpType::FirmwareRevision, e.firmware_revision);
    if (!e.vendor_name.empty()) avps.text(AvpType::VendorName, e.vendor_name.substr(0, kMaxName));
    if (e.challenge_response != nullptr) avps.octets(AvpType::ChallengeResponse, *e.challenge_response);
    if (e.challenge != nullptr) avps.octets(AvpType::Challenge, *e.challenge);
}

// 4.4.2: the error code may be left out only when there is no text behind it.
void put_result(AvpWriter& avps, const Cause& cause) {
    const ErrorMessage text = error_message(cause);
    std::array<std::uint8_t, 4 + ErrorMessage::kCapacity> buffer{};
    Writer value(buffer);
    value.u16(cause.result);
    if (cause.error != 0 || !text.empty()) value.u16(cause.error);
    value.text(text.view());
    avps.octets(AvpType::ResultCode, value.written());
}

void put_body(AvpWriter& avps, const OutMessage& m, const Envelope& e) {
    switch (m.message_type()) {
    case MessageType::SCCRP:
        put_sccrp(avps, e);
        break;
    case MessageType::StopCCN:
        avps.u16(AvpType::AssignedTunnelId, raw(e.tunnel));
        put_result(avps, m.cause());
        break;
    case MessageType::ICRP:
        avps.u16(AvpType::AssignedSessionId, raw(m.session));
        break;
    case MessageType::CDN:
        put_result(avps, m.cause());
        avps.u16(AvpType::AssignedSessionId, raw(m.session));
        break;
    default: // HELLO has no body
        break;
    }
}

} // namespace

OutMessage hello() { return {.type = static_cast<std::uint8_t>(MessageType::HELLO)}; }

OutMessage icrp(SessionId session, PeerSessionId peer_session) {
    return {.type = static_cast<std::uint8_t>(MessageType::ICRP), .session = session, .peer_session = peer_session};
}

OutMessage cdn(SessionId session, PeerSessionId peer_session, const Cause& cause) {
    return {.type = static_cast<std::uint8_t>(MessageType::CDN),
            .reason = cause.reason,
            .session = session,
            .peer_session = peer_session,
            .result = cause.result,
            .error = cause.error,
            .attribute = cause.attribute,
            .vendor = cause.vendor};
}

OutMessage stop_ccn(const Cause& cause) {
    OutMessage m = cdn(SessionId::none, PeerSessionId::none, cause);
    m.type = static_cast<std::uint8_t>(MessageType::StopCCN);
    return m;
}

bool encode(Writer& out, const OutMessage& message, const Envelope& envelope) {
    const std::size_t begin = out.size();
    encode_control_header(out, envelope.peer_tunnel, message.peer_session, message.ns, envelope.nr, 0);
    AvpWriter avps(out);
    avps.u16(AvpType::MessageType, message.type);
    put_body(avps, message, envelope);
    if (out.ok()) out.patch_u16(begin + 2, static_cast<std::uint16_t>(out.size() - begin));
    return out.ok();
}

} // namespace lns::l2tp
