// SPDX-License-Identifier: ISC
// tests/netns/147-precedence has what becomes of it in the processes.
#include <gtest/gtest.h>

#include "lib/worker/precedence.h"

namespace lns::worker {
namespace {

TEST(SchedulerFifo, IsForThoseThatSubscribersWaitFor) {
    EXPECT_TRUE(comes_first(Proc::session, 2));
    EXPECT_TRUE(comes_first(Proc::datapath, 64));
    EXPECT_FALSE(comes_first(Proc::radius, 64));
    EXPECT_FALSE(comes_first(Proc::cli, 64));
}

TEST(SchedulerFifo, IsIgnoredOnTheOnlyProcessor) {
    EXPECT_FALSE(comes_first(Proc::session, 1));
    EXPECT_FALSE(comes_first(Proc::datapath, 1));
    EXPECT_FALSE(comes_first(Proc::datapath, -1)) << "nobody knows how many there are";
}

} // namespace
} // namespace lns::worker
