// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "lib/base/bytes.h"
#include "lib/base/digest.h"
#include "lib/base/escape.h"
#include "lib/base/hex_dump.h"
#include "lib/base/inet.h"
#include "lib/base/log.h"
#include "lib/base/log_limits.h"
#include "lib/base/rng.h"
#include "lib/base/text.h"

namespace lns {
namespace {

TEST(Reader, RefusesWhatIsNotThereAndKeepsItsPlace) {
    const std::array<std::uint8_t, 3> data{1, 2, 3};
    Reader r(data);
    std::uint32_t v32 = 7;
    std::uint16_t v16 = 0;
    EXPECT_FALSE(r.u32(v32));
    EXPECT_EQ(v32, 7U);
    EXPECT_TRUE(r.u16(v16));
    EXPECT_EQ(v16, 0x0102);
    EXPECT_FALSE(r.done());
    EXPECT_FALSE(r.u16(v16));
    EXPECT_TRUE(r.skip(1));
    EXPECT_TRUE(r.done());
}

TEST(Reader, SubReaderCannotReadPastItself) {
    const std::array<std::uint8_t, 4> data{1, 2, 3, 4};
    Reader r(data);
    Reader sub;
    std::uint16_t v = 0;
    ASSERT_TRUE(r.take(1, sub));
    EXPECT_FALSE(sub.u16(v));
    EXPECT_FALSE(r.take(4, sub));
    EXPECT_EQ(r.size(), 3U);
}

TEST(Writer, NeverWritesPartOfAValueThatDoesNotFit) {
    std::array<std::uint8_t, 3> buffer{};
    Writer w(buffer);
    w.u16(0xabcd);
    w.u16(0x1234);
    EXPECT_FALSE(w.ok());
    EXPECT_EQ(w.size(), 2U);
    w.u8(1);
    EXPECT_EQ(w.size(), 2U);
}

TEST(FixedText, CutsAtCapacityAndZeroesTheRest) {
    FixedText<4> t("abc");
    EXPECT_TRUE(t.assign("x"));
    EXPECT_EQ(t.octets[1], 0);
    EXPECT_FALSE(t.assign("abcdef"));
    EXPECT_EQ(t.view(), "abcd");
}

TEST(Inet, ParsesStrictly) {
    EXPECT_EQ(parse_ipv4("10.1.2.3")->value, 0x0a010203U);
    for (const char* bad : {"", "10.1.2", "10.1.2.256", "10.1.2.3 ", " 10.1.2.3", "a.b.c.d", "10.1.2.3.4"})
        EXPECT_FALSE(parse_ipv4(bad)) << bad;
    EXPECT_EQ(to_string(*parse_prefix4("10.0.0.0/8")), "10.0.0.0/8");
    for (const char* bad : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0"})
        EXPECT_FALSE(parse_prefix4(bad)) << bad;
    EXPECT_TRUE(Prefix4{}.contains(Ipv4{0xffffffff}));
}

TEST(Inet, SeesSpecialAddressesInsideAPrefix) {
    for (const char* bad : {"0.0.0.0/0", "0.0.0.0/1", "96.0.0.0/3", "127.1.0.0/16", "128.0.0.0/1", "224.0.0.0/24"})
        EXPECT_TRUE(covers_special(*parse_prefix4(bad))) << bad;
    for (const char* good : {"1.0.0.0/8", "10.0.0.0/8", "126.0.0.0/8", "128.0.0.0/2", "223.255.255.255/32"})
        EXPECT_FALSE(covers_special(*parse_prefix4(good))) << good;
    EXPECT_EQ(to_string(parse_prefix4("10.0.0.0/8")->last()), "10.255.255.255");
}

TEST(Escape, LeavesOnlyPrintableAscii) { EXPECT_EQ(escape("a\x1b[2J\\\n\xff"), "a\\x1b[2J\\x5c\\x0a\\xff"); }

TEST(Digest, MatchesRfc1321And2202) {
    EXPECT_EQ(md5({as_octets("ab"), as_octets("c")})[0], 0x90);
    const Md5Digest mac = hmac_md5(as_octets("Jefe"), {as_octets("what do ya want "), as_octets("for nothing?")});
    EXPECT_EQ(mac[0], 0x75);
    EXPECT_EQ(mac[15], 0x38);
}

TEST(SeededRng, IsRepeatableAndBelowStaysBelow) {
    SeededRng a(1);
    SeededRng b(1);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(a.u64(), b.u64());
        EXPECT_LT(a.below(7), 7U);
        b.below(7);
    }
}

TEST(LogLimits, WriteSoManyOfOnePlaceAndCountTheOthers) {
    LogLimits limits;
    const char* flood = "flood";
    const char* other = "other";
    MonoTime now{std::chrono::hours(1)};
    for (std::uint32_t i = 0; i < LogLimits::kMost; ++i)
        EXPECT_EQ(limits.pass(flood, now), 0U);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(limits.pass(flood, now), std::nullopt);
    EXPECT_EQ(limits.pass(other, now), 0U) << "each place for itself";
    now += LogLimits::kWindow;
    EXPECT_EQ(limits.pass(flood, now), 5U) << "the next one tells how many were held back";
    EXPECT_EQ(limits.pass(flood, now), 0U);
}

TEST(LogLevels, WhatWasAskedForIsWrittenAtAnyLevel) {
    log_set_threshold(LogLevel::critical);
    EXPECT_TRUE(log_wanted(LogLevel::asked));
    EXPECT_FALSE(log_wanted(LogLevel::error));
    log_set_threshold(LogLevel::warning);
}

TEST(LogLevels, EachIsWrittenFromItsNumberOn) {
    for (unsigned debug = 0; debug <= 5; ++debug) {
        std::vector<unsigned> written;
        log_set_sink([&](LogLevel level, std::string_view) { written.push_back(static_cast<unsigned>(level)); });
        log_set_threshold(static_cast<LogLevel>(debug));
        log_error("1");
        log_warnx("2");
        log_info("3");
        log_debug("4");
        log_packet("5", {});
        log_set_sink({});
        std::vector<unsigned> expected;
        for (unsigned level = 1; level <= debug; ++level)
            expected.push_back(level);
        EXPECT_EQ(written, expected) << "debug " << debug;
    }
    log_set_threshold(LogLevel::critical);
    EXPECT_EXIT(fatalx("things are broken"), testing::ExitedWithCode(2), "things are broken") << "critical at level 0";
    log_set_threshold(LogLevel::warning);
}

TEST(HexDump, IsCutIntoLinesThatALogLineCanHold) {
    const std::array<std::uint8_t, 3> few{0x0a, 0x0b, 0x0c};
    EXPECT_EQ(hex_dump("to x", few), std::vector<std::string>{"to x (3 octets) 0x0000 0a0b0c"});
    EXPECT_EQ(hex_dump("to x", {}), std::vector<std::string>{"to x (0 octets) 0x0000"});
    const std::vector<std::uint8_t> many(1500, 0xff);
    const auto lines = hex_dump("to x", many);
    ASSERT_EQ(lines.size(), 6U);
    EXPECT_TRUE(lines[5].starts_with("to x (1500 octets) 0x0500 ffff"));
    for (const std::string& line : lines)
        EXPECT_LT(line.size(), 900U);
}

} // namespace
} // namespace lns
