// SPDX-License-Identifier: ISC
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using std::chrono::seconds;

TEST(PppSession, ZeroedIsDeadAndAnswersNothing) {
    Lns lns;
    lns.lcp(Code::ConfigureRequest, 1);
    lns.advance(seconds(1000));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.counted, std::vector<Counter>{Counter::after_end});
    EXPECT_EQ(next_deadline(lns.s), kNever);
    EXPECT_FALSE(lns.finished);
}

TEST(LcpStart, AsksForMruAuthenticationAndMagic) {
    Lns lns;
    lns.start();
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::ConfigureRequest));
    EXPECT_EQ(lns.sent[0].data, join({option(1, {0x05, 0xb6}), option(3, {0xc0, 0x23}), option(5, be32(lns.s.magic))}));
    EXPECT_NE(lns.s.magic, 0U);
    EXPECT_EQ(lns.frames[0][0], 0xff);
    EXPECT_EQ(lns.frames[0][1], 0x03);
}

TEST(LcpStart, LeavesOutAnMruThatIsTheDefault) {
    Lns lns;
    lns.cfg.mru = 1500;
    lns.cfg.auth_methods = {AuthMethod::chap, AuthMethod::none};
    lns.start();
    EXPECT_EQ(lns.sent.at(0).data, join({option(3, {0xc2, 0x23, 5}), option(5, be32(lns.s.magic))}));
}

TEST(LcpStart, GivesUpAfterMaxConfigureRequests) {
    Lns lns;
    lns.start();
    lns.advance(seconds(29));
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::ConfigureRequest), 10U);
    EXPECT_FALSE(lns.finished);
    lns.advance(seconds(1));
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::ConfigureRequest), 10U);
    EXPECT_EQ(lns.finished, Reason::no_reply);
}

TEST(LcpStart, ForgetsWhatTheRecordHeld) {
    Lns lns;
    lns.open();
    lns.start();
    EXPECT_EQ(lns.s.phase, Phase::establish);
    EXPECT_EQ(lns.s.lcp.state, State::ReqSent);
    EXPECT_EQ(lns.s.ipcp.state, State::Initial);
    EXPECT_FALSE(lns.s.peer_address.is_set());
}

TEST(LcpNegotiation, TakesCompressedFramesWhateverWasNegotiated) {
    Lns lns;
    lns.start();
    lns.clear();
    lns.receive_octets(join({{0xc0, 0x21}, packet(Code::ConfigureRequest, 1)}));
    EXPECT_NE(lns.find(Protocol::LCP, Code::ConfigureAck), nullptr);
}

TEST(LcpNegotiation, IgnoresPaddingBehindThePacket) {
    Lns lns;
    lns.start();
    lns.lcp_up();
    lns.clear();
    lns.receive(Protocol::LCP, join({packet(Code::EchoRequest, 3, be32(1)), Octets(20, 0xee)}));
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_EQ(lns.sent[0].data.size(), 4U);
}

TEST(LcpNegotiation, DropsAnswersThatAnswerNothing) {
    Lns lns;
    lns.start();
    const Octets ours = lns.sent.at(0).data;
    const std::uint8_t id = lns.sent[0].id;
    lns.lcp(Code::ConfigureAck, static_cast<std::uint8_t>(id + 1), ours);
    lns.lcp(Code::ConfigureNak, static_cast<std::uint8_t>(id - 1), option(3, {0xc2, 0x23, 5}));
    EXPECT_EQ(lns.number_of(Counter::wrong_identifier), 2U);
    lns.lcp(Code::ConfigureAck, id, option(1, {5, 0xdc}));
    lns.lcp(Code::ConfigureAck, id);
    lns.lcp(Code::ConfigureReject, id, option(7));
    lns.lcp(Code::ConfigureReject, id, option(5, be32(lns.s.magic + 1)));
    EXPECT_EQ(lns.number_of(Counter::wrong_answer), 4U);
    EXPECT_EQ(lns.s.lcp.state, State::ReqSent);
    lns.lcp(Code::ConfigureAck, id, ours);
    EXPECT_EQ(lns.s.lcp.state, State::AckRcvd);
    lns.lcp(Code::ConfigureAck, id, ours); // a datagram doubled on its way is no crossed connection
    EXPECT_EQ(lns.s.lcp.state, State::AckRcvd);
    EXPECT_EQ(lns.number_of(Counter::wrong_identifier), 3U);
}

