// SPDX-License-Identifier: ISC
// RFC 2661 5.8: the reliable channel of an established control connection.
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

TEST(Delivery, ADuplicateIsAcknowledgedAgainAndNeverProcessedAgain) {
    Connection c;
    c.establish();
    const Octets bytes = from_peer(2, 1, test::icrq(5, 50));
    EXPECT_EQ(serials(c.get(bytes)), std::vector<std::uint32_t>{50});
    EXPECT_EQ(sent_names(c.ack()), "ZLB");
    const Effects again = c.get(bytes);
    EXPECT_TRUE(serials(again).empty());
    EXPECT_TRUE(test::noted(again, WireError::ns_duplicate));
    const auto ack = sent(c.ack());
    ASSERT_EQ(ack.size(), 1U);
    EXPECT_EQ(ack[0].header.nr, 3);
    EXPECT_EQ(ack[0].header.ns, 1);
    EXPECT_EQ(ack[0].bytes.size(), kControlHeaderSize);
}

TEST(Delivery, OneZlbAcknowledgesAWholeBatch) {
    Connection c;
    c.establish();
    for (std::uint16_t i = 0; i < 10; ++i)
        c.get_next(test::icrq(static_cast<std::uint16_t>(i + 1), i));
    const auto acks = sent(c.ack());
    ASSERT_EQ(acks.size(), 1U);
    EXPECT_EQ(acks[0].header.nr, 12);
    EXPECT_FALSE(ack_needed(c.cc));
    EXPECT_TRUE(c.ack().empty());
}

TEST(Delivery, WhatIsSentCarriesTheAcknowledgement) {
    Connection c;
    c.establish();
    c.get_next(test::icrq(5, 1));
    const auto out = sent(c.transmit(icrp(SessionId{9}, PeerSessionId{5})));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].message.type, MessageType::ICRP);
    EXPECT_EQ(out[0].header.session, SessionId{5});
    EXPECT_EQ(out[0].message.assigned_session, PeerSessionId{9});
    EXPECT_EQ(out[0].header.nr, 3);
    EXPECT_FALSE(ack_needed(c.cc));
}

TEST(Delivery, AZlbIsNeverAcknowledged) {
    Connection c;
    c.establish();
    EXPECT_TRUE(c.zlb(1).empty());
    EXPECT_FALSE(ack_needed(c.cc));
}

TEST(Delivery, EarlyMessagesWaitAndAreDeliveredInOrder) {
    Connection c;
    c.establish();
    EXPECT_TRUE(serials(c.get(from_peer(4, 1, test::icrq(7, 4)))).empty());
    EXPECT_TRUE(serials(c.get(from_peer(3, 1, test::icrq(6, 3)))).empty());
    EXPECT_TRUE(test::noted(c.get(from_peer(3, 1, test::icrq(6, 3))), WireError::ns_duplicate));
    EXPECT_FALSE(ack_needed(c.cc));
    EXPECT_EQ(c.early.size(), 2U);
    EXPECT_EQ(serials(c.get(from_peer(2, 1, test::icrq(5, 2)))), (std::vector<std::uint32_t>{2, 3, 4}));
    EXPECT_EQ(sent(c.ack())[0].header.nr, 5);
    EXPECT_EQ(c.early.size(), 0U);
    EXPECT_EQ(c.early.bytes(), 0U);
}

TEST(Delivery, BeyondOurWindowIsIgnoredAndCounted) {
    Connection c;
    c.config.receive_window = 16;
    c.establish();
    EXPECT_TRUE(test::noted(c.get(from_peer(2 + 16, 1, test::icrq(5, 1))), WireError::ns_window));
    EXPECT_EQ(c.early.size(), 0U);
    EXPECT_FALSE(ack_needed(c.cc));
    EXPECT_TRUE(c.get(from_peer(2 + 15, 1, test::icrq(5, 1))).empty());
    EXPECT_EQ(c.early.size(), 1U);
}

