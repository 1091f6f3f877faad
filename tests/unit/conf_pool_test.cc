// SPDX-License-Identifier: ISC
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/base/rng.h"
#include "lib/conf/ip_pool.h"

namespace lns::conf {
namespace {

Ipv4 ip(std::string_view text) { return *parse_ipv4(text); }

PoolPlan accepted(std::string_view text) {
    const IpPool pool = parse_ip_pool(text, "ip_pool");
    EXPECT_TRUE(pool.diagnostics.list().empty()) << pool.diagnostics.lines()[0];
    return pool.plan;
}

TEST(IpPool, LoadsTheExampleOfTheManual) {
    const PoolPlan plan =
        accepted("192.168.1.1\n192.168.1.2\n192.168.1.3\n192.168.4.0/24\n172.16.0.0/16\n10.0.0.0/8\n");
    EXPECT_EQ(plan.size(), 3U + 254U + 256U * 254U + 65536U * 254U);
    ASSERT_EQ(plan.prefixes().size(), 6U);
    EXPECT_EQ(to_string(plan.prefixes()[0]), "10.0.0.0/8");
    EXPECT_EQ(to_string(plan.prefixes()[5]), "192.168.4.0/24");
    EXPECT_EQ(to_string(plan.nth(0)), "10.0.0.1");
    EXPECT_EQ(to_string(plan.nth(plan.size() - 1)), "192.168.4.254");
}

TEST(IpPool, IgnoresCommentsBlanksAndCarriageReturns) {
    EXPECT_EQ(accepted("# pool\r\n\r\n  10.0.0.1\t\r\n   # more\r\n10.0.0.2"), accepted("10.0.0.1\n10.0.0.2\n"));
    EXPECT_EQ(accepted("").size(), 0U);
}

TEST(IpPool, ErrorsNameFileAndLine) {
    const IpPool pool = parse_ip_pool("10.0.0.1\n10.0.0\n\n10.1.0.1/16\n10.0.0.0/33\n127.0.0.0/8\nlns1:10.3.0.0/16\n"
                                      "10.9.0.0/16 # no\n0.0.0.0/0\n10.0.0.0/\n\x1b\n",
                                      "ip_pool");
    EXPECT_EQ(pool.diagnostics.lines(),
              (std::vector<std::string>{
                  "ip_pool:2: \"10.0.0\" is not an address A.B.C.D or a prefix A.B.C.D/N",
                  "ip_pool:4: \"10.1.0.1/16\" has host bits set: the prefix is 10.1.0.0/16",
                  "ip_pool:5: \"10.0.0.0/33\" has no prefix length from 0 to 32",
                  "ip_pool:6: \"127.0.0.0/8\" holds addresses that no subscriber can have",
                  "ip_pool:7: \"lns1:10.3.0.0/16\" is not an address A.B.C.D or a prefix A.B.C.D/N",
                  "ip_pool:8: \"10.9.0.0/16 # no\" has no prefix length from 0 to 32",
                  "ip_pool:9: \"0.0.0.0/0\" holds addresses that no subscriber can have",
                  "ip_pool:10: \"10.0.0.0/\" has no prefix length from 0 to 32",
                  "ip_pool:11: \"\\x1b\" is not an address A.B.C.D or a prefix A.B.C.D/N",
              }));
    EXPECT_TRUE(pool.diagnostics.has_errors());
}

TEST(IpPool, OverlapsAreReportedAndCountOnce) {
    const IpPool pool = parse_ip_pool("10.0.0.5\n10.0.0.0/24\n10.0.1.1\n10.0.1.1\n10.0.0.128/25\n", "p");
    EXPECT_FALSE(pool.diagnostics.has_errors());
    EXPECT_EQ(pool.diagnostics.lines(),
              (std::vector<std::string>{
                  "p:1: warning: 10.0.0.5/32 lies in 10.0.0.0/24 of line 2 and adds nothing",
                  "p:4: warning: 10.0.1.1/32 lies in 10.0.1.1/32 of line 3 and adds nothing",
                  "p:5: warning: 10.0.0.128/25 lies in 10.0.0.0/24 of line 2 and adds nothing",
              }));
    EXPECT_EQ(pool.plan, accepted("10.0.0.0/24\n10.0.1.1\n"));
}

TEST(PoolPlan, LeavesOutTheFirstAndLastOctetInPrefixesOnly) {
    const PoolPlan prefix = accepted("10.1.0.0/23\n");
    for (const char* out : {"10.1.0.0", "10.1.0.255", "10.1.1.0", "10.1.1.255", "10.0.255.254", "10.1.2.1"})
        EXPECT_FALSE(prefix.contains(ip(out))) << out;
    for (const char* in : {"10.1.0.1", "10.1.0.254", "10.1.1.1", "10.1.1.254"})
        EXPECT_TRUE(prefix.contains(ip(in))) << in;
    EXPECT_EQ(prefix.size(), 508U);

    EXPECT_EQ(accepted("10.0.0.0/30\n").size(), 3U);
    EXPECT_EQ(accepted("10.0.0.252/30\n").size(), 3U);
    EXPECT_EQ(accepted("10.0.0.4/30\n").size(), 4U);
    EXPECT_EQ(accepted("10.0.0.0/31\n").size(), 2U);
    EXPECT_TRUE(accepted("10.0.0.255\n").contains(ip("10.0.0.255")));
    EXPECT_TRUE(accepted("10.0.0.0/32\n").contains(ip("10.0.0.0")));
}

TEST(PoolPlan, NumbersEveryUsableAddressOnce) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SeededRng rng(seed);
        std::string text;
        for (std::uint32_t n = 1 + rng.below(8); n > 0; --n) {
            const auto length = static_cast<std::uint8_t>(20 + rng.below(13));
            const Ipv4 address{(0x0a000000U | rng.below(1U << 16)) & Prefix4::mask(length)};
            text += to_string(Prefix4{address, length}) + "\n";
        }
        const PoolPlan plan = parse_ip_pool(text, "p").plan;
        std::uint32_t expected = 0;
        std::uint32_t address = 0x0a000000U - 1;
        for (std::uint32_t index = 0; index < plan.size(); ++index) {
            const Ipv4 a = plan.nth(index);
            ASSERT_GT(a.value, address) << text;
            address = a.value;
            ASSERT_EQ(plan.index_of(a), index) << to_string(a) << "\n" << text;
        }
        for (std::uint32_t value = 0x0a000000U; value < 0x0a011100U; ++value)
            expected += plan.contains(Ipv4{value}) ? 1 : 0;
        ASSERT_EQ(expected, plan.size()) << text;
    }
}

