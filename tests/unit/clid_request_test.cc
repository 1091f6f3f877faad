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

TEST(FilterRequest, TakesADirectionOrBoth) {
    const auto both = parse_filter(Words{"out", "std1", "in", "web"});
    ASSERT_TRUE(both.ok());
    EXPECT_EQ(both->in, "web");
    EXPECT_EQ(both->out, "std1");
    const imsg::ServiceChange in = service_change(*parse_filter(Words{"in", "web"}));
    EXPECT_EQ(in.named, imsg::kNamedFilterIn);
    EXPECT_EQ(in.filter_in.view(), "web");
    for (const auto& [words, complaint] :
         std::vector<std::pair<Words, std::string>>{{{}, "Incomplete command: filter USER in NAME out NAME"},
                                                    {{"in"}, "Incomplete command: no name behind in"},
                                                    {{"web"}, "Invalid argument \"web\""},
                                                    {{"in", "a", "in", "b"}, "Invalid argument \"in\""},
                                                    {{"in", ""}, "Invalid name \"\""}})
        EXPECT_EQ(parse_filter(words).error().message, complaint);
}

TEST(ServiceChange, SaysWhatIsNamedAndWhatIsAsConfigured) {
    const imsg::ServiceChange alone = service_change(*parse_throttle(Words{}));
    EXPECT_EQ(alone.named, imsg::kNamedThrottleIn | imsg::kNamedThrottleOut | imsg::kAsConfigured);
    const imsg::ServiceChange out = service_change(*parse_throttle(Words{"out", "128"}));
    EXPECT_EQ(out.named, imsg::kNamedThrottleOut);
    EXPECT_EQ(out.throttle_out, 128U);
    EXPECT_EQ(describe_service_change({5, 0, out}), "session 5: throttle out 128");
    EXPECT_EQ(describe_service_change({5, 0, service_change(*parse_snoop(Words{"192.0.2.7", "9"}))}),
              "session 5: snoop to 192.0.2.7:9");
    EXPECT_EQ(service_change(*parse_snoop(Words{})).named, imsg::kNamedSnoop | imsg::kAsConfigured);
    EXPECT_FALSE(end_of_snoop().snoop_address.is_set());
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
