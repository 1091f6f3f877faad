// SPDX-License-Identifier: ISC
// A control message that we send, as the few values from which its octets are made each time it goes
// out. Kept in shared memory until it is acknowledged.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "lib/base/bytes.h"
#include "lib/base/ids.h"
#include "lib/l2tp/challenge.h"
#include "lib/l2tp/message_table.h"
#include "lib/l2tp/result_codes.h"

namespace lns::l2tp {

struct OutMessage {
    std::uint8_t type = 0; // MessageType
    Reason reason = Reason::none;
    std::uint16_t ns = 0; // set by the control connection
    SessionId session = SessionId::none;
    PeerSessionId peer_session = PeerSessionId::none;
    std::uint16_t result = 0; // StopCCN, CDN
    std::uint16_t error = 0;
    std::uint16_t attribute = 0; // detail of the reason
    std::uint16_t vendor = 0;

    [[nodiscard]] MessageType message_type() const { return MessageType{type}; }
    [[nodiscard]] Cause cause() const { return {result, error, reason, attribute, vendor}; }
    friend bool operator==(const OutMessage&, const OutMessage&) = default;
};
static_assert(sizeof(OutMessage) == 16 && std::is_trivially_copyable_v<OutMessage>);

OutMessage hello();
OutMessage icrp(SessionId session, PeerSessionId peer_session);
// `session` none: the call never had an id of ours.
OutMessage cdn(SessionId session, PeerSessionId peer_session, const Cause& cause);
OutMessage stop_ccn(const Cause& cause);

// What of the control connection and the configuration goes into its messages.
struct Envelope {
    TunnelId tunnel = TunnelId::none; // ours, for Assigned Tunnel ID
    PeerTunnelId peer_tunnel = PeerTunnelId::none;
    std::uint16_t nr = 0;
    std::uint16_t receive_window = 0;
    std::string_view host_name{}; // cut at 255 octets
    std::string_view vendor_name{};
    std::uint16_t firmware_revision = 0;
    const OurChallenge* challenge = nullptr; // SCCRP: nullptr = none
    const Md5Digest* challenge_response = nullptr;
};

inline constexpr std::size_t kMaxControlSize = 1024; // of what we send

// The complete datagram. False (and out of room) only when `out` is smaller than kMaxControlSize.
[[nodiscard]] bool encode(Writer& out, const OutMessage& message, const Envelope& envelope);

} // namespace lns::l2tp
