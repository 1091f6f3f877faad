// SPDX-License-Identifier: ISC
// The RADIUS attributes that we send or understand, as table rows: RFC 2865 section 5, RFC 2866 section
// 5, RFC 2869 section 5, and those of the vendors whose DNS and AV-pair attributes are in common use.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lns::radius {

enum class Code : std::uint8_t { // RFC 2865 3, RFC 2866 3
    AccessRequest = 1,
    AccessAccept = 2,
    AccessReject = 3,
    AccountingRequest = 4,
    AccountingResponse = 5,
    AccessChallenge = 11,
};
std::string_view code_name(Code code); // "?" when unknown

enum class Attr : std::uint8_t {
    UserName = 1,
    UserPassword = 2,
    ChapPassword = 3,
    NasIpAddress = 4,
    NasPort = 5,
    ServiceType = 6,
    FramedProtocol = 7,
    FramedIpAddress = 8,
    FramedIpNetmask = 9,
    FilterId = 11,
    FramedMtu = 12,
    ReplyMessage = 18,
    FramedRoute = 22,
    State = 24,
    Class = 25,
    VendorSpecific = 26,
    SessionTimeout = 27,
    IdleTimeout = 28,
    CalledStationId = 30,
    CallingStationId = 31,
    NasIdentifier = 32,
    ProxyState = 33,
    AcctStatusType = 40,
    AcctDelayTime = 41,
    AcctInputOctets = 42,
    AcctOutputOctets = 43,
    AcctSessionId = 44,
    AcctAuthentic = 45,
    AcctSessionTime = 46,
    AcctInputPackets = 47,
    AcctOutputPackets = 48,
    AcctTerminateCause = 49,
    AcctInputGigawords = 52,
    AcctOutputGigawords = 53,
    EventTimestamp = 55,
    ChapChallenge = 60,
    NasPortType = 61,
    ConnectInfo = 77,
    MessageAuthenticator = 80,
    AcctInterimInterval = 85,
    AscendClientPrimaryDns = 135, // in the standard space, as Ascend first did
    AscendClientSecondaryDns = 136,
};

// SMI network management private enterprise codes; none: the standard space.
enum class Vendor : std::uint32_t { none = 0, Cisco = 9, Microsoft = 311, Ascend = 529 };

namespace vendor_type {
inline constexpr std::uint8_t kCiscoAvPair = 1;
inline constexpr std::uint8_t kMsPrimaryDnsServer = 28; // RFC 2548 2.7.1
inline constexpr std::uint8_t kMsSecondaryDnsServer = 29;
inline constexpr std::uint8_t kAscendClientPrimaryDns = 135;
inline constexpr std::uint8_t kAscendClientSecondaryDns = 136;
} // namespace vendor_type

// Values of enumerated attributes, as far as we use them.
enum class ServiceType : std::uint32_t { Framed = 2 };
enum class FramedProtocol : std::uint32_t { PPP = 1 };
enum class NasPortType : std::uint32_t { Virtual = 5 };
enum class AcctStatusType : std::uint32_t {
    Start = 1,
    Stop = 2,
    InterimUpdate = 3,
    AccountingOn = 7,
    AccountingOff = 8
};
enum class AcctAuthentic : std::uint32_t { Radius = 1, Local = 2 };

enum class Kind : std::uint8_t { text, octets, integer, address, date };

struct AttributeDef {
    Vendor vendor;
    std::uint8_t type;
    std::string_view name;
    Kind kind;
    std::uint8_t min; // octets of the value
    std::uint8_t max;
};

std::span<const AttributeDef> attribute_table(); // ascending by vendor and type
// nullptr: not an attribute we know.
const AttributeDef* find_attribute(Vendor vendor, std::uint8_t type);
// Do we look into this vendor's attributes?
bool known_vendor(Vendor vendor);

} // namespace lns::radius
