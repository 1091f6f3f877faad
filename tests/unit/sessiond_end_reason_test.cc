// SPDX-License-Identifier: ISC
#include "sessiond/end_reason.h"

#include <gtest/gtest.h>

namespace lns::sessiond {
namespace {

TEST(EndReason, AGoodbyeByPppCountsWhenTheLacHangsUpAfterIt) {
    const EndReason reason = first_reason(EndReason::none, ppp::Reason::peer_terminated, EndReason::lac_hangup);
    EXPECT_EQ(reason, EndReason::subscriber_hangup);
    EXPECT_EQ(end_reason(reason).terminate_cause, 1); // User-Request, RFC 2866 5.10
}

TEST(EndReason, ARefusedLoginStaysOne) {
    EXPECT_EQ(first_reason(EndReason::aaa_unavailable, ppp::Reason::auth_failed, EndReason::lac_hangup),
              EndReason::aaa_unavailable);
}

TEST(EndReason, ACallThatGoesWithoutAWordIsALostCarrier) {
    for (const EndReason line : {EndReason::lac_hangup, EndReason::tunnel_lost}) {
        EXPECT_EQ(first_reason(EndReason::none, ppp::Reason::none, line), line);
        EXPECT_EQ(end_reason(line).terminate_cause, 2); // Lost-Carrier
    }
}

} // namespace
} // namespace lns::sessiond
