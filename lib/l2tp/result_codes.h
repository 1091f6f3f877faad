// SPDX-License-Identifier: ISC
// Why a tunnel or call ended: the numbers of RFC 2661 4.4.2 with their texts, and our own reasons, which
// go out as Error Message and into the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/text.h"

namespace lns::l2tp {

// Result Code of StopCCN.
enum class StopResult : std::uint16_t {
    none = 0,
    general_request = 1,
    general_error = 2, // the error code says which
    channel_exists = 3,
    not_authorized = 4,
    version = 5, // the error code is the highest version supported
    shutting_down = 6,
    fsm_error = 7,
};

// Result Code of CDN.
enum class CdnResult : std::uint16_t {
    none = 0,
    loss_of_carrier = 1,
    general_error = 2, // the error code says which
    administrative = 3,
    no_facilities_temporary = 4,
    no_facilities_permanent = 5,
    invalid_destination = 6,
    no_carrier = 7,
    busy = 8,
    no_dial_tone = 9,
    timeout = 10,
    no_framing = 11,
};

// Error Code behind result 2 of either message.
enum class GeneralError : std::uint16_t {
    none = 0,
    no_control_connection = 1,
    length = 2,
    value = 3,
    no_resources = 4,
    session_id = 5,
    vendor = 6,
    try_another = 7,
    unknown_avp = 8,
};

// Our own words, one a row of the table in result_codes.cc. New ones go before kCount; kept in shared
// memory, so the width is fixed.
enum class Reason : std::uint8_t {
    none,
    unknown_avp,     // detail: attribute and vendor
    malformed_avp,   // detail: attribute
    missing_avp,     // detail: attribute
    unknown_message, // detail: message type
    challenge_response,
    challenge_required,
    no_secret,
    version,
    draining,
    no_resources,
    unexpected_message, // detail: message type
    peer_dead,
    setup_timeout,
    replaced,
    peer_request,
    operator_request,
    shutdown,
    outgoing_call,
    sequencing, // of earlier releases: saved state has these numbers
    connect_timeout,
    tunnel_lost,
    no_address,
    login_refused,
    ppp_terminated,
    ppp_timeout,
    session_timeout,
    idle_timeout,
    duplicate,
    radius_request,
    internal,
    kCount,
};

std::string_view reason_text(Reason reason);

// Texts for people; "unknown result N" never appears: an unknown number has the text "unknown".
std::string_view result_text(StopResult result);
std::string_view result_text(CdnResult result);
std::string_view error_text(GeneralError error);

using ErrorMessage = FixedText<128>;

// Why something ends: what goes on the wire, and our words for it. Plain data.
struct Cause {
    std::uint16_t result = 0; // StopResult or CdnResult, by the message it is for
    std::uint16_t error = 0;  // GeneralError with result 2, else what the result defines
    Reason reason = Reason::none;
    std::uint16_t attribute = 0; // what the reason's detail is
    std::uint16_t vendor = 0;

    friend bool operator==(const Cause&, const Cause&) = default;
};

inline Cause cause(StopResult result, Reason reason, std::uint16_t error = 0) {
    return {static_cast<std::uint16_t>(result), error, reason, 0, 0};
}
inline Cause cause(CdnResult result, Reason reason, std::uint16_t error = 0) {
    return {static_cast<std::uint16_t>(result), error, reason, 0, 0};
}

// The Error Message of a cause: its reason with the detail written out, e.g. "unknown AVP 99 of vendor 9".
ErrorMessage error_message(const Cause& cause);

} // namespace lns::l2tp