TEST(LcpNegotiation, DoubledAckDoesNotTakeAnOpenSessionDown) {
    Lns lns;
    lns.start();
    const Sent request = lns.sent.at(0);
    lns.lcp_up();
    lns.lcp(Code::ConfigureAck, request.id, request.data);
    EXPECT_EQ(lns.s.lcp.state, State::Opened);
}

TEST(LcpNegotiation, SwitchesToTheMethodThePeerNaksWith) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(3, {0xc2, 0x23, 5}));
    const Sent* again = lns.find(Protocol::LCP, Code::ConfigureRequest);
    EXPECT_EQ(again->data, join({option(1, {0x05, 0xb6}), option(3, {0xc2, 0x23, 5}), option(5, be32(lns.s.magic))}));
    lns.lcp_up();
    EXPECT_NE(lns.find(Protocol::CHAP, kChallenge), nullptr);
}

TEST(LcpNegotiation, OffersItsOtherMethodToAPeerThatWishesForOneWeDoNotHave) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(3, {0xc2, 0x23, 0x81})); // MS-CHAPv2
    EXPECT_EQ(lns.s.auth.method, AuthMethod::chap);
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(3, {0xc2, 0x27})); // EAP
    EXPECT_EQ(lns.s.phase, Phase::terminating);
    lns.lcp(Code::TerminateAck, lns.find(Protocol::LCP, Code::TerminateRequest)->id);
    EXPECT_EQ(lns.finished, Reason::auth_refused);
}

TEST(LcpNegotiation, EndsWhenTheOnlyMethodIsNaked) {
    Lns lns;
    lns.cfg.auth_methods = {AuthMethod::chap, AuthMethod::none};
    lns.start();
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(3, {0xc0, 0x23}));
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::auth_refused);
}

TEST(LcpNegotiation, EndsWhenAuthenticationIsRejected) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureReject, lns.s.lcp.request_id, option(3, {0xc0, 0x23}));
    EXPECT_EQ(lns.find(Protocol::LCP, Code::TerminateRequest)->message(), "peer refuses to authenticate");
    lns.advance(seconds(10));
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::TerminateRequest), 2U);
    EXPECT_EQ(lns.finished, Reason::auth_refused);
}

TEST(LcpNegotiation, DoesWithoutOptionsThePeerRejects) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureReject, lns.s.lcp.request_id, join({option(1, {0x05, 0xb6}), option(5, be32(lns.s.magic))}));
    EXPECT_EQ(lns.find(Protocol::LCP, Code::ConfigureRequest)->data, option(3, {0xc0, 0x23}));
    lns.lcp_up();
    lns.clear();
    lns.lcp(Code::EchoRequest, 1, be32(0)); // without a magic number zero is no loop
    EXPECT_EQ(lns.sent.at(0).data, be32(0));
}

TEST(LcpNegotiation, TakesASmallerMruByNakAndOtherwiseDropsTheOption) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(1, {0x05, 0x00}));
    EXPECT_EQ(lns.s.mru, 1280);
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(1, {0x00, 0x10}));
    EXPECT_EQ(lns.s.mru, 1500);
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(1, {0x05, 0x00})); // not asked for any more
    EXPECT_EQ(lns.s.mru, 1500);
    EXPECT_EQ(lns.find(Protocol::LCP, Code::ConfigureRequest)->data,
              join({option(3, {0xc0, 0x23}), option(5, be32(lns.s.magic))}));
}

TEST(LcpNegotiation, DropsTheMruOptionOfAPeerThatWantsALargerOne) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(1, {0x05, 0xd4})); // 1492
    EXPECT_EQ(lns.s.mru, 1500);
}

TEST(LcpNegotiation, IgnoresNakOfAnOptionNobodyKnows) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(77, {1, 2}));
    lns.lcp_up();
    EXPECT_EQ(lns.s.phase, Phase::authenticate);
}

TEST(LcpNegotiation, NakTurnsIntoRejectAndThenTheEnd) {
    Lns lns;
    lns.start();
    std::vector<int> answers;
    for (std::uint8_t id = 0; id < 20 && lns.s.phase == Phase::establish; ++id) {
        lns.clear();
        lns.lcp(Code::ConfigureRequest, id, option(1, {0, 1}));
        answers.push_back(lns.sent.at(0).code);
    }
    EXPECT_EQ(answers, (std::vector<int>{3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5}));
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::negotiation_failed);
}

