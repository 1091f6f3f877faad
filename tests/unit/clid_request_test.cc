// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <vector>

#include "clid/service_request.h"

namespace lns::clid {
namespace {

using Words = std::vector<std::string_view>;

TEST(SnoopRequest, GoesWhereTheSettingsSayOrWhereItIsTold) {
    EXPECT_FALSE(parse_snoop(Words{})->to.has_value());
    const auto request = parse_snoop(Words{"192.0.2.7", "65535"});
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->to, (Endpoint{Ipv4{0xc0000207}, 65535}));
}

TEST(SnoopRequest, WrongWordsAreRefusedByName) {
    const std::vector<std::pair<Words, std::string>> cases{
        {{"300.1.1.1", "9"}, "Invalid IP address \"300.1.1.1\""},
        {{"0.0.0.0", "9"}, "Invalid IP address \"0.0.0.0\""},
        {{"224.0.0.1", "9"}, "Invalid IP address \"224.0.0.1\""},
        {{"192.0.2.7"}, "Incomplete command: an IP address needs a port"},
        {{"192.0.2.7", "0"}, "Invalid port \"0\""},
        {{"192.0.2.7", "65536"}, "Invalid port \"65536\""},
        {{"192.0.2.7", "9x"}, "Invalid port \"9x\""},
        {{"192.0.2.7", "9", "9"}, "Invalid argument \"9\""},
    };
    for (const auto& [words, complaint] : cases) {
        const auto request = parse_snoop(words);
        ASSERT_FALSE(request.ok()) << complaint;
        EXPECT_EQ(request.error().message, complaint);
    }
}

struct Rates {
    Words words;
    std::optional<std::uint32_t> in, out;
};

TEST(ThrottleRequest, TakesEveryFormOfTheManual) {
    const std::vector<Rates> cases{
        {{}, {}, {}},
        {{"64"}, 64, 64},
        {{"in", "64"}, 64, {}},
        {{"out", "128"}, {}, 128},
        {{"in", "64", "out", "128"}, 64, 128},
        {{"out", "128", "in", "64"}, 64, 128},
        {{"100000000"}, kMaxThrottleRate, kMaxThrottleRate},
    };
    for (const Rates& c : cases) {
        const auto request = parse_throttle(c.words);
        ASSERT_TRUE(request.ok());
        EXPECT_EQ(request->in, c.in);
        EXPECT_EQ(request->out, c.out);
    }
}

TEST(ThrottleRequest, WrongWordsAreRefusedByName) {
    const std::vector<std::pair<Words, std::string>> cases{
        {{"0"}, "Invalid rate \"0\""},
        {{"fast"}, "Invalid rate \"fast\""},
        {{"-1"}, "Invalid rate \"-1\""},
        {{"100000001"}, "Invalid rate \"100000001\""},
        {{"in"}, "Invalid rate \"in\""},
        {{"in", "64", "out"}, "Incomplete command: no rate behind out"},
        {{"in", "64", "in", "64"}, "Invalid argument \"in\""},
        {{"64", "128"}, "Invalid argument \"64\""},
        {{"in", "64", "128"}, "Invalid argument \"128\""},
    };
    for (const auto& [words, complaint] : cases) {
        const auto request = parse_throttle(words);
        ASSERT_FALSE(request.ok()) << complaint;
        EXPECT_EQ(request.error().message, complaint);
    }
}

} // namespace
} // namespace lns::clid