TEST(Delivery, EarlyMessagesAreBoundedInOctetsAndTighterBeforeScccn) {
    Connection c;
    c.open(test::sccrq(test::kTheirs));
    const Octets big = test::payload(MessageType::HELLO, [](AvpWriter& a) { a.octets(AvpType{99}, Octets(900, 1)); });
    std::size_t kept = 0;
    for (std::uint16_t ns = 2; ns < 60; ++ns) {
        if (!test::noted(c.get(from_peer(ns, 1, big)), WireError::reorder_full)) ++kept;
        EXPECT_LE(c.early.bytes(), ReorderBuffer::kMaxBytesUnproven);
    }
    EXPECT_EQ(kept, 4U);
    ReorderBuffer buffer;
    for (std::uint16_t ns = 0; ns < 1000; ++ns)
        (void)buffer.keep(ns, test::kOurs, SessionId::none, big, ReorderBuffer::kMaxBytes);
    EXPECT_LE(buffer.bytes(), ReorderBuffer::kMaxBytes);
    buffer.clear();
    EXPECT_EQ(buffer.bytes() + buffer.size(), 0U);
}

TEST(Delivery, SccCnMayComeAfterTheFirstCall) {
    Connection c;
    c.open(test::sccrq(test::kTheirs));
    EXPECT_TRUE(of<IncomingCall>(c.get(from_peer(2, 1, test::icrq(5, 9)))).empty());
    const Effects out = c.get(from_peer(1, 1, test::payload(MessageType::SCCCN)));
    EXPECT_EQ(of<TunnelUp>(out).size(), 1U);
    EXPECT_EQ(serials(out), std::vector<std::uint32_t>{9});
}

TEST(Delivery, AMalformedMessageIsNotAcknowledgedAndTheRightOneStillTaken) {
    Connection c;
    c.establish();
    Octets broken = test::icrq(5, 1);
    broken[9] = 5; // length of the second AVP
    const ControlConnection before = c.cc;
    EXPECT_TRUE(test::noted(c.get(from_peer(2, 1, broken)), WireError::avp_short));
    EXPECT_FALSE(ack_needed(c.cc));
    EXPECT_EQ(c.cc.nr, before.nr);
    EXPECT_TRUE(c.get(from_peer(3, 1, broken)).empty()); // early: looked at in its turn
    EXPECT_EQ(serials(c.get(from_peer(2, 1, test::icrq(5, 1)))).size(), 1U);
    EXPECT_EQ(c.cc.nr, 3) << "the broken early one was dropped";
    EXPECT_EQ(serials(c.get(from_peer(3, 1, test::icrq(6, 2)))).size(), 1U);
}

TEST(Delivery, AnAcknowledgementOfWhatWasNeverSentDropsTheDatagram) {
    Connection c;
    c.establish();
    c.transmit(a_cdn(1));
    for (const std::uint16_t nr : {std::uint16_t{3}, std::uint16_t{0x7000}}) {
        EXPECT_TRUE(test::noted(c.get(from_peer(2, nr, test::icrq(5, 1))), WireError::nr_range)) << nr;
        EXPECT_EQ(c.cc.nr, 2);
        EXPECT_EQ(c.cc.una, 1);
    }
    EXPECT_EQ(serials(c.get(from_peer(2, 0, test::icrq(5, 1)))).size(), 1U) << "an old Nr is only late";
    EXPECT_EQ(c.cc.una, 1);
}

TEST(Delivery, OtherTunnelsAndIdleRecordsTakeNothing) {
    Connection c;
    EXPECT_TRUE(test::noted(c.get(from_peer(0, 0, test::icrq(5, 1))), WireError::wrong_state));
    c.establish();
    EXPECT_TRUE(test::noted(c.get(test::datagram(TunnelId{1}, SessionId::none, 2, 1, test::icrq(5, 1))),
                            WireError::wrong_tunnel));
    EXPECT_EQ(c.cc.nr, 2);
}

TEST(Delivery, SequenceNumbersWrap) {
    Connection c;
    c.establish();
    c.cc.nr = 65534;
    c.cc.una = c.cc.next = c.cc.high = c.cc.ns = 65535;
    EXPECT_EQ(sent(c.transmit(a_cdn(1)))[0].header.ns, 65535);
    EXPECT_TRUE(c.get(from_peer(0, 65535, test::icrq(5, 3))).empty());
    EXPECT_TRUE(c.get(from_peer(65535, 65535, test::icrq(5, 2))).empty());
    EXPECT_EQ(serials(c.get(from_peer(65534, 0, test::icrq(5, 1)))), (std::vector<std::uint32_t>{1, 2, 3}));
    EXPECT_EQ(c.cc.nr, 1);
    EXPECT_EQ(c.cc.una, 0);
    EXPECT_TRUE(test::noted(c.get(from_peer(65535, 0, test::icrq(5, 2))), WireError::ns_duplicate));
    EXPECT_EQ(sent(c.transmit(a_cdn(2)))[0].header.ns, 0);
}