TEST(LcpNegotiation, CountsFailuresFromTheLastAgreement) {
    Lns lns;
    lns.open();
    for (int round = 0; round < 4; ++round) {
        for (std::uint8_t id = 0; id < 4; ++id) {
            lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(5, be32(1)));
            lns.lcp(Code::ConfigureRequest, id, option(1, {0, 1}));
        }
        lns.clear();
        lns.lcp(Code::ConfigureRequest, 9, option(1, {0, 1}));
        EXPECT_NE(lns.find(Protocol::LCP, Code::ConfigureNak), nullptr);
        lns.advance(lns.cfg.restart); // repeats our request
        lns.lcp_up();
    }
}

TEST(LcpNegotiation, AnAnsweredRequestIsRepeatedWithANewIdentifier) {
    Lns lns;
    lns.start();
    const Sent first = lns.sent.at(0);
    lns.lcp(Code::ConfigureAck, first.id, first.data);
    lns.advance(lns.cfg.restart);
    ASSERT_EQ(lns.sent.size(), 2U);
    EXPECT_NE(lns.sent[1].id, first.id);
    EXPECT_EQ(lns.s.lcp.state, State::ReqSent);
}

TEST(LcpNegotiation, ARepeatedRequestIsNoNewFailure) {
    Lns lns;
    lns.start();
    lns.clear();
    for (int i = 0; i < 9; ++i)
        lns.lcp(Code::ConfigureRequest, 7, option(1, {0, 1}));
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::ConfigureNak), 9U);
}

TEST(LcpNegotiation, EndsWithAPeerThatNaksForEver) {
    Lns lns;
    lns.start();
    int rounds = 0;
    while (lns.s.phase == Phase::establish && rounds < 100) {
        lns.lcp(Code::ConfigureNak, lns.s.lcp.request_id, option(5, be32(1)));
        ++rounds;
    }
    EXPECT_EQ(rounds, 11);
    lns.advance(seconds(10));
    EXPECT_EQ(lns.finished, Reason::negotiation_failed);
}

TEST(LcpNegotiation, EndsWithAPeerThatAcksOursAndNeverSendsItsOwn) {
    Lns lns;
    lns.start();
    while (!lns.finished && lns.now < MonoTime{std::chrono::hours(2)}) {
        const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
        if (request != nullptr && lns.s.lcp.answer_awaited) lns.lcp(Code::ConfigureAck, request->id, request->data);
        lns.advance(seconds(1));
    }
    EXPECT_EQ(lns.finished, Reason::negotiation_failed);
}

TEST(LcpLoop, AnswersOurOwnMagicWithNakAloneAndThenGivesUp) {
    Lns lns;
    lns.start();
    int rounds = 0;
    while (!lns.finished && rounds < 50) { // every frame comes back
        const std::vector<Octets> out = lns.frames;
        lns.clear();
        for (const Octets& f : out)
            lns.receive_octets(f);
        ++rounds;
    }
    EXPECT_EQ(lns.finished, Reason::loopback);
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::TerminateRequest), 0U);
}

TEST(LcpLoop, AnAccidentIsRepairedByNak) {
    Lns lns;
    lns.start();
    lns.lcp(Code::ConfigureRequest, 1, option(5, be32(lns.s.magic)));
    const Sent* nak = lns.find(Protocol::LCP, Code::ConfigureNak);
    ASSERT_NE(nak, nullptr);
    EXPECT_NE(nak->data, option(5, be32(lns.s.magic)));
    lns.lcp_up(nak->data);
    EXPECT_EQ(lns.s.loops, 0);
}

TEST(LcpLoop, EchoRequestWithOurMagicEndsTheSession) {
    Lns lns;
    lns.open();
    lns.lcp(Code::EchoRequest, 1, be32(lns.s.magic));
    EXPECT_EQ(lns.finished, Reason::loopback);
    EXPECT_EQ(lns.downs, 1);
    EXPECT_TRUE(lns.sent.empty());
}

TEST(LcpLoop, EchoReplyWithOurMagicIsOnlyCounted) {
    Lns lns;
    lns.open();
    lns.lcp(Code::EchoReply, 1, be32(lns.s.magic));
    EXPECT_FALSE(lns.finished);
    EXPECT_EQ(lns.number_of(Counter::looped), 1U);
}

