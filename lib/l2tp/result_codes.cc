// SPDX-License-Identifier: ISC
#include "lib/l2tp/result_codes.h"

#include <array>
#include <string>

namespace lns::l2tp {
namespace {

constexpr std::array<std::string_view, 8> kStopTexts{
    "reserved",
    "general request to clear control connection",
    "general error",
    "control channel already exists",
    "requester not authorized to establish a control channel",
    "protocol version of the requester not supported",
    "requester is being shut down",
    "finite state machine error",
};

constexpr std::array<std::string_view, 12> kCdnTexts{
    "reserved",
    "loss of carrier",
    "general error",
    "administrative reasons",
    "no appropriate facilities (temporary)",
    "no appropriate facilities (permanent)",
    "invalid destination",
    "no carrier detected",
    "busy signal",
    "no dial tone",
    "not established within the time allotted",
    "connected, but no appropriate framing detected",
};

constexpr std::array<std::string_view, 9> kErrorTexts{
    "no general error",
    "no control connection exists yet",
    "length is wrong",
    "field value out of range or reserved field not zero",
    "insufficient resources",
    "Session ID invalid in this context",
    "vendor-specific error",
    "try another",
    "unknown AVP with the M bit set",
};

enum class Detail : std::uint8_t { none, attribute, attribute_vendor, message };
struct ReasonRow {
    Reason reason;
    std::string_view text;
    Detail detail = Detail::none;
};

constexpr std::array kReasons{
    ReasonRow{Reason::none, ""},
    ReasonRow{Reason::unknown_avp, "unknown AVP", Detail::attribute_vendor},
    ReasonRow{Reason::malformed_avp, "malformed AVP", Detail::attribute},
    ReasonRow{Reason::missing_avp, "missing AVP", Detail::attribute},
    ReasonRow{Reason::unknown_message, "unknown message type", Detail::message},
    ReasonRow{Reason::challenge_response, "tunnel authentication failed"},
    ReasonRow{Reason::challenge_required, "tunnel authentication required"},
    ReasonRow{Reason::no_secret, "no tunnel secret configured"},
    ReasonRow{Reason::version, "protocol version not supported"},
    ReasonRow{Reason::draining, "no new tunnels and calls here"},
    ReasonRow{Reason::no_resources, "too many tunnels or calls"},
    ReasonRow{Reason::unexpected_message, "unexpected message type", Detail::message},
    ReasonRow{Reason::peer_dead, "peer does not answer"},
    ReasonRow{Reason::setup_timeout, "tunnel was not completed in time"},
    ReasonRow{Reason::replaced, "peer has restarted"},
    ReasonRow{Reason::peer_request, "closed by peer"},
    ReasonRow{Reason::operator_request, "closed by operator"},
    ReasonRow{Reason::shutdown, "shutting down"},
    ReasonRow{Reason::outgoing_call, "outgoing calls are not supported"},
    ReasonRow{Reason::sequencing, "sequencing is not supported"},
    ReasonRow{Reason::connect_timeout, "call was not connected in time"},
    ReasonRow{Reason::tunnel_lost, "tunnel is gone"},
    ReasonRow{Reason::no_address, "no address available"},
    ReasonRow{Reason::login_refused, "login refused"},
    ReasonRow{Reason::ppp_terminated, "PPP terminated"},
    ReasonRow{Reason::ppp_timeout, "PPP peer does not answer"},
    ReasonRow{Reason::session_timeout, "session timeout"},
    ReasonRow{Reason::idle_timeout, "idle timeout"},
    ReasonRow{Reason::duplicate, "replaced by a newer session"},
    ReasonRow{Reason::radius_request, "closed by RADIUS"},
    ReasonRow{Reason::internal, "internal error"},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kReasons.size(); ++i)
        if (static_cast<std::size_t>(kReasons[i].reason) != i) return false;
    return kReasons.size() == static_cast<std::size_t>(Reason::kCount);
}
static_assert(in_order());

const ReasonRow& row(Reason reason) {
    const auto i = static_cast<std::size_t>(reason);
    return i < kReasons.size() ? kReasons[i] : kReasons[0];
}

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& texts, std::uint16_t i) {
    return i < N ? texts[i] : "unknown";
}

} // namespace

std::string_view reason_text(Reason reason) { return row(reason).text; }
std::string_view result_text(StopResult result) { return pick(kStopTexts, static_cast<std::uint16_t>(result)); }
std::string_view result_text(CdnResult result) { return pick(kCdnTexts, static_cast<std::uint16_t>(result)); }
std::string_view error_text(GeneralError error) { return pick(kErrorTexts, static_cast<std::uint16_t>(error)); }

ErrorMessage error_message(const Cause& cause) {
    const ReasonRow& r = row(cause.reason);
    std::string text(r.text);
    if (r.detail != Detail::none) text += ' ' + std::to_string(cause.attribute);
    if (r.detail == Detail::attribute_vendor && cause.vendor != 0) text += " of vendor " + std::to_string(cause.vendor);
    return ErrorMessage(text);
}

} // namespace lns::l2tp
