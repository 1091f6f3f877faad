// SPDX-License-Identifier: ISC
#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>

#include "clid/format_counters.h"

namespace lns::clid {
namespace {

TEST(FormatCounters, BytesAndPacketsOfBothDirections) {
    EXPECT_EQ(format_traffic({{9000000000000, 70000000000, 3}, {1, 2, 0}}),
              "Traffic                          Bytes         Packets         Dropped\n"
              "From subscribers         9000000000000     70000000000               3\n"
              "To subscribers                       1               2               0");
}

TEST(FormatCounters, ARowNamesItsProcessAndSaysWhatItMeans) {
    EXPECT_EQ(format_counter_header(),
              "Process          Counter                                             Value Meaning");
    EXPECT_EQ(format_counter_row({Proc::datapath, 1, {"up_bad_ip", "inner IP header wrong"}, 18446744073709551615U}),
              "datapathd/1      up_bad_ip                            18446744073709551615 inner IP header wrong");
    EXPECT_EQ(program_name(Proc{99}, 0), "unknown");
}

TEST(FormatCounters, TheLastResetIsALocalTime) {
    setenv("TZ", "UTC", 1);
    tzset();
    EXPECT_EQ(format_last_cleared(0), "Counters were never cleared");
    EXPECT_EQ(format_last_cleared(1795328131), "Last counter reset Sun Nov 22 06:15:31 2026");
}

} // namespace
} // namespace lns::clid
