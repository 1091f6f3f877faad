// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "l2tpnsd/backoff.h"
#include "l2tpnsd/privileges.h"

namespace lns::parent {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, RestartsAtOnceAFewTimesThenEverLaterUpToHalfAMinute) {
    Backoff backoff;
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(backoff.died(1s), 0s);
    EXPECT_EQ(backoff.died(1s), 500ms);
    EXPECT_EQ(backoff.died(1s), 1s);
    EXPECT_EQ(backoff.died(0s), 2s);
    EXPECT_EQ(backoff.died(1s), 4s);
    EXPECT_EQ(backoff.died(1s), 8s);
    EXPECT_EQ(backoff.died(1s), 16s);
    EXPECT_EQ(backoff.died(1s), 30s);
}

TEST(Backoff, NeverGivesUp) {
    Backoff backoff;
    Clock::duration delay{};
    for (int i = 0; i < 1000; ++i)
        delay = backoff.died(1s);
    EXPECT_EQ(delay, 30s);
}

TEST(Backoff, AWorkerThatHasServedIsStartedAtOnce) {
    Backoff backoff;
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(backoff.died(5s), 0s);
    for (int i = 0; i < 9; ++i)
        backoff.died(4s);
    EXPECT_EQ(backoff.died(4s), 30s);
    EXPECT_EQ(backoff.died(5s), 0s);
    EXPECT_EQ(backoff.died(4s), 0s);
}

TEST(Privileges, EveryCapabilityHasItsReason) {
    for (const Capability& capability : capabilities()) {
        EXPECT_FALSE(capability.name.empty());
        EXPECT_FALSE(capability.reason.empty()) << capability.name;
    }
}

TEST(Privileges, TheRunningParentCannotBecomeAnotherUserItself) {
    for (const Capability& capability : capabilities())
        if (capability.name == "SETUID" || capability.name == "SETGID" || capability.name == "SYS_CHROOT") {
            EXPECT_EQ(capability.held, Held::worker);
        }
}

} // namespace
} // namespace lns::parent