TEST(Window, SlowStartDoublesUpToThePeersWindow) {
    Connection c;
    c.open(test::sccrq(test::kTheirs, [](AvpWriter& a) { a.u16(AvpType::ReceiveWindowSize, 6); }));
    c.get_next(test::payload(MessageType::SCCCN));
    std::vector<std::size_t> bursts;
    Effects out;
    for (std::uint16_t i = 1; i <= 40; ++i)
        send(c.cc, a_cdn(i), c.config, c.now, out);
    while (!sent(out).empty()) {
        bursts.push_back(sent(out).size());
        EXPECT_LE(static_cast<std::uint16_t>(c.cc.high - c.cc.una), 6);
        out = c.zlb(c.cc.high);
    }
    EXPECT_EQ(bursts, (std::vector<std::size_t>{2, 4, 6, 6, 6, 6, 6, 4})) << "SCCRP was acknowledged already: cwnd 2";
}

TEST(Window, ATimeOutSendsOneAndGrowsMoreSlowly) {
    Connection c;
    c.open(test::sccrq(test::kTheirs, [](AvpWriter& a) { a.u16(AvpType::ReceiveWindowSize, 16); }));
    c.get_next(test::payload(MessageType::SCCCN));
    c.cc.cwnd = 8;
    for (std::uint16_t i = 1; i <= 40; ++i)
        c.transmit(a_cdn(i));
    EXPECT_EQ(static_cast<std::uint16_t>(c.cc.high - c.cc.una), 8);
    const auto repeated = sent(c.run_until(c.now + seconds(1)));
    ASSERT_EQ(repeated.size(), 1U);
    EXPECT_EQ(repeated[0].header.ns, 1);
    EXPECT_EQ(c.cc.ssthresh, 4);
    // The peer had all but the first: one acknowledgement takes us past what was on its way.
    const auto next = sent(c.zlb(9));
    ASSERT_FALSE(next.empty());
    EXPECT_EQ(next[0].header.ns, 9);
    EXPECT_EQ(c.cc.cwnd, 5) << "1 up to ssthresh 4 by three, then one for four";
}

TEST(Window, AnAcknowledgementOfPartRepeatsTheRestOneByOne) {
    Connection c;
    c.establish();
    c.cc.cwnd = c.cc.ssthresh = 4;
    for (std::uint16_t i = 1; i <= 4; ++i)
        c.transmit(a_cdn(i));
    EXPECT_EQ(sent(c.run_until(c.now + seconds(1))).size(), 1U);
    const auto next = sent(c.zlb(2)); // the peer kept nothing that was early
    ASSERT_EQ(next.size(), 2U);
    EXPECT_EQ(next[0].header.ns, 2);
    EXPECT_EQ(next[1].header.ns, 3);
}

TEST(Window, WhatThePeerLacksBehindAnAcknowledgementIsRepeatedAtOnce) {
    Connection c;
    c.establish();
    c.cc.cwnd = c.cc.ssthresh = 4;
    for (std::uint16_t i = 1; i <= 4; ++i)
        c.transmit(a_cdn(i));
    c.run_until(c.now + seconds(1));
    const auto next = sent(c.zlb(3)); // it had 2, but not 3
    ASSERT_EQ(next.size(), 2U);
    EXPECT_EQ(next[0].header.ns, 3);
    EXPECT_EQ(next[1].header.ns, 4);
}

TEST(Window, AFullRingSaysSoAndLaterThatItIsOpen) {
    Connection c;
    c.establish();
    for (std::uint16_t i = 1; i < kRing; ++i)
        c.transmit(a_cdn(i));
    c.transmit(a_cdn(99), SendResult::full);
    c.transmit(a_cdn(99), SendResult::full);
    std::size_t opened = 0;
    for (int i = 0; i < 100 && c.cc.una != c.cc.ns; ++i)
        opened += of<WindowOpen>(c.zlb(c.cc.high)).size();
    EXPECT_EQ(opened, 1U);
    c.transmit(a_cdn(99));
}

