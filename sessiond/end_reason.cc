// SPDX-License-Identifier: ISC
#include "sessiond/end_reason.h"

#include <array>

namespace lns::sessiond {

namespace {

using R = EndReason;
using C = l2tp::CdnResult;
using G = l2tp::GeneralError;
using W = l2tp::Reason;

// RFC 2866 5.10
enum Cause : std::uint8_t {
    user_request = 1,
    lost_carrier = 2,
    lost_service = 3,
    idle_timeout = 4,
    session_timeout = 5,
    admin_reset = 6,
    nas_error = 9,
    nas_reboot = 11,
    port_preempted = 13,
    service_unavailable = 15,
    user_error = 17,
};

constexpr std::array<EndReasonDef, static_cast<std::size_t>(R::kCount)> kRows{{
    {R::none, "no reason", C::none, G::none, W::none, nas_error},
    {R::lac_hangup, "LAC closed the call", C::none, G::none, W::none, lost_carrier},
    {R::lac_refused, "unacceptable message of the LAC", C::general_error, G::value, W::unexpected_message, nas_error},
    {R::connect_timeout, "call was not connected in time", C::timeout, G::none, W::connect_timeout, lost_carrier},
    {R::tunnel_lost, "tunnel closed", C::loss_of_carrier, G::none, W::tunnel_lost, lost_carrier},
    {R::subscriber_hangup, "subscriber hung up", C::administrative, G::none, W::ppp_terminated, user_request},
    {R::ppp_failed, "PPP negotiation failed", C::administrative, G::none, W::ppp_terminated, user_error},
    {R::ppp_no_reply, "no answer to PPP", C::administrative, G::none, W::ppp_timeout, lost_carrier},
    {R::login_refused, "login refused", C::administrative, G::none, W::login_refused, user_error},
    {R::login_timeout, "no login in time", C::administrative, G::none, W::ppp_timeout, user_error},
    {R::aaa_unavailable, "no answer from RADIUS", C::no_facilities_temporary, G::none, W::no_resources,
     service_unavailable},
    {R::echo_timeout, "no answer to LCP echo", C::loss_of_carrier, G::none, W::ppp_timeout, lost_carrier},
    {R::session_timeout, "session timeout", C::administrative, G::none, W::session_timeout, session_timeout},
    {R::idle_timeout, "idle timeout", C::administrative, G::none, W::idle_timeout, idle_timeout},
    {R::operator_request, "requested by administrator", C::administrative, G::none, W::operator_request, admin_reset},
    {R::replaced, "replaced by a newer session", C::administrative, G::none, W::duplicate, port_preempted},
    {R::no_address, "no address free", C::general_error, G::try_another, W::no_address, service_unavailable},
    {R::shutdown, "shutting down", C::administrative, G::none, W::shutdown, nas_reboot},
    {R::recovered_half_made, "set-up was interrupted by a restart", C::no_facilities_temporary, G::none, W::internal,
     nas_error},
    {R::left_alone, "nobody served it for too long", C::administrative, G::none, W::shutdown, nas_reboot},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if (kRows[i].reason != static_cast<R>(i)) return false;
    return true;
}
static_assert(in_order());

struct PppRow {
    ppp::Reason ppp;
    R reason;
};
constexpr std::array kPpp{
    PppRow{ppp::Reason::none, R::none},
    PppRow{ppp::Reason::peer_terminated, R::subscriber_hangup},
    PppRow{ppp::Reason::no_reply, R::ppp_no_reply},
    PppRow{ppp::Reason::negotiation_failed, R::ppp_failed},
    PppRow{ppp::Reason::auth_refused, R::ppp_failed},
    PppRow{ppp::Reason::auth_timeout, R::login_timeout},
    PppRow{ppp::Reason::auth_failed, R::login_refused},
    PppRow{ppp::Reason::loopback, R::ppp_failed},
    PppRow{ppp::Reason::echo_timeout, R::echo_timeout},
    PppRow{ppp::Reason::protocol_error, R::ppp_failed},
    PppRow{ppp::Reason::ipcp_no_reply, R::ppp_no_reply},
    PppRow{ppp::Reason::ipcp_refused, R::ppp_failed},
    PppRow{ppp::Reason::address_refused, R::ppp_failed},
    PppRow{ppp::Reason::administrative, R::operator_request},
    PppRow{ppp::Reason::session_timeout, R::session_timeout},
    PppRow{ppp::Reason::idle_timeout, R::idle_timeout},
    PppRow{ppp::Reason::replaced, R::replaced},
    PppRow{ppp::Reason::no_address, R::no_address},
    PppRow{ppp::Reason::shutdown, R::shutdown},
};

} // namespace

const EndReasonDef& end_reason(EndReason reason) {
    return kRows[reason < R::kCount ? static_cast<std::size_t>(reason) : 0];
}

EndReason from_ppp(ppp::Reason reason) {
    for (const PppRow& row : kPpp)
        if (row.ppp == reason) return row.reason;
    return R::ppp_failed;
}

EndReason first_reason(EndReason noted, ppp::Reason of_ppp, EndReason line) {
    if (noted != R::none) return noted;
    return of_ppp != ppp::Reason::none ? from_ppp(of_ppp) : line;
}

l2tp::Cause cdn_cause(EndReason reason) {
    const EndReasonDef& def = end_reason(reason);
    return l2tp::cause(def.result, def.cdn_reason, static_cast<std::uint16_t>(def.error));
}

} // namespace lns::sessiond