TEST(LcpOpened, AnswersEchoWithItsDataAndOurMagic) {
    Lns lns;
    lns.open();
    lns.lcp(Code::EchoRequest, 42, join({be32(0x12345678), text("hello")}));
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::EchoReply));
    EXPECT_EQ(lns.sent[0].id, 42);
    EXPECT_EQ(lns.sent[0].data, join({be32(lns.s.magic), text("hello")}));
}

TEST(LcpOpened, AnswersNeverAboveThePeersMru) {
    Lns lns;
    lns.start();
    lns.lcp_up(option(1, {0x02, 0x40})); // 576
    lns.clear();
    lns.lcp(Code::EchoRequest, 1, Octets(1400, 1));
    lns.receive(Protocol::LCP, packet(99, 1, Octets(1400, 1)));
    ASSERT_EQ(lns.sent.size(), 2U); // the harness compares the length with the MRU
    EXPECT_EQ(lns.sent[0].data.size(), 572U);
    EXPECT_EQ(lns.sent[1].data.size(), 572U);
}

TEST(LcpOpened, NoEchoBeforeIt) {
    Lns lns;
    lns.start();
    lns.clear();
    for (const Code code : {Code::EchoRequest, Code::EchoReply, Code::ProtocolReject, Code::DiscardRequest,
                            Code::Identification, Code::TimeRemaining})
        lns.lcp(code, 1, be32(0));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.number_of(Counter::echo_not_opened), 6U);
}

TEST(LcpOpened, TakesDiscardIdentificationAndTimeRemainingInSilence) {
    Lns lns;
    lns.open();
    lns.lcp(Code::DiscardRequest, 1, be32(1));
    lns.lcp(Code::Identification, 2, join({be32(1), text("MSRASV5.20")}));
    lns.lcp(Code::TimeRemaining, 3, join({be32(1), be32(60)}));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_TRUE(lns.counted.empty());
}

TEST(LcpOpened, RejectsUnknownCodes) {
    Lns lns;
    lns.open();
    const Octets odd = packet(14, 5, text("?"));
    lns.receive(Protocol::LCP, odd);
    ASSERT_EQ(lns.sent.size(), 1U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::CodeReject));
    EXPECT_EQ(lns.sent[0].data, odd);
    lns.receive(Protocol::IPCP, packet(9, 5, be32(0))); // LCP's own codes are unknown to an NCP
    EXPECT_TRUE(lns.sent.at(1).is(Protocol::IPCP, Code::CodeReject));
    EXPECT_EQ(lns.number_of(Counter::unknown_code), 2U);
}

TEST(LcpOpened, RejectsUnknownProtocols) {
    Lns lns;
    lns.open();
    static constexpr std::uint16_t kProtocols[] = {0x80fd, 0x8057, 0x003d, 0xc025, 0x8281};
    for (const std::uint16_t protocol : kProtocols) {
        lns.clear();
        lns.receive(Protocol{protocol}, packet(Code::ConfigureRequest, 1));
        ASSERT_EQ(lns.sent.size(), 1U);
        EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::ProtocolReject));
        EXPECT_EQ(lns.sent[0].data,
                  join({{static_cast<std::uint8_t>(protocol >> 8), static_cast<std::uint8_t>(protocol)},
                        packet(Code::ConfigureRequest, 1)}));
    }
}

TEST(LcpOpened, AnswersAFloodOfNonsenseOnlySoOften) {
    Lns lns;
    lns.open();
    for (int i = 0; i < 1000; ++i)
        lns.receive(Protocol::CCP, Octets(1490, 0));
    EXPECT_EQ(lns.sent.size(), 16U);
    EXPECT_EQ(lns.number_of(Counter::reject_suppressed), 984U);
    lns.clear();
    lns.receive(Protocol::LCP, packet(99, 1));
    EXPECT_TRUE(lns.sent.empty());
    lns.advance(seconds(10));
    for (int i = 0; i < 1000; ++i)
        lns.receive(Protocol::LCP, packet(99, 1));
    EXPECT_EQ(lns.sent.size(), 16U);
}

TEST(LcpOpened, LeavesDataToTheDatapath) {
    Lns lns;
    lns.open();
    lns.receive(Protocol::IP, Octets(20, 0x45));
    lns.receive(Protocol::IPv6, Octets(40, 0x60));
    EXPECT_TRUE(lns.sent.empty());
    EXPECT_EQ(lns.number_of(Counter::network_data), 2U);
}