TEST(Window, NoSendBeforeScccnOrAfterTheEnd) {
    Connection c;
    c.transmit(a_cdn(1), SendResult::closed);
    c.open(test::sccrq(test::kTheirs));
    c.transmit(a_cdn(1), SendResult::closed);
    c.get_next(test::payload(MessageType::SCCCN));
    c.transmit(a_cdn(1));
    c.end();
    c.transmit(a_cdn(1), SendResult::closed);
}

TEST(Window, ACallIsTakenOnlyWhenItsAnswerHasRoom) {
    Connection c;
    c.establish();
    for (std::uint16_t i = 1; i < kRing - 1; ++i)
        c.transmit(a_cdn(i));
    const std::uint16_t nr = c.cc.nr;
    Octets bad = test::icrq(77, 1);
    const Octets unknown = test::avps([](AvpWriter& a) { a.raw_avp(true, 0, 99, Octets{1}); });
    bad.insert(bad.end(), unknown.begin(), unknown.end());
    EXPECT_TRUE(of<Noted>(c.get(from_peer(nr, 1, bad))).size() == 1U); // refused: the last place is taken
    EXPECT_EQ(c.cc.nr, nr + 1);
    c.ack();
    const auto next = static_cast<std::uint16_t>(nr + 1);
    EXPECT_TRUE(test::noted(c.get(from_peer(next, 1, test::icrq(5, 1))), WireError::answer_full));
    EXPECT_EQ(c.cc.nr, next); // not acknowledged, so the peer repeats it
    EXPECT_FALSE(ack_needed(c.cc));
    for (int i = 0; i < 200 && c.cc.una != c.cc.ns; ++i)
        c.zlb(c.cc.high);
    EXPECT_EQ(of<IncomingCall>(c.get(from_peer(next, c.cc.high, test::icrq(5, 1)))).size(), 1U);
}

TEST(Window, CallsThatCameEarlyAreTakenAsFarAsTheirAnswersHaveRoom) {
    Connection c;
    c.establish();
    for (std::uint16_t i = 1; i < kRing - 2; ++i)
        c.transmit(a_cdn(i));
    const std::uint16_t nr = c.cc.nr;
    for (std::uint16_t i = 1; i <= 3; ++i)
        c.get(from_peer(static_cast<std::uint16_t>(nr + i), 1, test::icrq(static_cast<std::uint16_t>(5 + i), 1)));
    const Effects out = c.get(from_peer(nr, 1, test::icrq(5, 1)));
    EXPECT_EQ(of<IncomingCall>(out).size(), 2U); // the shell has not answered yet, but will
    EXPECT_EQ(c.cc.nr, nr + 2);
}

TEST(Retransmission, DoublesToEightSecondsAndGivesUpAfterFiveTries) {
    Connection c;
    c.establish();
    const MonoTime begin = c.now;
    c.transmit(a_cdn(1));
    for (const int at : {1, 3, 7, 15, 23}) {
        EXPECT_TRUE(c.run_until(begin + seconds(at) - milliseconds(1)).empty()) << at;
        EXPECT_EQ(sent_names(c.run_until(begin + seconds(at))), "CDN") << at;
    }
    EXPECT_TRUE(c.run_until(begin + seconds(31) - milliseconds(1)).empty());
    const Effects end = c.run_until(begin + seconds(31));
    EXPECT_TRUE(sent(end).empty());
    ASSERT_EQ(of<TunnelDown>(end).size(), 1U);
    EXPECT_EQ(of<TunnelDown>(end)[0].cause.reason, Reason::peer_dead);
    EXPECT_EQ(of<TunnelReleased>(end).size(), 1U);
    EXPECT_EQ(next_deadline(c.cc), kNever);
}

