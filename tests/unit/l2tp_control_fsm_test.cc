// SPDX-License-Identifier: ISC
#include "tests/unit/l2tp_control_fixture.h"

namespace lns::l2tp {
namespace {

using test::Connection;
using test::Octets;

void bring_to(Connection& c, ControlState state, bool challenged) {
    if (state == ControlState::idle) return;
    if (challenged) c.config.secret = test::kSecret;
    c.open(test::sccrq(test::kTheirs, [&](AvpWriter& a) {
        if (challenged) a.octets(AvpType::Challenge, test::kTheirChallenge);
    }));
    if (state == ControlState::wait_ctl_conn) return;
    const Md5Digest response = challenge_response(MessageType::SCCCN, c.config.secret, c.cc.challenge);
    c.get_next(test::payload(MessageType::SCCCN, [&](AvpWriter& a) {
        if (challenged) a.octets(AvpType::ChallengeResponse, response);
    }));
    c.ack();
    if (state == ControlState::established) return;
    c.end();
    if (state == ControlState::closing) return;
    c.zlb(c.cc.high);
}

Effects make_happen(Connection& c, ControlEvent event) {
    using test::payload;
    switch (event) {
    case ControlEvent::SCCRQ:
        return c.get_next(test::sccrq(test::kTheirs));
    case ControlEvent::SCCRP:
        return c.get_next(payload(MessageType::SCCRP, [](AvpWriter& a) { test::start_avps(a, test::kTheirs); }));
    case ControlEvent::SCCCN:
    case ControlEvent::SCCCN_bad: // bring_to() has challenged
        return c.get_next(payload(MessageType::SCCCN));
    case ControlEvent::StopCCN:
        return c.get_next(test::stop_payload(test::kTheirs, 6));
    case ControlEvent::HELLO:
        return c.get_next(payload(MessageType::HELLO));
    case ControlEvent::call:
        return c.get_next(test::icrq(5, 5));
    case ControlEvent::optional:
        return c.get_next(test::avps([](AvpWriter& a) { a.raw_avp(false, 0, 0, test::result(1000)); }));
    case ControlEvent::fault:
        return c.get_next(payload(MessageType::HELLO, [](AvpWriter& a) { a.raw_avp(true, 9, 4, Octets{1}); }));
    case ControlEvent::close:
        return c.end();
    case ControlEvent::StopCCN_acked:
        return c.zlb(c.cc.high);
    case ControlEvent::retries_exhausted: {
        if (c.cc.state == ControlState::established) c.transmit(hello());
        Effects out;
        c.cc.tries = kMaxTries;
        c.now = c.cc.retransmit_at == MonoTime{} ? c.now : c.cc.retransmit_at;
        tick(c.cc, c.config, c.now, out);
        return out;
    }
    case ControlEvent::expired: {
        Effects out;
        c.cc.retransmit_at = MonoTime{};
        c.cc.expires_at = c.now;
        tick(c.cc, c.config, c.now, out);
        return out;
    }
    case ControlEvent::kCount:
        break;
    }
    return {};
}

std::string seen(const Effects& effects, bool ack) {
    std::string text;
    for (const test::Sent& s : test::sent(effects)) {
        text += std::string(s.message.zlb ? "ZLB" : message_name(s.message.type));
        if (s.message.result != 0)
            text += ' ' + std::to_string(s.message.result) + '/' + std::to_string(s.message.error);
        text += ' ';
    }
    if (!test::of<TunnelUp>(effects).empty()) text += "up ";
    if (!test::of<IncomingCall>(effects).empty()) text += "call ";
    for (const TunnelDown& d : test::of<TunnelDown>(effects))
        text += d.by_peer ? "down-by-peer " : "down ";
    if (!test::of<TunnelReleased>(effects).empty()) text += "released ";
    if (ack) text += "ack";
    if (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

struct Expected {
    ControlState next;
    const char* seen; // "ack": an acknowledgement is still owed
};
constexpr ControlState idle = ControlState::idle;
constexpr ControlState wait = ControlState::wait_ctl_conn;
constexpr ControlState estab = ControlState::established;
constexpr ControlState closing = ControlState::closing;
constexpr ControlState closed = ControlState::closed_linger;

// The StopCCN of a close() before SCCCN waits for the acknowledgement of SCCRP: the window is 1.
// RFC 2661 7.2.1 seen from the LNS, with our closing and lingering states.
// clang-format off
const std::array<std::array<Expected, 5>, static_cast<std::size_t>(ControlEvent::kCount)> kExpected{{
    /* SCCRQ     */ {{{idle, ""}, {closing, "StopCCN 7/0 down"}, {closing, "StopCCN 7/0 down"}, {closing, "ack"}, {closed, "ack"}}},
    /* SCCRP     */ {{{idle, ""}, {closing, "StopCCN 7/0 down"}, {closing, "StopCCN 7/0 down"}, {closing, "ack"}, {closed, "ack"}}},
    /* SCCCN     */ {{{idle, ""}, {estab, "up ack"},             {closing, "StopCCN 7/0 down"}, {closing, "ack"}, {closed, "ack"}}},
    /* SCCCN_bad */ {{{idle, ""}, {closing, "StopCCN 4/0 down"}, {closing, "StopCCN 7/0 down"}, {closing, "ack"}, {closed, "ack"}}},
    /* StopCCN   */ {{{idle, ""}, {closed, "down-by-peer ack"},  {closed, "down-by-peer ack"},  {closed, "ack"},  {closed, "ack"}}},
    /* HELLO     */ {{{idle, ""}, {closing, "StopCCN 7/0 down"}, {estab, "ack"},                {closing, "ack"}, {closed, "ack"}}},
    /* call      */ {{{idle, ""}, {closing, "StopCCN 7/0 down"}, {estab, "call ack"},           {closing, "ack"}, {closed, "ack"}}},
    /* optional  */ {{{idle, ""}, {wait, "ack"},                 {estab, "ack"},                {closing, "ack"}, {closed, "ack"}}},
    /* fault     */ {{{idle, ""}, {closing, "StopCCN 2/8 down"}, {closing, "StopCCN 2/8 down"}, {closing, "ack"}, {closed, "ack"}}},
    /* close     */ {{{idle, ""}, {closing, "down"},             {closing, "StopCCN 1/0 down"}, {closing, ""},    {closed, ""}}},
    /* acked     */ {{{idle, ""}, {wait, ""},                    {estab, ""},                   {closed, ""},     {closed, ""}}},
    /* exhausted */ {{{idle, ""}, {wait, ""},                    {idle, "down released"}, {idle, "released"}, {closed, ""}}},
    /* expired   */ {{{idle, ""}, {idle, "down released"},       {estab, ""},                   {idle, "released"}, {idle, "released"}}},
}};
// clang-format on

TEST(ControlFsm, EveryStateAndEventDoesWhatTheRfcSays) {
    for (std::size_t e = 0; e < kExpected.size(); ++e) {
        for (std::size_t s = 0; s < kExpected[e].size(); ++s) {
            const auto event = ControlEvent{static_cast<std::uint8_t>(e)};
            const auto state = ControlState{static_cast<std::uint8_t>(s)};
            Connection c;
            bring_to(c, state, event == ControlEvent::SCCCN_bad);
            ASSERT_EQ(name(c.cc.state), name(state)) << e;
            const Effects effects = make_happen(c, event);
            EXPECT_EQ(name(c.cc.state), name(kExpected[e][s].next)) << "event " << e << " state " << name(state);
            EXPECT_EQ(seen(effects, ack_needed(c.cc)), kExpected[e][s].seen)
                << "event " << e << " state " << name(state);
            EXPECT_EQ(c.cc.state == ControlState::idle, next_deadline(c.cc) == kNever)
                << "a record without a timer would stay for ever: event " << e << " state " << name(state);
        }
    }
}

TEST(ControlFsm, ARecordThatIsNotOneOfOursDoesNothing) {
    const ControlCell cell = control_cell(ControlState{77}, ControlEvent::SCCCN);
    EXPECT_EQ(cell.next, ControlState::idle);
    EXPECT_EQ(cell.action, ControlAction::ignore);
    EXPECT_EQ(name(ControlState{77}), "unknown");
}

} // namespace
} // namespace lns::l2tp
