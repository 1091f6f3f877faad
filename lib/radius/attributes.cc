// SPDX-License-Identifier: ISC
#include "lib/radius/attributes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lns::radius {

namespace {

constexpr std::uint8_t kMost = 253; // RFC 2865 5: the length octet counts itself and the type

constexpr AttributeDef standard(Attr type, std::string_view name, Kind kind, std::uint8_t min, std::uint8_t max) {
    return {Vendor::none, static_cast<std::uint8_t>(type), name, kind, min, max};
}
constexpr AttributeDef text(Attr type, std::string_view name) { return standard(type, name, Kind::text, 1, kMost); }
constexpr AttributeDef integer(Attr type, std::string_view name) { return standard(type, name, Kind::integer, 4, 4); }
constexpr AttributeDef address(Attr type, std::string_view name) { return standard(type, name, Kind::address, 4, 4); }
constexpr AttributeDef octets(Attr type, std::string_view name, std::uint8_t min, std::uint8_t max) {
    return standard(type, name, Kind::octets, min, max);
}

constexpr std::array kAttributes{
    text(Attr::UserName, "User-Name"),
    octets(Attr::UserPassword, "User-Password", 16, 128),
    octets(Attr::ChapPassword, "CHAP-Password", 17, 17),
    address(Attr::NasIpAddress, "NAS-IP-Address"),
    integer(Attr::NasPort, "NAS-Port"),
    integer(Attr::ServiceType, "Service-Type"),
    integer(Attr::FramedProtocol, "Framed-Protocol"),
    address(Attr::FramedIpAddress, "Framed-IP-Address"),
    address(Attr::FramedIpNetmask, "Framed-IP-Netmask"),
    text(Attr::FilterId, "Filter-Id"),
    integer(Attr::FramedMtu, "Framed-MTU"),
    text(Attr::ReplyMessage, "Reply-Message"),
    text(Attr::FramedRoute, "Framed-Route"),
    octets(Attr::State, "State", 1, kMost),
    octets(Attr::Class, "Class", 1, kMost),
    octets(Attr::VendorSpecific, "Vendor-Specific", 5, kMost),
    integer(Attr::SessionTimeout, "Session-Timeout"),
    integer(Attr::IdleTimeout, "Idle-Timeout"),
    text(Attr::CalledStationId, "Called-Station-Id"),
    text(Attr::CallingStationId, "Calling-Station-Id"),
    text(Attr::NasIdentifier, "NAS-Identifier"),
    octets(Attr::ProxyState, "Proxy-State", 1, kMost),
    integer(Attr::AcctStatusType, "Acct-Status-Type"),
    integer(Attr::AcctDelayTime, "Acct-Delay-Time"),
    integer(Attr::AcctInputOctets, "Acct-Input-Octets"),
    integer(Attr::AcctOutputOctets, "Acct-Output-Octets"),
    text(Attr::AcctSessionId, "Acct-Session-Id"),
    integer(Attr::AcctAuthentic, "Acct-Authentic"),
    integer(Attr::AcctSessionTime, "Acct-Session-Time"),
    integer(Attr::AcctInputPackets, "Acct-Input-Packets"),
    integer(Attr::AcctOutputPackets, "Acct-Output-Packets"),
    integer(Attr::AcctTerminateCause, "Acct-Terminate-Cause"),
    integer(Attr::AcctInputGigawords, "Acct-Input-Gigawords"),
    integer(Attr::AcctOutputGigawords, "Acct-Output-Gigawords"),
    standard(Attr::EventTimestamp, "Event-Timestamp", Kind::date, 4, 4),
    octets(Attr::ChapChallenge, "CHAP-Challenge", 5, kMost), // RFC 2865 5.40: Length >= 7
    integer(Attr::NasPortType, "NAS-Port-Type"),
    text(Attr::ConnectInfo, "Connect-Info"),
    octets(Attr::MessageAuthenticator, "Message-Authenticator", 16, 16),
    integer(Attr::AcctInterimInterval, "Acct-Interim-Interval"),
    address(Attr::AscendClientPrimaryDns, "Ascend-Client-Primary-DNS"),
    address(Attr::AscendClientSecondaryDns, "Ascend-Client-Secondary-DNS"),
    AttributeDef{Vendor::Cisco, vendor_type::kCiscoAvPair, "Cisco-AVPair", Kind::text, 1, 247},
    AttributeDef{Vendor::Microsoft, vendor_type::kMsPrimaryDnsServer, "MS-Primary-DNS-Server", Kind::address, 4, 4},
    AttributeDef{Vendor::Microsoft, vendor_type::kMsSecondaryDnsServer, "MS-Secondary-DNS-Server", Kind::address, 4, 4},
    AttributeDef{Vendor::Ascend, vendor_type::kAscendClientPrimaryDns, "Ascend-VSA-Client-Primary-DNS", Kind::address,
                 4, 4},
    AttributeDef{Vendor::Ascend, vendor_type::kAscendClientSecondaryDns, "Ascend-VSA-Client-Secondary-DNS",
                 Kind::address, 4, 4},
};

constexpr auto key(const AttributeDef& def) { return std::pair(static_cast<std::uint32_t>(def.vendor), def.type); }

constexpr bool ascending() {
    for (std::size_t i = 1; i < kAttributes.size(); ++i)
        if (key(kAttributes[i - 1]) >= key(kAttributes[i])) return false;
    return true;
}
static_assert(ascending());

} // namespace

std::span<const AttributeDef> attribute_table() { return kAttributes; }

const AttributeDef* find_attribute(Vendor vendor, std::uint8_t type) {
    const auto wanted = std::pair(static_cast<std::uint32_t>(vendor), type);
    const auto* found = std::lower_bound(kAttributes.begin(), kAttributes.end(), wanted,
                                         [](const AttributeDef& def, const auto& k) { return key(def) < k; });
    return found != kAttributes.end() && key(*found) == wanted ? found : nullptr;
}

bool known_vendor(Vendor vendor) {
    return vendor != Vendor::none && std::any_of(kAttributes.begin(), kAttributes.end(),
                                                 [vendor](const AttributeDef& def) { return def.vendor == vendor; });
}

std::string_view code_name(Code code) {
    switch (code) {
    case Code::AccessRequest:
        return "Access-Request";
    case Code::AccessAccept:
        return "Access-Accept";
    case Code::AccessReject:
        return "Access-Reject";
    case Code::AccountingRequest:
        return "Accounting-Request";
    case Code::AccountingResponse:
        return "Accounting-Response";
    case Code::AccessChallenge:
        return "Access-Challenge";
    }
    return "?";
}

} // namespace lns::radius
