// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "lib/base/digest.h"
#include "lib/control/packet.h"
#include "lib/control/replay_window.h"

namespace lns::control {
namespace {

using Octets = std::vector<std::uint8_t>;
using Judgement = ReplayWindow::Judgement;

const Secret kSecret("open sesame");
constexpr Nonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::int64_t kNow = 1795328907;

Request drop() { return {kNonce, kNow, {"drop", "joe", "a reason\n"}}; }

TEST(HmacSha256, IsThatOfRfc4231) {
    const std::string key = "Jefe"; // test case 2
    const auto mac = hmac_sha256(as_octets(key), {as_octets("what do ya want "), as_octets("for nothing?")});
    EXPECT_EQ(mac[0], 0x5b);
    EXPECT_EQ(mac[1], 0xdc);
    EXPECT_EQ(mac[31], 0x43);
}

TEST(ControlPacket, ARequestIsReadAsItWasWritten) {
    const auto datagram = encode(drop(), kSecret);
    ASSERT_TRUE(datagram.has_value());
    const auto request = decode_request(*datagram, kSecret);
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->nonce, kNonce);
    EXPECT_EQ(request->time, kNow);
    EXPECT_EQ(request->words, drop().words);
}

TEST(ControlPacket, AReplyIsReadAsItWasWritten) {
    const auto datagram = encode(Reply{kNonce, Verdict::failed, "session not found"}, kSecret);
    const auto reply = decode_reply(datagram, kSecret);
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply->nonce, kNonce);
    EXPECT_EQ(reply->verdict, Verdict::failed);
    EXPECT_EQ(reply->text, "session not found");
}

TEST(ControlPacket, EveryChangedOctetIsNoticed) {
    const Octets good = *encode(drop(), kSecret);
    for (std::size_t i = 0; i < good.size(); ++i) {
        Octets bad = good;
        bad[i] ^= 1;
        EXPECT_FALSE(decode_request(bad, kSecret).ok()) << "octet " << i;
    }
    for (std::size_t n = 0; n < good.size(); ++n)
        EXPECT_FALSE(decode_request(Bytes(good).first(n), kSecret).ok()) << "cut to " << n;
    Octets longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode_request(longer, kSecret).ok());
}

TEST(ControlPacket, AnotherSecretIsWrong) {
    const Octets datagram = *encode(drop(), kSecret);
    for (const char* secret : {"", "open sesam", "open sesame "}) {
        const auto request = decode_request(datagram, Secret(secret));
        ASSERT_FALSE(request.ok());
        EXPECT_EQ(request.error(), WireError::wrong_mac) << secret;
    }
}

TEST(ControlPacket, ARequestIsNotAReplyNorTheReverse) {
    EXPECT_FALSE(decode_reply(*encode(drop(), kSecret), kSecret).ok());
    EXPECT_FALSE(decode_request(encode(Reply{kNonce, Verdict::done, "ok"}, kSecret), kSecret).ok());
}

TEST(ControlPacket, WhatDoesNotFitIsNotSent) {
    EXPECT_FALSE(encode(Request{kNonce, kNow, {}}, kSecret).has_value());
    EXPECT_FALSE(encode(Request{kNonce, kNow, {std::string(kMaxRequest, 'x')}}, kSecret).has_value());
    EXPECT_FALSE(encode(Request{kNonce, kNow, std::vector<std::string>(kMaxWords + 1, "x")}, kSecret).has_value());
    const auto reply = decode_reply(encode(Reply{kNonce, Verdict::done, std::string(100000, 'x')}, kSecret), kSecret);
    ASSERT_TRUE(reply.ok());
    EXPECT_GT(reply->text.size(), kMaxReply - 100);
}

TEST(ReplayWindow, ARequestIsFreshOnceAndThenRepeated) {
    ReplayWindow window(kNow, true);
    const std::int64_t later = kNow + 100;
    EXPECT_EQ(window.judge(kNonce, later, later), Judgement::fresh);
    window.remember(kNonce, later, {7});
    EXPECT_EQ(window.judge(kNonce, later, later + 1), Judgement::repeated);
    EXPECT_EQ(window.reply_to(kNonce), Octets{7});
    EXPECT_EQ(window.judge(kNonce, later, later + kBehindSeconds), Judgement::stale) << "and forgotten";
}

TEST(ReplayWindow, AClockMayBeALittleWrong) {
    ReplayWindow window(kNow, false);
    EXPECT_EQ(window.judge(kNonce, kNow - kBehindSeconds + 1, kNow), Judgement::fresh);
    EXPECT_EQ(window.judge(kNonce, kNow + kAheadSeconds, kNow), Judgement::fresh);
    EXPECT_EQ(window.judge(kNonce, kNow + kAheadSeconds + 1, kNow), Judgement::ahead);
    EXPECT_EQ(window.judge(kNonce, kNow - 3600, kNow), Judgement::stale);
}

// Whatever a predecessor accepted, up to the last moment and with the furthest stamp, is refused.
TEST(ReplayWindow, WhatAPredecessorMayHaveCarriedOutIsRefused) {
    ReplayWindow window(kNow, true);
    for (std::int64_t stamp = kNow - kBehindSeconds; stamp <= kNow + kAheadSeconds; ++stamp)
        for (std::int64_t now = kNow; now < kNow + 2 * kBehindSeconds; ++now) {
            const Judgement judgement = ReplayWindow(kNow, true).judge(kNonce, stamp, now);
            ASSERT_TRUE(judgement == Judgement::starting || judgement == Judgement::stale);
        }
    EXPECT_EQ(window.judge(kNonce, kNow + 1, kNow + 1), Judgement::starting);
    EXPECT_EQ(window.judge(kNonce, kNow + kAheadSeconds + 1, kNow + kAheadSeconds + 1), Judgement::fresh);
}

TEST(ReplayWindow, AClockSetBackDoesNotOpenItAgain) {
    ReplayWindow window(kNow, false);
    window.remember(kNonce, kNow, {7});
    EXPECT_EQ(window.judge({}, kNow + 1000, kNow + 1000), Judgement::fresh);
    EXPECT_EQ(window.judge(kNonce, kNow, kNow), Judgement::stale);
}

TEST(ReplayWindow, RemembersNoMoreThanItMay) {
    ReplayWindow window(kNow, false);
    for (std::size_t i = 0; i < kMaxRemembered; ++i) {
        const Nonce nonce{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
        ASSERT_EQ(window.judge(nonce, kNow, kNow), Judgement::fresh);
        window.remember(nonce, kNow, {});
    }
    EXPECT_EQ(window.judge(kNonce, kNow, kNow), Judgement::full);
    EXPECT_EQ(window.judge(kNonce, kNow + 100, kNow + 100), Judgement::fresh);
}

} // namespace
} // namespace lns::control
