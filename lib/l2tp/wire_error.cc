// SPDX-License-Identifier: ISC
#include "lib/l2tp/wire_error.h"

#include <array>

namespace lns::l2tp {
namespace {

constexpr std::array<std::string_view, kWireErrors> kNames{
    "none",
    "header_short",
    "version",
    "version_3",
    "control_flags",
    "length_short",
    "length_long",
    "offset",
    "avp_short",
    "avp_long",
    "message_type_first",
    "message_type_bad",
    "unknown_message",
    "unknown_avp_mandatory",
    "unknown_avp_ignored",
    "malformed_avp",
    "malformed_avp_ignored",
    "misplaced_avp_ignored",
    "duplicate_avp",
    "missing_avp",
    "hidden_no_vector",
    "hidden_no_secret",
    "hidden_length",
    "wrong_tunnel",
    "nr_range",
    "ns_duplicate",
    "ns_window",
    "reorder_full",
    "answer_full",
    "wrong_state",
    "no_session",
    "authentication",
    "amplification",
};
static_assert(!kNames.back().empty());

} // namespace

std::string_view name(WireError error) {
    const auto i = static_cast<std::size_t>(error);
    return i < kNames.size() ? kNames[i] : "unknown";
}

} // namespace lns::l2tp
