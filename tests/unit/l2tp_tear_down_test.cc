// SPDX-License-Identifier: ISC
// RFC 2661 5.7, 6.4, 6.12: the end of a control connection, messages of calls, and what is encoded.
#include "tests/unit/l2tp_control_fixture.h"

namespace lns::l2tp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::a_cdn;
using test::Connection;
using test::from_peer;
using test::Octets;
using test::of;
using test::sent;
using test::sent_names;
using test::serials;

TEST(Close, StopCcnFollowsWhatWasSentAndReplacesWhatWasNot) {
    Connection c;
    c.establish();
    c.cc.cwnd = 2;
    for (std::uint16_t i = 1; i <= 20; ++i)
        c.transmit(a_cdn(i));
    EXPECT_TRUE(sent(c.end()).empty()) << "the window is full";
    const auto out = sent(c.zlb(3));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].message.type, MessageType::StopCCN);
    EXPECT_EQ(out[0].header.ns, 3);
    EXPECT_EQ(out[0].message.error_text.view(), "closed by operator");
    c.zlb(4);
    EXPECT_EQ(c.cc.state, ControlState::closed_linger);
}

TEST(Close, FitsInAFullRing) {
    Connection c;
    c.open(test::sccrq(test::kTheirs, [](AvpWriter& a) { a.u16(AvpType::ReceiveWindowSize, 200); }));
    c.get_next(test::payload(MessageType::SCCCN));
    c.cc.cwnd = 200;
    for (std::uint16_t i = 1; i < kRing; ++i)
        EXPECT_EQ(sent(c.transmit(a_cdn(i))).size(), 1U);
    EXPECT_EQ(sent_names(c.end()), "StopCCN");
    EXPECT_EQ(static_cast<std::uint16_t>(c.cc.ns - c.cc.una), kRing);
    EXPECT_EQ(of<CallCleared>(c.zlb(c.cc.high)).size(), kRing - 1);
    EXPECT_EQ(c.cc.state, ControlState::closed_linger);
}

TEST(Close, ThePeersStopCcnIsAcknowledgedForAFullCycleAndThenForgotten) {
    Connection c;
    c.establish();
    c.transmit(a_cdn(1)); // will never be read
    const Octets stop = from_peer(2, 1, test::stop_payload(test::kTheirs, 1));
    EXPECT_EQ(of<TunnelDown>(c.get(stop)).size(), 1U);
    EXPECT_EQ(sent(c.ack())[0].header.nr, 3);
    EXPECT_TRUE(c.zlb(c.cc.high).empty()) << "its calls are gone with the tunnel";
    for (int i = 0; i < 30; ++i) {
        EXPECT_TRUE(sent(c.run_until(c.now + seconds(1))).empty());
        EXPECT_TRUE(of<TunnelDown>(c.get(stop)).empty());
        EXPECT_EQ(sent_names(c.ack()), "ZLB");
    }
    const Effects end = c.run_until(c.now + seconds(1));
    EXPECT_EQ(of<TunnelReleased>(end).size(), 1U);
    EXPECT_TRUE(of<TunnelDown>(end).empty());
}

TEST(Close, ABrokenStopCcnIsTheEndAllTheSame) {
    Connection c;
    c.establish();
    EXPECT_EQ(of<TunnelDown>(c.get_next(test::payload(MessageType::StopCCN))).size(), 1U);
    EXPECT_EQ(c.cc.state, ControlState::closed_linger);
}

TEST(Close, ThePeersTextIsKeptForTheLog) {
    Connection c;
    c.establish();
    const Effects out = c.get_next(test::payload(MessageType::StopCCN, [](AvpWriter& a) {
        a.octets(AvpType::ResultCode, Octets{0, 2, 0, 4, 'f', 'u', 'l', 'l'});
        a.u16(AvpType::AssignedTunnelId, test::kTheirs);
    }));
    const auto down = of<TunnelDown>(out);
    ASSERT_EQ(down.size(), 1U);
    EXPECT_EQ(down[0].cause.result, 2);
    EXPECT_EQ(down[0].cause.error, 4);
    EXPECT_EQ(down[0].peer_text.view(), "full");
}

TEST(Close, AnUnreachablePeerIsForgottenInTheEnd) {
    Connection c;
    c.establish();
    Effects out = c.end();
    const Effects later = c.run_until(c.now + seconds(31));
    EXPECT_EQ(sent(out).size() + sent(later).size(), 6U);
    EXPECT_EQ(of<TunnelReleased>(later).size(), 1U);
    EXPECT_TRUE(of<TunnelDown>(later).empty()) << "told already";
}

TEST(Close, AbandonIsSilent) {
    Connection c;
    c.establish();
    c.get_next(test::icrq(5, 1));
    Effects out;
    abandon(c.cc, cause(StopResult::general_request, Reason::replaced), c.now, out);
    EXPECT_TRUE(sent(out).empty());
    EXPECT_EQ(of<TunnelDown>(out).size(), 1U);
    EXPECT_EQ(of<TunnelReleased>(out).size(), 1U);
    EXPECT_FALSE(ack_needed(c.cc));
    Effects again;
    abandon(c.cc, cause(StopResult::general_request, Reason::replaced), c.now, again);
    EXPECT_TRUE(again.empty());
}

