// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "lib/base/log.h"
#include "sessiond/message_log.h"
#include "tests/unit/l2tp_bytes.h"

namespace lns::sessiond {
namespace {

using namespace l2tp; // the names of AVPs and messages
using l2tp::test::Octets;

std::string described(const Octets& payload) {
    const Octets datagram = l2tp::test::datagram(TunnelId{7}, SessionId{9}, 2, 1, payload);
    return describe_message(*parse_header(datagram));
}

TEST(MessageLog, HasTheParametersByName) {
    EXPECT_EQ(
        described(l2tp::test::sccrq(5, [](AvpWriter& a) { a.u16(AvpType::ReceiveWindowSize, 4); })),
        "SCCRQ, tunnel 7, session 9, Ns 2, Nr 1: Protocol Version 256, Framing Capabilities 3, Host Name \"lac\", "
        "Assigned Tunnel ID 5, Receive Window Size 4");
    EXPECT_EQ(described(l2tp::test::payload(MessageType::HELLO)), "HELLO, tunnel 7, session 9, Ns 2, Nr 1");
}

TEST(MessageLog, HasWhyACallEnds) {
    const Octets cdn = l2tp::test::payload(MessageType::CDN, [](AvpWriter& a) {
        const Octets result{0, 2, 0, 6, 'b', 'y', 'e', 0x1b};
        a.octets(AvpType::ResultCode, result);
        a.empty(AvpType::SequencingRequired);
    });
    EXPECT_NE(described(cdn).find(": Result Code 2/6 \"bye\\x1b\", Sequencing Required"), std::string::npos)
        << described(cdn);
}

TEST(MessageLog, OnlyCountsWhatMayTellASecret) {
    const Octets iccn = l2tp::test::payload(MessageType::ICCN, [](AvpWriter& a) {
        a.octets(AvpType::ChallengeResponse, as_octets("0123456789abcdef"));
        a.octets(AvpType::ProxyAuthenResponse, as_octets("hunter2"));
        a.raw_avp(false, 9, 1, as_octets("hunter3"));
    });
    const std::string line = described(iccn);
    EXPECT_EQ(line.find("hunter"), std::string::npos) << line;
    EXPECT_NE(line.find("Challenge Response (16 octets), Proxy Authen Response (7 octets), AVP 9/1 (7 octets)"),
              std::string::npos)
        << line;
}

TEST(MessageLog, ALineIsNoLongerThanALogLine) {
    const Octets many = l2tp::test::payload(MessageType::SCCRQ, [](AvpWriter& a) {
        for (int i = 0; i < 8; ++i)
            a.text(AvpType::HostName, std::string(1000, '\xff'));
    });
    EXPECT_LT(described(many).size(), 980U) << "process, direction and peer stand before it";
    EXPECT_TRUE(described(many).ends_with(", ..."));
}

TEST(MessageLog, SaysNothingOfAnAcknowledgementAndOfWhatIsNoMessage) {
    EXPECT_EQ(described({}), "");
    EXPECT_EQ(described({0x80}), "");
}

// The lines that `write` makes at a level.
std::vector<std::string> written(LogLevel level, const Octets& payload, std::uint32_t times = 1) {
    std::vector<std::string> lines;
    log_set_sink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
    log_set_threshold(level);
    MessageLog log;
    const Octets datagram = l2tp::test::datagram(TunnelId{7}, SessionId{0}, 2, 1, payload);
    for (std::uint32_t i = 0; i < times; ++i)
        log.write("from", {Ipv4{0x0a5a0002}, 1701}, *parse_header(datagram), MonoTime{std::chrono::hours(1)});
    log_set_sink({});
    log_set_threshold(LogLevel::warning);
    return lines;
}

TEST(MessageLog, BelongsToLevelThree) {
    EXPECT_TRUE(written(LogLevel::warning, l2tp::test::sccrq(5)).empty());
    const auto lines = written(LogLevel::info, l2tp::test::sccrq(5));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("from 10.90.0.2:1701: SCCRQ, tunnel 7, "), std::string::npos) << lines[0];
    const Octets hello = l2tp::test::payload(MessageType::HELLO);
    EXPECT_TRUE(written(LogLevel::info, hello).empty()) << "one a minute from each tunnel";
    EXPECT_EQ(written(LogLevel::call, hello).size(), 1U);
}

TEST(MessageLog, AFloodDoesNotFillTheLog) {
    EXPECT_EQ(written(LogLevel::info, l2tp::test::sccrq(5), 1000).size(), LogLimits::kMost);
}

} // namespace
} // namespace lns::sessiond
