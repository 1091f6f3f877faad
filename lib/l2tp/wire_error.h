// SPDX-License-Identifier: ISC
// Every reason for which a datagram, message or AVP is not taken as it came. Counters are kept by it,
// so a value is never reused for another meaning and new ones go before kCount.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lns::l2tp {

enum class WireError : std::uint8_t {
    none,
    header_short,       // ends inside the header
    version,            // neither 2 nor 3
    version_3,          // L2TPv3 (RFC 3931), which we do not speak
    control_flags,      // control without L or S, or with O or P
    length_short,       // Length smaller than the header it stands in
    length_long,        // Length larger than the datagram
    offset,             // Offset Size points outside the message
    avp_short,          // AVP Length below its own header
    avp_long,           // AVP Length beyond the message
    message_type_first, // first AVP is not Message Type
    message_type_bad,   // Message Type empty, hidden or of the wrong size
    unknown_message,
    unknown_avp_mandatory,
    unknown_avp_ignored,
    malformed_avp,         // mandatory, wrong size or value
    malformed_avp_ignored, // the same without the M bit
    misplaced_avp_ignored, // known, but not one of this message
    duplicate_avp,
    missing_avp,
    hidden_no_vector,
    hidden_no_secret,
    hidden_length, // wrong secret, or an original length beyond the AVP
    wrong_tunnel,  // not the Tunnel ID of this control connection
    nr_range,      // acknowledges what was never sent
    ns_duplicate,
    ns_window,    // beyond our receive window
    reorder_full, // early message forgotten, the peer repeats it
    answer_full,  // call not taken while nothing more can be queued: the peer repeats it
    wrong_state,  // not expected in this state
    no_session,   // a message of a call without Session ID
    authentication,
    amplification, // refused without an answer, which would be longer than the request
    kCount,
};

inline constexpr std::size_t kWireErrors = static_cast<std::size_t>(WireError::kCount);

// A short name for counters and logs, e.g. "avp_short".
std::string_view name(WireError error);
// A few words for the operator.
std::string_view meaning(WireError error);

} // namespace lns::l2tp
