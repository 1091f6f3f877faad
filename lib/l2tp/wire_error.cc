// SPDX-License-Identifier: ISC
#include "lib/l2tp/wire_error.h"

#include <array>

namespace lns::l2tp {
namespace {

struct ErrorRow {
    WireError error;
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array kRows{
    ErrorRow{WireError::none, "none", "never"},
    ErrorRow{WireError::header_short, "header_short", "datagrams that end inside the L2TP header"},
    ErrorRow{WireError::version, "version", "neither L2TP version 2 nor 3"},
    ErrorRow{WireError::version_3, "version_3", "L2TPv3, which is not spoken here"},
    ErrorRow{WireError::control_flags, "control_flags", "control messages without L or S bit, or with O or P"},
    ErrorRow{WireError::length_short, "length_short", "Length smaller than the header it stands in"},
    ErrorRow{WireError::length_long, "length_long", "Length larger than the datagram"},
    ErrorRow{WireError::offset, "offset", "Offset Size points outside the message"},
    ErrorRow{WireError::avp_short, "avp_short", "AVP Length below its own header"},
    ErrorRow{WireError::avp_long, "avp_long", "AVP Length beyond the message"},
    ErrorRow{WireError::message_type_first, "message_type_first", "the first AVP is not Message Type"},
    ErrorRow{WireError::message_type_bad, "message_type_bad", "Message Type empty, hidden or of the wrong size"},
    ErrorRow{WireError::unknown_message, "unknown_message", "control messages of an unknown type"},
    ErrorRow{WireError::unknown_avp_mandatory, "unknown_avp_mandatory", "unknown AVPs with the M bit"},
    ErrorRow{WireError::unknown_avp_ignored, "unknown_avp_ignored", "unknown AVPs passed over"},
    ErrorRow{WireError::malformed_avp, "malformed_avp", "mandatory AVPs of the wrong size or value"},
    ErrorRow{WireError::malformed_avp_ignored, "malformed_avp_ignored", "the same without the M bit"},
    ErrorRow{WireError::misplaced_avp_ignored, "misplaced_avp_ignored",
             "known AVPs in a message that has none of them"},
    ErrorRow{WireError::duplicate_avp, "duplicate_avp", "AVPs that came twice in a message"},
    ErrorRow{WireError::missing_avp, "missing_avp", "messages without an AVP they need"},
    ErrorRow{WireError::hidden_no_vector, "hidden_no_vector", "hidden AVPs without a Random Vector"},
    ErrorRow{WireError::hidden_no_secret, "hidden_no_secret", "hidden AVPs, and there is no l2tp_secret"},
    ErrorRow{WireError::hidden_length, "hidden_length", "hidden AVPs of another secret, or too long"},
    ErrorRow{WireError::wrong_tunnel, "wrong_tunnel", "not the Tunnel ID of this control connection"},
    ErrorRow{WireError::nr_range, "nr_range", "acknowledge what was never sent"},
    ErrorRow{WireError::ns_duplicate, "ns_duplicate", "control messages that came before"},
    ErrorRow{WireError::ns_window, "ns_window", "beyond our receive window"},
    ErrorRow{WireError::reorder_full, "reorder_full", "early messages forgotten, which the LAC repeats"},
    ErrorRow{WireError::answer_full, "answer_full",
             "calls not taken while no answer can be queued; the LAC repeats them"},
    ErrorRow{WireError::wrong_state, "wrong_state", "messages not expected in this state"},
    ErrorRow{WireError::no_session, "no_session", "messages of a call without Session ID"},
    ErrorRow{WireError::authentication, "authentication", "wrong Challenge Responses"},
    ErrorRow{WireError::amplification, "amplification",
             "refused without an answer, which would be longer than the request"},
};

constexpr bool complete() {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if (kRows[i].error != static_cast<WireError>(i)) return false;
    return kRows.size() == kWireErrors;
}
static_assert(complete());

} // namespace

std::string_view name(WireError error) {
    const auto i = static_cast<std::size_t>(error);
    return i < kRows.size() ? kRows[i].name : "unknown";
}

std::string_view meaning(WireError error) {
    const auto i = static_cast<std::size_t>(error);
    return i < kRows.size() ? kRows[i].meaning : "unknown";
}

} // namespace lns::l2tp
