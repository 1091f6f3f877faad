// SPDX-License-Identifier: ISC
// Why something the LNS sent is not what the RFCs allow. Each reason has a counter in the report; any of them
// makes lacsim fail.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lns::lacsim {

enum class Malformed : std::uint8_t {
    none,
    header_short,
    header_version,
    header_reserved,
    control_flags,
    length_mismatch,
    offset_too_large,
    avp_length,
    avp_reserved,
    avp_value,
    avp_order,
    avp_hidden,
    avp_unknown_mandatory,
    avp_missing,
    message_unknown,
    message_unexpected,
    tunnel_unknown,
    session_unknown,
    frame_short,
    protocol_number,
    ppp_length,
    ppp_option,
    ppp_ack_differs,
    ppp_code,
    magic_ours,
    address_invalid,
    address_twice,
    count_,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Malformed::count_)> kMalformedNames{
    "none",
    "header_short",
    "header_version",
    "header_reserved_bits",
    "control_without_length_or_sequence",
    "length_field_differs_from_datagram",
    "offset_too_large",
    "avp_length",
    "avp_reserved_bits",
    "avp_value",
    "avp_message_type_not_first",
    "avp_hidden_unreadable",
    "avp_unknown_mandatory",
    "avp_missing",
    "message_type_unknown",
    "message_type_unexpected",
    "tunnel_id_unknown",
    "session_id_unknown",
    "ppp_frame_short",
    "ppp_protocol_number",
    "ppp_length_field",
    "ppp_option_length",
    "ppp_configure_ack_differs_from_request",
    "ppp_code_unexpected",
    "lcp_magic_number_is_ours",
    "ipcp_address_invalid",
    "ipcp_address_given_twice",
};
static_assert(!kMalformedNames.back().empty());

} // namespace lns::lacsim
