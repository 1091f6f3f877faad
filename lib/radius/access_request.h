// SPDX-License-Identifier: ISC
// Access-Request (RFC 2865 4.1) of a PPP session over L2TP.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/inet.h"
#include "lib/radius/packet.h"

namespace lns::radius {

// What Access- and Accounting-Requests both say of us and of the call.
struct CallIdentity {
    Ipv4 nas_address; // unset: not sent; then NAS-Identifier alone names us (RFC 2865 4.1)
    std::string_view nas_identifier;
    std::uint32_t nas_port = 0;
    std::uint64_t acct_session_id = 0;
    std::string_view user;
    std::string_view calling;
    std::string_view called;
    std::uint32_t tx_speed = 0; // bit/s; 0: not known
    std::uint32_t rx_speed = 0;
};

struct AccessRequest {
    CallIdentity call;
    bool chap = false;
    Bytes password; // PAP
    std::uint8_t chap_id = 0;
    std::span<const std::uint8_t, 16> chap_challenge;
    std::span<const std::uint8_t, 16> chap_response;
};

// Acct-Session-Id as sent: 16 hexadecimal digits.
std::string acct_session_id_text(std::uint64_t id);

// User-Name up to Connect-Info, and Acct-Session-Id.
void append_call(RequestBuilder& out, const CallIdentity& call);

// The packet, in `buffer`; empty when it cannot be expressed (a value too long for its attribute).
// `authenticator` is random and never used before (RFC 2865 3).
Bytes encode_access_request(const AccessRequest& request, std::uint8_t id, const Authenticator& authenticator,
                            Bytes secret, std::span<std::uint8_t> buffer);

} // namespace lns::radius
