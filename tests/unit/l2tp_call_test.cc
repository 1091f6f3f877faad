// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "tests/unit/l2tp_bytes.h"

namespace lns::l2tp {
namespace {

using test::Octets;

constexpr MonoTime kStart = MonoTime{} + std::chrono::seconds(1000);
const Cause kOperator = cause(CdnResult::administrative, Reason::operator_request);

Message decoded(Bytes bytes) {
    Message m;
    EXPECT_EQ(decode_message(bytes, {}, m), WireError::none);
    return m;
}

Message icrq() { return decoded(test::icrq(0x77, 5)); }

Call in_state(CallState state) {
    Call call;
    if (state == CallState::idle) return call;
    accept(call, icrq(), SessionId{9}, kStart);
    if (state == CallState::established) receive(call, decoded(test::iccn()), kStart);
    if (state == CallState::closing) disconnect(call, kOperator, kStart);
    EXPECT_EQ(call.state, state);
    return call;
}

CallStep make_happen(Call& call, CallEvent event) {
    const MonoTime later = kStart + std::chrono::hours(1);
    switch (event) {
    case CallEvent::ICRQ:
        return accept(call, icrq(), SessionId{9}, kStart);
    case CallEvent::ICCN:
        return receive(call, decoded(test::iccn()), kStart);
    case CallEvent::CDN:
        return receive(call, decoded(test::cdn_payload(0x77, 1)), kStart);
    case CallEvent::status:
        return receive(
            call,
            decoded(test::payload(MessageType::SLI, [](AvpWriter& a) { a.octets(AvpType::Accm, Octets(10, 1)); })),
            kStart);
    case CallEvent::improper:
        return receive(
            call, decoded(test::payload(MessageType::ICRP, [](AvpWriter& a) { a.u16(AvpType::AssignedSessionId, 1); })),
            kStart);
    case CallEvent::fault:
        return receive(call, decoded(test::iccn([](AvpWriter& a) { a.raw_avp(true, 0, 99, Octets{1}); })), kStart);
    case CallEvent::disconnect:
        return disconnect(call, kOperator, kStart);
    case CallEvent::tunnel_lost:
        return tunnel_lost(call, cause(CdnResult::general_error, Reason::tunnel_lost), kStart);
    case CallEvent::CDN_acked:
        return cleared(call, kStart);
    case CallEvent::timeout:
        return tick(call, later);
    case CallEvent::kCount:
        break;
    }
    return {};
}

// What is seen from outside: message sent, change, CDN's result.
std::string seen(const CallStep& step) {
    std::string text;
    if (step.send) text += std::string(message_name(step.send->message_type()));
    if (step.send && step.send->result != 0)
        text += ' ' + std::to_string(step.send->result) + '/' + std::to_string(step.send->error);
    constexpr std::array kChanges{"", "+up", "+down", "+status"};
    text += kChanges[static_cast<std::size_t>(step.change)];
    return text;
}

struct Expected {
    CallState next;
    const char* seen;
};
constexpr CallState idle = CallState::idle;
constexpr CallState wait = CallState::wait_connect;
constexpr CallState estab = CallState::established;
constexpr CallState closing = CallState::closing;

// RFC 2661 7.4.2, LNS incoming call; columns idle, wait-connect, established, closing.
const std::array<std::array<Expected, 4>, static_cast<std::size_t>(CallEvent::kCount)> kExpected{{
    {{{wait, "ICRP"}, {closing, "CDN 2/5+down"}, {closing, "CDN 2/5+down"}, {closing, ""}}}, // ICRQ
    {{{idle, ""}, {estab, "+up"}, {closing, "CDN 2/5+down"}, {closing, ""}}},                // ICCN
    {{{idle, ""}, {idle, "+down"}, {idle, "+down"}, {idle, ""}}},                            // CDN
    {{{idle, ""}, {wait, ""}, {estab, "+status"}, {closing, ""}}},                           // WEN, SLI
    {{{idle, ""}, {closing, "CDN 2/5+down"}, {closing, "CDN 2/5+down"}, {closing, ""}}},     // improper
    {{{idle, ""}, {closing, "CDN 2/8+down"}, {closing, "CDN 2/8+down"}, {closing, ""}}},     // fault
    {{{idle, ""}, {closing, "CDN 3/0+down"}, {closing, "CDN 3/0+down"}, {closing, ""}}},     // disconnect
    {{{idle, ""}, {idle, "+down"}, {idle, "+down"}, {idle, ""}}},                            // tunnel lost
    {{{idle, ""}, {wait, ""}, {estab, ""}, {idle, ""}}},                                     // CDN acked
    {{{idle, ""}, {closing, "CDN 10/0+down"}, {estab, ""}, {idle, ""}}},                     // timeout
}};

TEST(CallFsm, EveryStateAndEventDoesWhatTheRfcSays) {
    for (std::size_t e = 0; e < kExpected.size(); ++e) {
        for (std::size_t s = 0; s < kExpected[e].size(); ++s) {
            Call call = in_state(CallState{static_cast<std::uint8_t>(s)});
            const CallStep step = make_happen(call, CallEvent{static_cast<std::uint8_t>(e)});
            EXPECT_EQ(name(call.state), name(kExpected[e][s].next)) << "event " << e << " state " << s;
            EXPECT_EQ(seen(step), kExpected[e][s].seen) << "event " << e << " state " << s;
            if (step.send) {
                EXPECT_EQ(step.send->peer_session, PeerSessionId{0x77});
            }
        }
    }
}

TEST(CallFsm, ARecordThatIsNotOneOfOursDoesNothing) {
    const CallCell cell = call_cell(CallState{200}, CallEvent::ICRQ);
    EXPECT_EQ(cell.next, CallState::idle);
    EXPECT_EQ(cell.action, CallAction::none);
}

TEST(Call, KeepsWhatTheMessagesSaid) {
    Call call;
    const CallStep icrp_step = accept(call, icrq(), SessionId{9}, kStart);
    ASSERT_TRUE(icrp_step.send);
    EXPECT_EQ(icrp_step.send->session, SessionId{9});
    EXPECT_EQ(call.serial, 5U);
    EXPECT_EQ(call.deadline, kStart + kConnectTimeout);
    receive(call, decoded(test::iccn([](AvpWriter& a) { a.u32(AvpType::RxConnectSpeed, 7); })), kStart);
    EXPECT_EQ(call.tx_speed, 1000000U);
    EXPECT_EQ(call.rx_speed, 7U);
    EXPECT_EQ(call.framing_type, kFramingSync);
    EXPECT_EQ(call.deadline, MonoTime{});
    EXPECT_EQ(call.since, kStart);
}

TEST(Call, ASecondIccnChangesNothingButTheState) {
    Call call = in_state(CallState::established);
    const Message other = decoded(test::payload(MessageType::ICCN, [](AvpWriter& a) {
        a.u32(AvpType::TxConnectSpeed, 5);
        a.u32(AvpType::FramingType, kFramingAsync);
    }));
    receive(call, other, kStart);
    EXPECT_EQ(call.state, CallState::closing);
    EXPECT_EQ(call.tx_speed, 1000000U);
}

TEST(Call, IsNotTimedOutEarly) {
    Call call = in_state(CallState::wait_connect);
    EXPECT_EQ(seen(tick(call, call.deadline - std::chrono::nanoseconds(1))), "");
    EXPECT_EQ(call.state, CallState::wait_connect);
    EXPECT_EQ(seen(tick(call, call.deadline)), "CDN 10/0+down");
    EXPECT_EQ(call.deadline, kStart + kConnectTimeout + kCallLinger);
}

TEST(Call, DownTellsThePeersCause) {
    Call call = in_state(CallState::established);
    const CallStep step = receive(call, decoded(test::cdn_payload(0x77, 1)), kStart);
    EXPECT_EQ(step.cause.result, 1);
    EXPECT_EQ(step.cause.reason, Reason::peer_request);
}

TEST(Call, ABrokenCdnEndsTheCallAllTheSame) {
    Call call = in_state(CallState::established);
    EXPECT_EQ(seen(receive(call, decoded(test::payload(MessageType::CDN)), kStart)), "+down");
}

TEST(Call, RefusedCallHasNoIdOfOurs) {
    const OutMessage m = refuse(icrq(), cause(CdnResult::no_facilities_temporary, Reason::no_address));
    EXPECT_EQ(m.message_type(), MessageType::CDN);
    EXPECT_EQ(m.session, SessionId::none);
    EXPECT_EQ(m.peer_session, PeerSessionId{0x77});
    EXPECT_EQ(m.result, 4);
}

} // namespace
} // namespace lns::l2tp
