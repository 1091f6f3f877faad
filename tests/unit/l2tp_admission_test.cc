// SPDX-License-Identifier: ISC
#include "lib/l2tp/half_open.h"
#include "tests/unit/l2tp_control_fixture.h"

namespace lns::l2tp {
namespace {

using std::chrono::seconds;
using test::Connection;
using test::Octets;
using test::sent;
using test::sent_names;

Octets sccrq_with_challenge(const Octets& challenge = test::kTheirChallenge) {
    return test::sccrq(test::kTheirs, [&](AvpWriter& a) { a.octets(AvpType::Challenge, challenge); });
}

Octets scccn_with(Bytes response) {
    return test::payload(MessageType::SCCCN, [&](AvpWriter& a) { a.octets(AvpType::ChallengeResponse, response); });
}

TEST(Admission, SccrpSaysWhatTheRfcRequires) {
    Connection c;
    c.config.receive_window = 32;
    c.config.firmware_revision = 5;
    const auto out = sent(c.open(test::sccrq(test::kTheirs)));
    ASSERT_EQ(out.size(), 1U);
    const Message& m = out[0].message;
    EXPECT_EQ(m.type, MessageType::SCCRP);
    EXPECT_FALSE(m.fault) << name(m.fault.error);
    EXPECT_EQ(out[0].header.tunnel, TunnelId{test::kTheirs});
    EXPECT_EQ(out[0].header.ns, 0);
    EXPECT_EQ(out[0].header.nr, 1);
    EXPECT_EQ(m.assigned_tunnel, PeerTunnelId{raw(test::kOurs)});
    EXPECT_EQ(m.protocol_version, 0x0100);
    EXPECT_EQ(m.framing_capabilities, 3U);
    EXPECT_EQ(m.receive_window, 32);
    EXPECT_EQ(m.firmware_revision, 5);
    EXPECT_EQ(m.host_name.view(), "lns");
    EXPECT_EQ(m.vendor_name.view(), "test");
    EXPECT_FALSE(m.has(AvpType::Challenge) || m.has(AvpType::ChallengeResponse));
}

TEST(Admission, OurWindowStaysInItsBounds) {
    for (const auto& [asked, got] :
         {std::pair<std::uint16_t, std::uint16_t>{0, 16}, {15, 16}, {64, 64}, {9999, 1024}}) {
        Connection c;
        c.config.receive_window = asked;
        EXPECT_EQ(sent(c.open(test::sccrq(1)))[0].message.receive_window, got);
    }
}

TEST(Admission, PeerWindowHasADefaultAndIsNeverZero) {
    Connection none;
    none.open(test::sccrq(1));
    EXPECT_EQ(none.cc.peer_window, 4);
    Connection zero;
    zero.open(test::sccrq(1, [](AvpWriter& a) { a.u16(AvpType::ReceiveWindowSize, 0); }));
    EXPECT_EQ(zero.cc.peer_window, 1);
}

TEST(Admission, ChallengeIsAnsweredAndReturned) {
    Connection c;
    c.config.secret = test::kSecret;
    const auto out = sent(c.open(sccrq_with_challenge()));
    ASSERT_EQ(out.size(), 1U);
    const Message& m = out[0].message;
    ASSERT_TRUE(m.has(AvpType::Challenge) && m.has(AvpType::ChallengeResponse));
    EXPECT_EQ(m.challenge_response, md5({Octets{2}, test::kSecret, test::kTheirChallenge})) << "5.1.1, id is SCCRP";
    const Md5Digest answer = md5({Octets{3}, test::kSecret, m.challenge});
    const Effects up = c.get_next(scccn_with(answer));
    ASSERT_EQ(test::of<TunnelUp>(up).size(), 1U);
    EXPECT_TRUE(test::of<TunnelUp>(up)[0].authenticated);
    EXPECT_TRUE(c.cc.authenticated);
}

TEST(Admission, WrongMissingOrReflectedResponseIsNotAuthorized) {
    for (const int how : {0, 1, 2, 3}) {
        Connection c;
        c.config.secret = test::kSecret;
        const auto first = sent(c.open(sccrq_with_challenge()));
        const Message& sccrp = first[0].message;
        Octets answer;
        if (how == 0) answer = Octets(16, 0);
        if (how == 1) answer = test::octets(md5({Octets{3}, Octets{'x'}, sccrp.challenge}));
        if (how == 2) answer = test::octets(sccrp.challenge_response); // ours, played back
        const Effects out = c.get_next(how == 3 ? test::payload(MessageType::SCCCN) : scccn_with(answer));
        EXPECT_EQ(sent_names(out), "StopCCN") << how;
        EXPECT_EQ(sent(out)[0].message.result, 4) << how;
        EXPECT_TRUE(test::noted(out, WireError::authentication));
        EXPECT_TRUE(test::of<TunnelUp>(out).empty());
        EXPECT_EQ(test::of<TunnelDown>(out).size(), 1U);
        EXPECT_FALSE(c.cc.authenticated || c.cc.proven);
    }
}

TEST(Admission, WithoutChallengeItComesUpUnauthenticated) {
    Connection c;
    c.config.secret = test::kSecret;
    c.open(test::sccrq(test::kTheirs));
    const Effects up = c.get_next(test::payload(MessageType::SCCCN));
    ASSERT_EQ(test::of<TunnelUp>(up).size(), 1U);
    EXPECT_FALSE(test::of<TunnelUp>(up)[0].authenticated);
}

struct Refusal {
    const char* description;
    Octets request;
    bool secret, require_auth, draining;
    std::uint16_t result, error;
};
class AdmissionRefusal : public testing::TestWithParam<Refusal> {};
TEST_P(AdmissionRefusal, IsStatelessAndNoLongerThanTheRequest) {
    const Refusal& row = GetParam();
    Connection c;
    if (row.secret) c.config.secret = test::kSecret;
    c.config.require_auth = row.require_auth;
    c.config.draining = row.draining;
    for (int repeated = 0; repeated < 3; ++repeated) {
        Effects effects;
        EXPECT_FALSE(c.open(row.request, effects)) << row.description;
        const auto out = sent(effects);
        ASSERT_EQ(out.size(), 1U) << row.description;
        EXPECT_EQ(out[0].message.type, MessageType::StopCCN);
        EXPECT_FALSE(out[0].message.fault);
        EXPECT_EQ(out[0].message.result, row.result) << row.description;
        EXPECT_EQ(out[0].message.error, row.error) << row.description;
        EXPECT_EQ(out[0].header.tunnel, TunnelId{test::kTheirs});
        EXPECT_EQ(out[0].header.nr, 1);
        EXPECT_LE(out[0].bytes.size(), kControlHeaderSize + row.request.size()) << row.description;
        EXPECT_EQ(c.cc.state, ControlState::idle);
        EXPECT_EQ(next_deadline(c.cc), kNever);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, AdmissionRefusal,
    testing::Values(Refusal{"no challenge but one required", test::sccrq(test::kTheirs), true, true, false, 4, 0},
                    Refusal{"challenge but no secret", sccrq_with_challenge(), false, false, false, 4, 0},
                    Refusal{"draining", test::sccrq(test::kTheirs), false, false, true, 6, 0},
                    Refusal{"protocol version 2.0",
                            test::payload(MessageType::SCCRQ,
                                          [](AvpWriter& a) {
                                              a.u16(AvpType::ProtocolVersion, 0x0200);
                                              a.u32(AvpType::FramingCapabilities, 3);
                                              a.text(AvpType::HostName, "x");
                                              a.u16(AvpType::AssignedTunnelId, test::kTheirs);
                                          }),
                            false, false, false, 5, 0x0100},
                    Refusal{"unknown mandatory AVP",
                            test::sccrq(test::kTheirs, [](AvpWriter& a) { a.raw_avp(true, 0, 99, Octets{1}); }), false,
                            false, false, 2, 8},
                    Refusal{"mandatory vendor AVP",
                            test::sccrq(test::kTheirs, [](AvpWriter& a) { a.raw_avp(true, 9, 1, Octets{1}); }), false,
                            false, false, 2, 8},
                    Refusal{"no Host Name",
                            test::payload(MessageType::SCCRQ,
                                          [](AvpWriter& a) {
                                              a.u16(AvpType::ProtocolVersion, kProtocolVersion);
                                              a.u32(AvpType::FramingCapabilities, 3);
                                              a.u16(AvpType::AssignedTunnelId, test::kTheirs);
                                          }),
                            false, false, false, 2, 3},
                    Refusal{"Challenge empty",
                            test::sccrq(test::kTheirs, [](AvpWriter& a) { a.empty(AvpType::Challenge); }), true, false,
                            false, 2, 2}));

TEST(Admission, IsSilentWhereAnAnswerWouldBeLongerOrHasNowhereToGo) {
    Connection c;
    Effects bare; // Message Type and Assigned Tunnel ID only: 28 octets, a StopCCN needs 36
    EXPECT_FALSE(
        c.open(test::payload(MessageType::SCCRQ, [](AvpWriter& a) { a.u16(AvpType::AssignedTunnelId, test::kTheirs); }),
               bare));
    EXPECT_TRUE(sent(bare).empty());
    EXPECT_TRUE(test::noted(bare, WireError::amplification));
    Effects nowhere;
    EXPECT_FALSE(c.open(test::sccrq(0), nowhere));
    EXPECT_TRUE(sent(nowhere).empty());
}

TEST(Admission, RefuseCutsItsTextBeforeItGivesUp) {
    const Octets bytes = test::datagram(TunnelId::none, SessionId::none, 0, 0, test::sccrq(test::kTheirs));
    Message m;
    const auto header = parse_header(bytes);
    ASSERT_EQ(decode_message(header->payload, {}, m), WireError::none);
    Effects out;
    refuse(*header, m, cause(StopResult::general_error, Reason::no_resources, 4), out);
    const auto answers = sent(out);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_LE(answers[0].bytes.size(), bytes.size());
    EXPECT_EQ(answers[0].message.result, 2);
    EXPECT_EQ(answers[0].message.error, 4);
}

TEST(Admission, OnlyTheVeryFirstMessageOpens) {
    struct Row {
        TunnelId tunnel;
        SessionId session;
        std::uint16_t ns, nr;
    };
    for (const Row& row : {Row{TunnelId{1}, SessionId::none, 0, 0}, Row{TunnelId::none, SessionId{1}, 0, 0},
                           Row{TunnelId::none, SessionId::none, 1, 0}, Row{TunnelId::none, SessionId::none, 0, 1}}) {
        Connection c;
        const Octets bytes = test::datagram(row.tunnel, row.session, row.ns, row.nr, test::sccrq(1));
        Message m;
        const auto header = parse_header(bytes);
        ASSERT_EQ(decode_message(header->payload, {}, m), WireError::none);
        Effects out;
        EXPECT_FALSE(accept(c.cc, *header, m, test::kOurs, c.config, c.now, c.rng, out));
        EXPECT_TRUE(sent(out).empty());
        EXPECT_EQ(c.cc.state, ControlState::idle);
    }
}

// Routes an SCCRQ as sessiond does.
struct Routed {
    bool again;
    Effects out;
};
Routed route(Connection& c, const Octets& request) {
    const Octets bytes = test::datagram(TunnelId::none, SessionId::none, 0, 0, request);
    const auto header = parse_header(bytes);
    Message m;
    EXPECT_EQ(decode_message(header->payload, c.config.secret, m), WireError::none);
    Routed r{is_retransmission_of(c.cc, *header, m), {}};
    if (r.again) receive(c.cc, *header, c.early, c.config, c.now, r.out);
    return r;
}

TEST(Admission, ARepeatedSccrqIsAnsweredAgainWithTheSameOctets) {
    Connection c;
    c.config.secret = test::kSecret;
    const auto first = sent(c.open(sccrq_with_challenge()));
    for (int i = 0; i < 5; ++i) {
        const Routed r = route(c, sccrq_with_challenge());
        EXPECT_TRUE(r.again);
        const auto repeated = sent(r.out);
        ASSERT_EQ(repeated.size(), 1U);
        EXPECT_EQ(repeated[0].bytes, first[0].bytes);
        EXPECT_FALSE(ack_needed(c.cc));
    }
    EXPECT_EQ(c.cc.state, ControlState::wait_ctl_conn);
}

TEST(Admission, AnotherSccrqIsNoRetransmission) {
    Connection c;
    c.config.secret = test::kSecret;
    c.open(sccrq_with_challenge());
    EXPECT_FALSE(route(c, sccrq_with_challenge({1, 2, 3})).again) << "other challenge: the LAC has restarted";
    EXPECT_FALSE(route(c, test::sccrq(test::kTheirs + 1)).again) << "a second tunnel of the same LAC";
    Connection established;
    established.establish();
    EXPECT_FALSE(route(established, test::sccrq(test::kTheirs)).again) << "the LAC has restarted";
    Connection ended;
    ended.establish();
    ended.end();
    EXPECT_FALSE(route(ended, test::sccrq(test::kTheirs)).again);
}

TEST(Admission, AChallengeOfOursFromThePeerIsAReflection) {
    Connection c;
    c.config.secret = test::kSecret;
    const auto first = sent(c.open(sccrq_with_challenge()));
    Message mirrored;
    ASSERT_EQ(decode_message(sccrq_with_challenge(first[0].message.challenge), {}, mirrored), WireError::none);
    EXPECT_TRUE(is_reflection_of(c.cc, mirrored));
    Message other;
    ASSERT_EQ(decode_message(sccrq_with_challenge(), {}, other), WireError::none);
    EXPECT_FALSE(is_reflection_of(c.cc, other));
    ControlConnection unchallenged;
    Message zeros;
    ASSERT_EQ(decode_message(sccrq_with_challenge(Octets(16, 0)), {}, zeros), WireError::none);
    EXPECT_FALSE(is_reflection_of(unchallenged, zeros));
}

TEST(Admission, OurChallengeIsNeverThePeers) {
    Connection c;
    c.config.secret = test::kSecret;
    Octets first_random(16);
    test::CountingRng().fill(first_random); // what c.rng gives first
    const auto out = sent(c.open(sccrq_with_challenge(first_random)));
    EXPECT_NE(out[0].message.challenge, first_random);
}

TEST(Admission, AForgedSourceDrawsAtMostThreeAnswersAndOneUnderFlood) {
    for (const bool flood : {false, true}) {
        for (const int requests : {1, 2, 5}) {
            Connection c;
            c.config.flood = flood;
            std::size_t answers = sent(c.open(test::sccrq(test::kTheirs))).size();
            for (int i = 1; i < requests; ++i)
                answers += sent(route(c, test::sccrq(test::kTheirs)).out).size();
            const Effects later = c.run_until(c.now + std::chrono::hours(1));
            answers += sent(later).size();
            EXPECT_LE(answers, static_cast<std::size_t>(requests) * (flood ? 1 : 3)) << requests << flood;
            EXPECT_GE(answers, static_cast<std::size_t>(requests) + (flood ? 0 : 2));
            EXPECT_EQ(c.cc.state, ControlState::idle) << "a half-open tunnel must end by itself";
            EXPECT_EQ(test::of<TunnelReleased>(later).size(), 1U);
            ASSERT_EQ(test::of<TunnelDown>(later).size(), 1U);
            EXPECT_EQ(test::of<TunnelDown>(later)[0].cause.reason, Reason::setup_timeout);
        }
    }
}

TEST(Admission, HalfOpenEndsAtTheSetupTimeoutAlsoWhenSccrpWasAcknowledged) {
    Connection c;
    c.open(test::sccrq(test::kTheirs));
    c.zlb(1);
    const Effects before = c.run_until(test::kStart + seconds(10) - std::chrono::milliseconds(1));
    EXPECT_TRUE(before.empty());
    EXPECT_EQ(test::of<TunnelReleased>(c.run_until(test::kStart + seconds(10))).size(), 1U);
}

TEST(Admission, AStopCcnBeforeTheAuthenticationIsRepeatedAtMostTwice) {
    Connection c;
    c.config.secret = test::kSecret;
    c.open(sccrq_with_challenge());
    Effects out = c.get_next(scccn_with(Octets(16, 1)));
    const Effects later = c.run_until(c.now + std::chrono::hours(1));
    EXPECT_EQ(sent_names(out), "StopCCN");
    EXPECT_EQ(sent_names(later), "StopCCN StopCCN");
    EXPECT_EQ(c.cc.state, ControlState::idle);
}

TEST(Admission, StopCcnWithoutOurIdIsFoundByTheirs) {
    Connection c;
    c.open(test::sccrq(test::kTheirs));
    const Octets bytes = test::datagram(TunnelId::none, SessionId::none, 1, 0, test::stop_payload(test::kTheirs, 6));
    const auto header = parse_header(bytes);
    EXPECT_EQ(stop_ccn_of(*header, {}), PeerTunnelId{test::kTheirs});
    const Effects out = c.get(bytes);
    ASSERT_EQ(test::of<TunnelDown>(out).size(), 1U);
    EXPECT_TRUE(test::of<TunnelDown>(out)[0].by_peer);
    EXPECT_EQ(test::of<TunnelDown>(out)[0].cause.result, 6);
    EXPECT_TRUE(ack_needed(c.cc));

    const Octets other = test::datagram(TunnelId::none, SessionId::none, 1, 0, test::sccrq(test::kTheirs));
    EXPECT_EQ(stop_ccn_of(*parse_header(other), {}), std::nullopt);
    const Octets zero = test::datagram(TunnelId::none, SessionId::none, 1, 0, test::stop_payload(0));
    EXPECT_EQ(stop_ccn_of(*parse_header(zero), {}), std::nullopt);
}

TEST(Admission, NothingElseIsTakenWithoutOurId) {
    Connection c;
    c.open(test::sccrq(test::kTheirs));
    const Effects out = c.get(test::datagram(TunnelId::none, SessionId::none, 1, 1, test::payload(MessageType::SCCCN)));
    EXPECT_TRUE(test::noted(out, WireError::wrong_tunnel));
    EXPECT_EQ(c.cc.state, ControlState::wait_ctl_conn);
    EXPECT_FALSE(ack_needed(c.cc));
    EXPECT_TRUE(test::noted(c.get(test::datagram(TunnelId::none, SessionId::none, 5, 1, {})), WireError::wrong_tunnel));
    EXPECT_TRUE(
        test::noted(c.get(test::datagram(TunnelId::none, SessionId::none, 3, 1, test::payload(MessageType::HELLO))),
                    WireError::wrong_tunnel));
}

// Answered without a record, see half_open.h.
class Unrecorded : public testing::Test {
protected:
    std::optional<HalfOpen> ask(const Octets& request) {
        c.config.secret = test::kSecret;
        const Octets bytes = test::datagram(TunnelId::none, SessionId::none, 0, 0, request);
        const auto header = parse_header(bytes);
        Message m;
        EXPECT_EQ(decode_message(header->payload, c.config.secret, m), WireError::none);
        return answer(*header, m, test::kOurs, c.config, c.now, c.rng, out);
    }
    Effects reply(const HalfOpen& half_open, const Octets& scccn) {
        const Octets bytes = test::datagram(test::kOurs, SessionId::none, 1, 1, scccn);
        EXPECT_TRUE(is_first_reply(*parse_header(bytes)));
        c.cc = resume(half_open, c.config, c.now);
        return c.get(bytes);
    }
    Connection c;
    Effects out;
};

TEST_F(Unrecorded, ATunnelComesUpAsAnyOther) {
    const auto half_open = ask(sccrq_with_challenge());
    ASSERT_TRUE(half_open);
    ASSERT_EQ(sent_names(out), "SCCRP");
    const Message sccrp = sent(out)[0].message;
    EXPECT_FALSE(sccrp.fault);
    EXPECT_FALSE(sccrp.has(AvpType::VendorName) || sccrp.has(AvpType::FirmwareRevision)) << "as short as can be";
    EXPECT_EQ(sccrp.challenge_response, md5({Octets{2}, test::kSecret, test::kTheirChallenge}));
    const Effects up = reply(*half_open, scccn_with(md5({Octets{3}, test::kSecret, sccrp.challenge})));
    ASSERT_EQ(test::of<TunnelUp>(up).size(), 1U);
    EXPECT_TRUE(c.cc.authenticated && c.cc.proven);
    EXPECT_EQ(c.cc.peer_tunnel, PeerTunnelId{test::kTheirs});
    EXPECT_EQ(c.cc.retransmit_at, MonoTime{}) << "the SCCRP is acknowledged";
    c.peer_ns = 2;
    EXPECT_EQ(test::of<IncomingCall>(c.get_next(test::icrq(1, 2))).size(), 1U);
    EXPECT_EQ(sent_names(c.transmit(icrp(SessionId{5}, PeerSessionId{1}))), "ICRP");
}

TEST_F(Unrecorded, AWrongResponseIsNotAuthorized) {
    const auto half_open = ask(sccrq_with_challenge());
    ASSERT_TRUE(half_open);
    for (const Octets& scccn : {scccn_with(Octets(16, 0)), test::payload(MessageType::SCCCN)}) {
        const Effects refused = reply(*half_open, scccn);
        EXPECT_EQ(sent_names(refused), "StopCCN");
        EXPECT_TRUE(test::of<TunnelUp>(refused).empty());
    }
}

TEST_F(Unrecorded, OnlyAnScccnInItsPlaceIsTheReply) {
    const auto is_reply = [](std::uint16_t ns, std::uint16_t nr, const Octets& body) {
        const Octets bytes = test::datagram(test::kOurs, SessionId::none, ns, nr, body);
        return is_first_reply(*parse_header(bytes));
    };
    EXPECT_TRUE(is_reply(1, 1, test::payload(MessageType::SCCCN)));
    EXPECT_FALSE(is_reply(2, 1, test::payload(MessageType::SCCCN)));
    EXPECT_FALSE(is_reply(1, 0, test::payload(MessageType::SCCCN)));
    EXPECT_FALSE(is_reply(1, 1, test::payload(MessageType::HELLO)));
    EXPECT_FALSE(is_reply(1, 1, {}));
}

TEST_F(Unrecorded, WhatAcceptRefusesIsRefused) {
    c.config.draining = true;
    EXPECT_FALSE(ask(test::sccrq(test::kTheirs)));
    EXPECT_EQ(sent_names(out), "StopCCN");
}

} // namespace
} // namespace lns::l2tp
