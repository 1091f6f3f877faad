// SPDX-License-Identifier: ISC
// The AVPs of RFC 2661 4.4 and RFC 3145, one a row.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace lns::l2tp {

enum class AvpType : std::uint16_t {
    MessageType = 0,
    ResultCode = 1,
    ProtocolVersion = 2,
    FramingCapabilities = 3,
    BearerCapabilities = 4,
    TieBreaker = 5,
    FirmwareRevision = 6,
    HostName = 7,
    VendorName = 8,
    AssignedTunnelId = 9,
    ReceiveWindowSize = 10,
    Challenge = 11,
    Q931CauseCode = 12,
    ChallengeResponse = 13,
    AssignedSessionId = 14,
    CallSerialNumber = 15,
    MinimumBps = 16,
    MaximumBps = 17,
    BearerType = 18,
    FramingType = 19,
    CalledNumber = 21,
    CallingNumber = 22,
    SubAddress = 23,
    TxConnectSpeed = 24,
    PhysicalChannelId = 25,
    InitialReceivedLcpConfReq = 26,
    LastSentLcpConfReq = 27,
    LastReceivedLcpConfReq = 28,
    ProxyAuthenType = 29,
    ProxyAuthenName = 30,
    ProxyAuthenChallenge = 31,
    ProxyAuthenId = 32,
    ProxyAuthenResponse = 33,
    CallErrors = 34,
    Accm = 35,
    RandomVector = 36,
    PrivateGroupId = 37,
    RxConnectSpeed = 38,
    SequencingRequired = 39,
    PppDisconnectCause = 46, // RFC 3145
};

// Speed: four octets, or the decimal text that some access servers send (AS5300).
enum class AvpKind : std::uint8_t { U16, U32, Speed, Octets, Text, Empty };

inline constexpr std::size_t kAvpHeaderSize = 6;
inline constexpr std::size_t kMaxAvpValue = 1023 - kAvpHeaderSize; // ten bits of Length

struct AvpDef {
    AvpType type;
    std::string_view name;
    AvpKind kind;
    std::uint16_t min, max; // octets of value
    bool mandatory;         // the M bit we send
    bool may_hide;          // 4.3: whether the H bit may be set
};

