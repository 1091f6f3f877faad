// SPDX-License-Identifier: ISC
// How a session ends: Terminate-Request of either side, and rejects of what cannot be missed.
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using std::chrono::seconds;

TEST(LcpTerminate, OfThePeerIsAcknowledgedAndEndsAfterAPause) {
    Lns lns;
    lns.open();
    lns.lcp(Code::TerminateRequest, 88, text("User request"));
    EXPECT_EQ(lns.downs, 1);
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::TerminateAck));
    EXPECT_EQ(lns.sent[0].id, 88);
    EXPECT_FALSE(lns.finished);
    lns.lcp(Code::TerminateRequest, 89); // our Ack was lost
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::TerminateAck), 2U);
    lns.advance(seconds(3));
    EXPECT_EQ(lns.finished, Reason::peer_terminated);
}

TEST(LcpTerminate, OfOursEndsWithTheAck) {
    Lns lns;
    lns.open();
    lns.close(Reason::administrative);
    EXPECT_EQ(lns.downs, 1);
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_EQ(lns.sent[0].message(), name(Reason::administrative));
    lns.close(Reason::shutdown); // the first reason stays
    EXPECT_EQ(lns.sent.size(), 1U);
    lns.lcp(Code::TerminateAck, lns.sent[0].id);
    EXPECT_EQ(lns.finished, Reason::administrative);
}

TEST(LcpTerminate, OfOursEndsWithoutAnAnswerToo) {
    Lns lns;
    lns.open();
    lns.close(Reason::idle_timeout);
    lns.advance(seconds(6));
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::TerminateRequest), 2U);
    EXPECT_EQ(lns.finished, Reason::idle_timeout);
}

TEST(LcpTerminate, NothingIsSentOrOpenedWhileItEnds) {
    Lns lns;
    lns.open();
    lns.close(Reason::administrative);
    lns.clear();
    lns.lcp(Code::ConfigureRequest, 1);
    lns.lcp(Code::EchoRequest, 1, be32(0));
    lns.ipcp(Code::ConfigureRequest, 1);
    lns.pap(1, "user", "secret");
    lns.receive(Protocol::CCP, packet(Code::ConfigureRequest, 1));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.asked.size(), 1U);
}

TEST(LcpReject, OfABasicCodeEndsTheSession) {
    Lns lns;
    lns.start();
    lns.lcp(Code::CodeReject, 1, packet(Code::ConfigureRequest, 1));
    EXPECT_EQ(lns.finished, Reason::protocol_error);
}

TEST(LcpReject, OfAnEchoDoesNot) {
    Lns lns;
    lns.open();
    lns.lcp(Code::CodeReject, 1, packet(Code::EchoRequest, 1, be32(lns.s.magic)));
    lns.lcp(Code::CodeReject, 1, packet(0, 1)); // a code nobody has
    lns.lcp(Code::CodeReject, 1);               // empty
    EXPECT_EQ(lns.s.phase, Phase::open);
    EXPECT_EQ(lns.number_of(Counter::code_reject), 2U);
    EXPECT_EQ(lns.number_of(Counter::bad_length), 1U);
}

TEST(LcpReject, OfIpcpBeforeItBeganIsNotWhyTheSessionEnds) {
    Lns lns;
    lns.start_with(AuthMethod::pap);
    lns.lcp(Code::ProtocolReject, 1, {0x80, 0x21, 1, 1, 0, 4});
    lns.advance(seconds(70));
    EXPECT_EQ(lns.finished, Reason::auth_timeout);
}

TEST(LcpReject, OfAProtocolWeCannotDoWithoutEndsTheSession) {
    struct Row {
        std::uint16_t protocol;
        bool after_login;
        std::optional<Reason> reason;
    };
    const Row rows[] = {
        {0xc021, false, Reason::protocol_error},
        {0xc023, false, Reason::auth_refused},
        {0xc223, false, std::nullopt},
        {0x8021, false, std::nullopt},
        {0x8021, true, Reason::ipcp_refused},
        {0xc023, true, std::nullopt},
        {0x8057, true, std::nullopt},
        {0x0021, true, std::nullopt},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(testing::Message() << std::hex << row.protocol << (row.after_login ? " after" : " before"));
        Lns lns;
        lns.start_with(AuthMethod::pap);
        if (row.after_login) {
            lns.login();
            ASSERT_TRUE(lns.accept());
        }
        lns.lcp(Code::ProtocolReject, 1,
                {static_cast<std::uint8_t>(row.protocol >> 8), static_cast<std::uint8_t>(row.protocol), 1, 1, 0, 4});
        EXPECT_EQ(lns.s.phase == Phase::terminating, row.reason.has_value());
        lns.advance(seconds(10));
        if (row.reason) {
            EXPECT_EQ(lns.finished, row.reason);
        }
        EXPECT_EQ(lns.number_of(Counter::protocol_reject), 1U);
    }
}

} // namespace
} // namespace lns::ppp