TEST(PoolPlan, AgreesWithASimpleListOfAddresses) {
    const PoolPlan plan = accepted("10.0.0.0/22\n10.0.9.0/31\n10.0.9.255\n10.0.10.64/26\n");
    std::set<std::uint32_t> list;
    for (std::uint32_t value = ip("10.0.0.0").value; value <= ip("10.0.3.255").value; ++value)
        if ((value & 255) != 0 && (value & 255) != 255) list.insert(value);
    for (const char* single : {"10.0.9.0", "10.0.9.1", "10.0.9.255"})
        list.insert(ip(single).value);
    for (std::uint32_t value = ip("10.0.10.64").value; value < ip("10.0.10.128").value; ++value)
        list.insert(value);
    ASSERT_EQ(plan.size(), list.size());
    std::uint32_t index = 0;
    for (const std::uint32_t value : list)
        EXPECT_EQ(plan.nth(index++), Ipv4{value});
}

TEST(PoolPlan, AnEmptyPlanHoldsNothing) {
    EXPECT_EQ(PoolPlan{}.size(), 0U);
    EXPECT_FALSE(PoolPlan{}.contains(ip("10.0.0.1")));
}

TEST(PoolPlan, TheLargestPoolIsCounted) {
    const PoolPlan plan = accepted("128.0.0.0/2\n64.0.0.0/3\n1.0.0.0/8\n");
    EXPECT_EQ(plan.size(), (16384U * 256U + 8192U * 256U + 65536U) * 254U);
    EXPECT_EQ(plan.index_of(plan.nth(plan.size() - 1)), plan.size() - 1);
}

} // namespace
} // namespace lns::conf
