// SPDX-License-Identifier: ISC
// Why a session ended, and what that means to the LAC (CDN, RFC 2661 4.4.2), to RADIUS
// (Acct-Terminate-Cause, RFC 2866 5.10) and to the reader of the log. One row each.
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/l2tp/l2tp.h"
#include "lib/ppp/ppp.h"

namespace lns::sessiond {

enum class EndReason : std::uint8_t {
    none,
    lac_hangup,      // CDN
    lac_refused,     // our CDN: a message of the call was wrong
    connect_timeout, // ICCN never came
    tunnel_lost,
    subscriber_hangup,
    ppp_failed,
    ppp_no_reply,
    login_refused,
    login_timeout,
    aaa_unavailable,
    echo_timeout,
    session_timeout,
    idle_timeout,
    operator_request,
    replaced,
    no_address,
    shutdown,
    recovered_half_made,
    left_alone,
    kCount,
};

struct EndReasonDef {
    EndReason reason;
    std::string_view text;
    l2tp::CdnResult result;
    l2tp::GeneralError error;
    l2tp::Reason cdn_reason;
    std::uint8_t terminate_cause;
};

const EndReasonDef& end_reason(EndReason reason);
EndReason from_ppp(ppp::Reason reason);
// The call went away for `line`, under a session that may have been ending already: the reason noted first counts,
// else the one PPP has. A subscriber who says goodbye by LCP is not a lost carrier because the LAC hangs up then.
EndReason first_reason(EndReason noted, ppp::Reason of_ppp, EndReason line);
l2tp::Cause cdn_cause(EndReason reason);

} // namespace lns::sessiond