TEST(Retransmission, AnyProgressStartsTheClockAnew) {
    Connection c;
    c.establish();
    c.cc.cwnd = 2;
    c.transmit(a_cdn(1));
    c.transmit(a_cdn(2));
    c.run_until(c.now + seconds(20));
    EXPECT_EQ(c.cc.tries, 4);
    c.zlb(2);
    EXPECT_EQ(c.cc.tries, 0);
    EXPECT_EQ(next_deadline(c.cc), c.now + seconds(1));
    c.zlb(3);
    EXPECT_EQ(c.cc.retransmit_at, MonoTime{});
}

TEST(Retransmission, TheRingMakesTheSameOctetsButForNr) {
    struct Row {
        const char* description;
        OutMessage message;
    };
    Cause odd = cause(CdnResult::general_error, Reason::unknown_avp, 8);
    odd.attribute = 99;
    odd.vendor = 311;
    for (const Row& row : {Row{"HELLO", hello()}, Row{"ICRP", icrp(SessionId{0x1234}, PeerSessionId{0x4321})},
                           Row{"CDN", a_cdn(5)}, Row{"CDN with detail", cdn(SessionId{1}, PeerSessionId{2}, odd)}}) {
        Connection c;
        c.establish();
        Octets first = sent(c.transmit(row.message))[0].bytes;
        c.get(from_peer(2, 1, test::icrq(5, 1))); // so that Nr differs
        for (int i = 0; i < 5; ++i) {
            c.now = next_deadline(c.cc);
            Effects out;
            tick(c.cc, c.config, c.now, out);
            const auto again = sent(out);
            ASSERT_EQ(again.size(), 1U) << row.description;
            EXPECT_EQ(again[0].header.nr, 3);
            Octets bytes = again[0].bytes;
            EXPECT_NE(bytes, first);
            bytes[10] = first[10];
            bytes[11] = first[11];
            EXPECT_EQ(bytes, first) << row.description;
        }
    }
}

TEST(Retransmission, ACopyOfTheRecordGoesOnWithoutTheBuffer) {
    Connection c;
    c.establish();
    c.transmit(a_cdn(1));
    c.get(from_peer(3, 1, test::icrq(6, 3)));
    Connection restarted; // the process died: only the record is left
    restarted.cc = c.cc;
    restarted.now = c.now;
    EXPECT_EQ(sent_names(restarted.run_until(c.now + seconds(1))), "CDN");
    EXPECT_EQ(serials(restarted.get(from_peer(2, 2, test::icrq(5, 2)))), std::vector<std::uint32_t>{2});
    EXPECT_EQ(serials(restarted.get(from_peer(3, 2, test::icrq(6, 3)))), std::vector<std::uint32_t>{3});
}

TEST(Hello, GoesOutAfterAMinuteOfSilenceOnly) {
    Connection c;
    c.establish();
    c.run_until(c.now + seconds(59));
    c.get_next(test::icrq(5, 1));
    EXPECT_TRUE(c.run_until(c.now + seconds(59)).empty());
    note_life(c.cc, c.config, c.now); // data
    EXPECT_TRUE(c.run_until(c.now + seconds(59)).empty());
    EXPECT_EQ(sent_names(c.run_until(c.now + seconds(1))), "HELLO");
    c.zlb(c.cc.high);
    EXPECT_EQ(c.cc.state, ControlState::established);
    EXPECT_EQ(sent_names(c.run_until(c.now + seconds(60))), "HELLO");
}

TEST(Hello, UnansweredEndsTheTunnel) {
    Connection c;
    c.establish();
    const Effects out = c.run_until(c.now + seconds(60 + 31));
    EXPECT_EQ(sent_names(out), "HELLO HELLO HELLO HELLO HELLO HELLO");
    EXPECT_EQ(of<TunnelReleased>(out).size(), 1U);
}

TEST(Hello, IsNotAddedToWhatIsUnansweredAnyway) {
    Connection c;
    c.establish();
    c.run_until(c.now + seconds(59));
    c.transmit(a_cdn(1));
    EXPECT_EQ(sent_names(c.run_until(c.now + seconds(20))), "CDN CDN CDN CDN");
}

TEST(Hello, ZeroIntervalMeansNone) {
    Connection c;
    c.config.hello_interval = seconds(0);
    c.establish();
    EXPECT_EQ(next_deadline(c.cc), kNever);
}

} // namespace
} // namespace lns::l2tp
