// SPDX-License-Identifier: ISC
// The control messages of RFC 2661 section 6, one a row, with the AVPs each must and may hold.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "lib/l2tp/avp_table.h"

namespace lns::l2tp {

enum class MessageType : std::uint16_t {
    none = 0, // reserved on the wire; a ZLB has no message type
    SCCRQ = 1,
    SCCRP = 2,
    SCCCN = 3,
    StopCCN = 4,
    HELLO = 6,
    OCRQ = 7,
    OCRP = 8,
    OCCN = 9,
    ICRQ = 10,
    ICRP = 11,
    ICCN = 12,
    CDN = 14,
    WEN = 15,
    SLI = 16,
};

using AvpSet = std::uint64_t; // bit n: AVP type n
constexpr AvpSet avp_bit(AvpType type) { return AvpSet{1} << static_cast<unsigned>(type); }
constexpr AvpSet avp_set(std::initializer_list<AvpType> types) {
    AvpSet set = 0;
    for (const AvpType type : types)
        set |= avp_bit(type);
    return set;
}

struct MessageDef {
    MessageType type;
    std::string_view name;
    bool of_session; // of a call; else of the control connection
    AvpSet required; // besides Message Type
    AvpSet allowed;  // besides those, Message Type and Random Vector
};

namespace detail {
using A = AvpType;
inline constexpr AvpSet kStartRequired =
    avp_set({A::ProtocolVersion, A::HostName, A::FramingCapabilities, A::AssignedTunnelId});
inline constexpr AvpSet kStartAllowed =
    avp_set({A::BearerCapabilities, A::ReceiveWindowSize, A::Challenge, A::FirmwareRevision, A::VendorName});
} // namespace detail

inline constexpr std::array kMessages{
    MessageDef{MessageType::SCCRQ, "SCCRQ", false, detail::kStartRequired,
               detail::kStartAllowed | avp_bit(AvpType::TieBreaker)},
    MessageDef{MessageType::SCCRP, "SCCRP", false, detail::kStartRequired,
               detail::kStartAllowed | avp_bit(AvpType::ChallengeResponse)},
    MessageDef{MessageType::SCCCN, "SCCCN", false, 0, avp_bit(AvpType::ChallengeResponse)},
    MessageDef{MessageType::StopCCN, "StopCCN", false, avp_set({AvpType::AssignedTunnelId, AvpType::ResultCode}), 0},
    MessageDef{MessageType::HELLO, "HELLO", false, 0, 0},
    MessageDef{MessageType::OCRQ, "OCRQ", true,
               avp_set({AvpType::AssignedSessionId, AvpType::CallSerialNumber, AvpType::MinimumBps, AvpType::MaximumBps,
                        AvpType::BearerType, AvpType::FramingType, AvpType::CalledNumber}),
               avp_bit(AvpType::SubAddress)},
    MessageDef{MessageType::OCRP, "OCRP", true, avp_bit(AvpType::AssignedSessionId),
               avp_bit(AvpType::PhysicalChannelId)},
    MessageDef{MessageType::OCCN, "OCCN", true, avp_set({AvpType::TxConnectSpeed, AvpType::FramingType}),
               avp_set({AvpType::RxConnectSpeed, AvpType::SequencingRequired})},
    MessageDef{MessageType::ICRQ, "ICRQ", true, avp_set({AvpType::AssignedSessionId, AvpType::CallSerialNumber}),
               avp_set({AvpType::BearerType, AvpType::PhysicalChannelId, AvpType::CallingNumber, AvpType::CalledNumber,
                        AvpType::SubAddress})},
    MessageDef{MessageType::ICRP, "ICRP", true, avp_bit(AvpType::AssignedSessionId), 0},
    MessageDef{MessageType::ICCN, "ICCN", true, avp_set({AvpType::TxConnectSpeed, AvpType::FramingType}),
               avp_set({AvpType::InitialReceivedLcpConfReq, AvpType::LastSentLcpConfReq,
                        AvpType::LastReceivedLcpConfReq, AvpType::ProxyAuthenType, AvpType::ProxyAuthenName,
                        AvpType::ProxyAuthenChallenge, AvpType::ProxyAuthenId, AvpType::ProxyAuthenResponse,
                        AvpType::PrivateGroupId, AvpType::RxConnectSpeed, AvpType::SequencingRequired})},
    MessageDef{MessageType::CDN, "CDN", true, avp_set({AvpType::ResultCode, AvpType::AssignedSessionId}),
               avp_set({AvpType::Q931CauseCode, AvpType::PppDisconnectCause})},
    MessageDef{MessageType::WEN, "WEN", true, avp_bit(AvpType::CallErrors), 0},
    MessageDef{MessageType::SLI, "SLI", true, avp_bit(AvpType::Accm), 0},
};

static_assert(std::is_sorted(kMessages.begin(), kMessages.end(),
                             [](const MessageDef& a, const MessageDef& b) { return a.type < b.type; }));

// nullptr when RFC 2661 does not define it.
constexpr const MessageDef* find_message(std::uint16_t type) {
    for (const MessageDef& def : kMessages)
        if (static_cast<std::uint16_t>(def.type) == type) return &def;
    return nullptr;
}
constexpr std::string_view message_name(MessageType type) {
    const MessageDef* def = find_message(static_cast<std::uint16_t>(type));
    return def == nullptr ? "unknown" : def->name;
}

} // namespace lns::l2tp