inline constexpr std::array kAvps{
    AvpDef{AvpType::MessageType, "Message Type", AvpKind::U16, 2, 2, true, false},
    AvpDef{AvpType::ResultCode, "Result Code", AvpKind::Octets, 2, kMaxAvpValue, true, false},
    AvpDef{AvpType::ProtocolVersion, "Protocol Version", AvpKind::U16, 2, 2, true, false},
    AvpDef{AvpType::FramingCapabilities, "Framing Capabilities", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::BearerCapabilities, "Bearer Capabilities", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::TieBreaker, "Tie Breaker", AvpKind::Octets, 8, 8, false, false},
    AvpDef{AvpType::FirmwareRevision, "Firmware Revision", AvpKind::U16, 2, 2, false, true},
    AvpDef{AvpType::HostName, "Host Name", AvpKind::Text, 1, kMaxAvpValue, true, false},
    AvpDef{AvpType::VendorName, "Vendor Name", AvpKind::Text, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::AssignedTunnelId, "Assigned Tunnel ID", AvpKind::U16, 2, 2, true, true},
    AvpDef{AvpType::ReceiveWindowSize, "Receive Window Size", AvpKind::U16, 2, 2, true, false},
    AvpDef{AvpType::Challenge, "Challenge", AvpKind::Octets, 1, kMaxAvpValue, true, true},
    AvpDef{AvpType::Q931CauseCode, "Q.931 Cause Code", AvpKind::Octets, 3, kMaxAvpValue, true, false},
    AvpDef{AvpType::ChallengeResponse, "Challenge Response", AvpKind::Octets, 16, 16, true, true},
    AvpDef{AvpType::AssignedSessionId, "Assigned Session ID", AvpKind::U16, 2, 2, true, true},
    AvpDef{AvpType::CallSerialNumber, "Call Serial Number", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::MinimumBps, "Minimum BPS", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::MaximumBps, "Maximum BPS", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::BearerType, "Bearer Type", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::FramingType, "Framing Type", AvpKind::U32, 4, 4, true, true},
    AvpDef{AvpType::CalledNumber, "Called Number", AvpKind::Text, 0, kMaxAvpValue, true, true},
    AvpDef{AvpType::CallingNumber, "Calling Number", AvpKind::Text, 0, kMaxAvpValue, true, true},
    AvpDef{AvpType::SubAddress, "Sub-Address", AvpKind::Text, 0, kMaxAvpValue, true, true},
    AvpDef{AvpType::TxConnectSpeed, "(Tx) Connect Speed", AvpKind::Speed, 1, 20, true, true},
    AvpDef{AvpType::PhysicalChannelId, "Physical Channel ID", AvpKind::U32, 4, 4, false, true},
    AvpDef{AvpType::InitialReceivedLcpConfReq, "Initial Received LCP CONFREQ", AvpKind::Octets, 0, kMaxAvpValue, false,
           true},
    AvpDef{AvpType::LastSentLcpConfReq, "Last Sent LCP CONFREQ", AvpKind::Octets, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::LastReceivedLcpConfReq, "Last Received LCP CONFREQ", AvpKind::Octets, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::ProxyAuthenType, "Proxy Authen Type", AvpKind::U16, 2, 2, false, true},
    AvpDef{AvpType::ProxyAuthenName, "Proxy Authen Name", AvpKind::Text, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::ProxyAuthenChallenge, "Proxy Authen Challenge", AvpKind::Octets, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::ProxyAuthenId, "Proxy Authen ID", AvpKind::U16, 2, 2, false, true},
    AvpDef{AvpType::ProxyAuthenResponse, "Proxy Authen Response", AvpKind::Octets, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::CallErrors, "Call Errors", AvpKind::Octets, 26, 26, true, true},
    AvpDef{AvpType::Accm, "ACCM", AvpKind::Octets, 10, 10, true, true},
    AvpDef{AvpType::RandomVector, "Random Vector", AvpKind::Octets, 1, kMaxAvpValue, true, false},
    AvpDef{AvpType::PrivateGroupId, "Private Group ID", AvpKind::Text, 0, kMaxAvpValue, false, true},
    AvpDef{AvpType::RxConnectSpeed, "Rx Connect Speed", AvpKind::Speed, 1, 20, false, true},
    AvpDef{AvpType::SequencingRequired, "Sequencing Required", AvpKind::Empty, 0, 0, true, false},
    AvpDef{AvpType::PppDisconnectCause, "PPP Disconnect Cause Code", AvpKind::Octets, 5, kMaxAvpValue, false, true},
};

static_assert(std::is_sorted(kAvps.begin(), kAvps.end(),
                             [](const AvpDef& a, const AvpDef& b) { return a.type < b.type; }));
static_assert(kAvps.back().type < AvpType{64}, "message.h keeps what is present in 64 bits");

// nullptr when the RFCs above do not define it.
constexpr const AvpDef* find_avp(std::uint16_t type) {
    for (const AvpDef& def : kAvps)
        if (static_cast<std::uint16_t>(def.type) == type) return &def;
    return nullptr;
}

// 4.4.3, 4.4.4: bits of the framing and bearer values.
inline constexpr std::uint32_t kFramingSync = 1;
inline constexpr std::uint32_t kFramingAsync = 2;
inline constexpr std::uint32_t kBearerDigital = 1;
inline constexpr std::uint32_t kBearerAnalog = 2;

// 4.4.2: L2TP version 1, revision 0, the value RFC 2661 gives to itself.
inline constexpr std::uint16_t kProtocolVersion = 0x0100;

} // namespace lns::l2tp