TEST(LcpOpened, ConfigureRequestBeginsANewNegotiationAndAuthentication) {
    Lns lns;
    lns.open();
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    EXPECT_EQ(lns.downs, 1);
    EXPECT_EQ(lns.s.phase, Phase::establish);
    EXPECT_EQ(lns.s.lcp.state, State::AckSent);
    ASSERT_EQ(lns.sent.size(), 2U);
    EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, Code::ConfigureRequest));
    EXPECT_TRUE(lns.sent[1].is(Protocol::LCP, Code::ConfigureAck));
    EXPECT_EQ(lns.number_of(Counter::renegotiated), 1U);
    lns.lcp(Code::ConfigureAck, lns.sent[0].id, lns.sent[0].data);
    EXPECT_EQ(lns.s.phase, Phase::authenticate);
    lns.ipcp(Code::ConfigureRequest, 1);
    EXPECT_EQ(lns.number_of(Counter::out_of_phase), 1U);
    lns.login();
    ASSERT_EQ(lns.asked.size(), 2U);
    ASSERT_TRUE(lns.accept());
    lns.ipcp_up();
    EXPECT_EQ(lns.ups, 2);
    EXPECT_EQ(lns.downs, 1);
}

TEST(LcpOpened, APeerThatBeginsAnewAndFallsSilentEndsWithNoReply) {
    Lns lns;
    lns.open();
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    lns.advance(seconds(40));
    EXPECT_EQ(lns.finished, Reason::no_reply);
}

TEST(LcpOpened, ANewNegotiationStopsWhatWasUnderWay) {
    Lns lns;
    lns.start_with(AuthMethod::chap);
    lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
    lns.clear();
    lns.advance(seconds(20));
    EXPECT_EQ(lns.number_of(Protocol::CHAP, kChallenge), 0U);
    EXPECT_GT(lns.number_of(Protocol::LCP, Code::ConfigureRequest), 0U);
}

TEST(LcpOpened, ANewNegotiationHasItsEndToo) {
    Lns lns;
    lns.open();
    lns.lcp(Code::ConfigureRequest, 9, option(200)); // it never sends a good one
    while (!lns.finished && lns.now < MonoTime{std::chrono::hours(2)}) {
        const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
        if (lns.s.lcp.answer_awaited) lns.lcp(Code::ConfigureAck, request->id, request->data);
        lns.advance(seconds(1));
    }
    EXPECT_EQ(lns.finished, Reason::negotiation_failed);
}

TEST(LcpOpened, ANewNegotiationForgetsThePeersMru) {
    Lns lns;
    lns.start();
    lns.lcp_up(option(1, {0x02, 0x40})); // 576
    Octets options;
    for (int i = 0; i < 100; ++i)
        options = join({options, option(200, Octets(10, 1))});
    lns.lcp(Code::ConfigureRequest, 9, options);
    lns.lcp(Code::ConfigureRequest, 10, options);
    EXPECT_EQ(lns.find(Protocol::LCP, Code::ConfigureReject)->data, options);
}

TEST(LcpOpened, EndsWithAPeerThatRenegotiatesForEver) {
    Lns lns;
    lns.open();
    int rounds = 0;
    while (lns.s.phase != Phase::terminating && rounds < 100) {
        ++rounds;
        lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
        const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
        lns.lcp(Code::ConfigureAck, request->id, request->data);
    }
    EXPECT_EQ(rounds, 19); // 20 ups in all, two of them before
    EXPECT_EQ(lns.s.reason, Reason::negotiation_failed);
    EXPECT_EQ(lns.asked.size(), 1U);
}

TEST(LcpOpened, MayBeRenegotiatedNowAndThenForEver) {
    Lns lns;
    lns.open();
    for (int round = 0; round < 100; ++round) {
        lns.advance(seconds(100));
        lns.lcp(Code::ConfigureRequest, 9, option(5, be32(77)));
        const Sent* request = lns.find(Protocol::LCP, Code::ConfigureRequest);
        lns.lcp(Code::ConfigureAck, request->id, request->data);
        lns.login();
        ASSERT_TRUE(lns.accept());
        lns.ipcp_up();
    }
    EXPECT_EQ(lns.ups, 101);
    EXPECT_EQ(lns.s.phase, Phase::open);
}

} // namespace
} // namespace lns::ppp