TEST(Calls, OutgoingCallRequestsAreRefused) {
    Connection c;
    c.establish();
    const Effects out = c.get_next(test::payload(MessageType::OCRQ, [](AvpWriter& a) {
        a.u16(AvpType::AssignedSessionId, 66);
        for (const AvpType t : {AvpType::CallSerialNumber, AvpType::MinimumBps, AvpType::MaximumBps,
                                AvpType::BearerType, AvpType::FramingType})
            a.u32(t, 1);
        a.text(AvpType::CalledNumber, "1");
    }));
    const auto answers = sent(out);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].message.type, MessageType::CDN);
    EXPECT_EQ(answers[0].header.session, SessionId{66});
    EXPECT_EQ(answers[0].message.result, 5);
    EXPECT_EQ(answers[0].message.assigned_session, PeerSessionId::none);
    EXPECT_TRUE(of<CallMessage>(out).empty());
}

TEST(Calls, AnIcrqWithAnUnknownMandatoryAvpIsRefusedWithoutHarmToTheTunnel) {
    Connection c;
    c.establish();
    const Effects out = c.get_next(test::payload(MessageType::ICRQ, [](AvpWriter& a) {
        a.u16(AvpType::AssignedSessionId, 5);
        a.u32(AvpType::CallSerialNumber, 1);
        a.raw_avp(true, 9, 77, Octets{1});
    }));
    const auto answers = sent(out);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].message.type, MessageType::CDN);
    EXPECT_EQ(answers[0].message.result, 2);
    EXPECT_EQ(answers[0].message.error, 8);
    EXPECT_EQ(answers[0].message.error_text.view(), "unknown AVP 77 of vendor 9");
    EXPECT_TRUE(of<IncomingCall>(out).empty());
    EXPECT_TRUE(test::noted(out, WireError::unknown_avp_mandatory));
    EXPECT_EQ(c.cc.state, ControlState::established);
}

TEST(Calls, AFaultInACallsMessageIsTheCallsAffair) {
    Connection c;
    c.establish();
    const Effects out =
        c.get_next(test::iccn([](AvpWriter& a) { a.raw_avp(true, 0, 99, Octets{1}); }), SessionId{0x1111});
    const auto got = of<CallMessage>(out);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].session, SessionId{0x1111});
    EXPECT_EQ(classify(got[0].message), CallEvent::fault);
    EXPECT_EQ(c.cc.state, ControlState::established);
}

TEST(Calls, ACdnWithoutOurIdIsHandedOverWithTheirs) {
    Connection c;
    c.establish();
    const auto got = of<CallMessage>(c.get_next(test::cdn_payload(0x55)));
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].session, SessionId::none);
    EXPECT_EQ(got[0].message.assigned_session, PeerSessionId{0x55});
    EXPECT_TRUE(test::noted(c.get_next(test::iccn()), WireError::no_session));
}

TEST(Calls, ClearedWhenOurCdnIsAcknowledged) {
    Connection c;
    c.establish();
    c.transmit(a_cdn(9));
    const auto cleared = of<CallCleared>(c.zlb(2));
    ASSERT_EQ(cleared.size(), 1U);
    EXPECT_EQ(cleared[0].session, SessionId{9});
}

TEST(Calls, UnknownOptionalMessagesAreIgnoredAndAcknowledged) {
    Connection c;
    c.establish();
    const Effects out = c.get_next(test::avps([](AvpWriter& a) { a.raw_avp(false, 0, 0, test::result(99)); }));
    EXPECT_TRUE(test::noted(out, WireError::unknown_message));
    EXPECT_TRUE(ack_needed(c.cc));
    EXPECT_EQ(c.cc.state, ControlState::established);
}

TEST(Calls, UnknownMandatoryMessagesEndTheTunnel) {
    Connection c;
    c.establish();
    const auto out = sent(c.get_next(test::avps([](AvpWriter& a) { a.raw_avp(true, 0, 0, test::result(99)); })));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].message.type, MessageType::StopCCN);
    EXPECT_EQ(out[0].message.result, 2);
    EXPECT_EQ(out[0].message.error_text.view(), "unknown message type 99");
}

TEST(Encoding, AResultWithNothingToAddIsTwoOctets) {
    Connection c;
    c.establish();
    const auto out =
        sent(c.transmit(cdn(SessionId{1}, PeerSessionId{2}, cause(CdnResult::administrative, Reason::none))));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].bytes.size(), kControlHeaderSize + 3 * (kAvpHeaderSize + 2));
    EXPECT_EQ(out[0].message.result, 3);
}

TEST(Encoding, TheLongestMessageFits) {
    Connection c;
    c.config.secret = test::kSecret;
    const std::string name(2000, 'n');
    c.config.host_name = c.config.vendor_name = name;
    c.config.firmware_revision = 1;
    const auto out = sent(c.open(
        test::sccrq(test::kTheirs, [](AvpWriter& a) { a.octets(AvpType::Challenge, Octets(kMaxAvpValue, 1)); })));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_FALSE(out[0].message.fault);
    EXPECT_LE(out[0].bytes.size(), kMaxControlSize);
}

} // namespace
} // namespace lns::l2tp
