// SPDX-License-Identifier: ISC
#include "lib/l2tp/call.h"

#include <array>

namespace lns::l2tp {
namespace {

constexpr auto kStates = static_cast<std::size_t>(CallState::kCount);
constexpr auto kEvents = static_cast<std::size_t>(CallEvent::kCount);
constexpr std::array<std::string_view, kStates> kNames{"idle", "wait_connect", "established", "closing"};

constexpr CallState idle = CallState::idle;
constexpr CallState waiting = CallState::wait_connect;
constexpr CallState estab = CallState::established;
constexpr CallState closing = CallState::closing;

using Row = std::array<CallCell, kStates>;
using A = CallAction;

// clang-format off
constexpr std::array<Row, kEvents> kTable{{
    //                    idle                     wait_connect                       established                      closing
    /* ICRQ        */ {{{waiting, A::send_ICRP}, {closing, A::refuse_improper},   {closing, A::refuse_improper}, {closing, A::none}}},
    /* ICCN        */ {{{idle, A::none},         {estab, A::up},                  {closing, A::refuse_improper}, {closing, A::none}}},
    /* CDN         */ {{{idle, A::none},         {idle, A::down},                 {idle, A::down},               {idle, A::none}}},
    /* status      */ {{{idle, A::none},         {waiting, A::none},              {estab, A::status},            {closing, A::none}}},
    /* improper    */ {{{idle, A::none},         {closing, A::refuse_improper},   {closing, A::refuse_improper}, {closing, A::none}}},
    /* fault       */ {{{idle, A::none},         {closing, A::refuse_fault},      {closing, A::refuse_fault},    {closing, A::none}}},
    /* disconnect  */ {{{idle, A::none},         {closing, A::disconnect},        {closing, A::disconnect},      {closing, A::none}}},
    /* tunnel_lost */ {{{idle, A::none},         {idle, A::down},                 {idle, A::down},               {idle, A::none}}},
    /* CDN_acked   */ {{{idle, A::none},         {waiting, A::none},              {estab, A::none},              {idle, A::none}}},
    /* timeout     */ {{{idle, A::none},         {closing, A::refuse_timeout},    {estab, A::none},              {idle, A::none}}},
}};
// clang-format on

CallStep refuse_with(const Call& call, const Cause& why) {
    return {.change = CallChange::down, .send = cdn(call.session, call.peer_session, why), .cause = why};
}

// What the shell or the message gave as the reason of the event.
CallStep act(const Call& call, CallAction action, const Cause& why) {
    switch (action) {
    case A::none:
        return {};
    case A::send_ICRP:
        return {.send = icrp(call.session, call.peer_session)};
    case A::up:
        return {.change = CallChange::up};
    case A::status:
        return {.change = CallChange::status};
    case A::down:
        return {.change = CallChange::down, .cause = why};
    case A::refuse_fault:
    case A::disconnect:
        return refuse_with(call, why);
    case A::refuse_improper: {
        Cause improper = cause(CdnResult::general_error, Reason::unexpected_message,
                               static_cast<std::uint16_t>(GeneralError::session_id));
        improper.attribute = why.attribute;
        return refuse_with(call, improper);
    }
    case A::refuse_timeout:
        return refuse_with(call, cause(CdnResult::timeout, Reason::connect_timeout));
    }
    return {};
}

MonoTime deadline_of(CallState state, MonoTime now) {
    if (state == waiting) return now + kConnectTimeout;
    if (state == closing) return now + kCallLinger;
    return MonoTime{};
}

CallStep happen(Call& call, CallEvent event, const Cause& why, MonoTime now) {
    const CallCell cell = call_cell(call.state, event);
    if (cell.next != call.state) {
        call.state = cell.next;
        call.since = now;
        call.deadline = deadline_of(cell.next, now);
    }
    return act(call, cell.action, why);
}

void connect(Call& call, const Message& iccn) {
    call.sequencing_required = iccn.sequencing_required;
    call.framing_type = iccn.framing_type;
    call.tx_speed = iccn.tx_speed;
    call.rx_speed = iccn.rx_speed;
}

// The cause that a message of the peer carries, for those events that have one.
Cause cause_of(const Message& m, CallEvent event) {
    if (event == CallEvent::fault) return m.fault.cause;
    if (event == CallEvent::CDN) return {m.result, m.error, Reason::peer_request, 0, 0};
    return {.attribute = static_cast<std::uint16_t>(m.type)};
}

} // namespace

CallCell call_cell(CallState state, CallEvent event) {
    const auto s = static_cast<std::size_t>(state);
    const auto e = static_cast<std::size_t>(event);
    if (s >= kStates || e >= kEvents) return {idle, A::none}; // a record that is not one of ours
    return kTable[e][s];
}

std::string_view name(CallState state) {
    const auto i = static_cast<std::size_t>(state);
    return i < kNames.size() ? kNames[i] : "unknown";
}

CallEvent classify(const Message& message) {
    if (message.type == MessageType::CDN) return CallEvent::CDN; // whatever is wrong with it, it is the end
    if (message.fault) return CallEvent::fault;
    switch (message.type) {
    case MessageType::ICRQ:
        return CallEvent::ICRQ;
    case MessageType::ICCN:
        return CallEvent::ICCN;
    case MessageType::WEN:
    case MessageType::SLI:
        return CallEvent::status;
    default:
        return CallEvent::improper;
    }
}

CallStep accept(Call& call, const Message& icrq, SessionId local, MonoTime now) {
    if (call.state == CallState::idle) {
        call = Call{};
        call.session = local;
        call.peer_session = icrq.assigned_session;
        call.serial = icrq.call_serial;
        call.bearer_type = icrq.bearer_type;
    }
    return happen(call, CallEvent::ICRQ, {.attribute = static_cast<std::uint16_t>(icrq.type)}, now);
}

OutMessage refuse(const Message& icrq, const Cause& cause) {
    return cdn(SessionId::none, icrq.assigned_session, cause);
}

CallStep receive(Call& call, const Message& message, MonoTime now) {
    const CallEvent event = classify(message);
    if (event == CallEvent::ICCN && call.state == CallState::wait_connect) connect(call, message);
    return happen(call, event, cause_of(message, event), now);
}

CallStep disconnect(Call& call, const Cause& cause, MonoTime now) {
    return happen(call, CallEvent::disconnect, cause, now);
}

CallStep tunnel_lost(Call& call, const Cause& cause, MonoTime now) {
    return happen(call, CallEvent::tunnel_lost, cause, now);
}

CallStep cleared(Call& call, MonoTime now) { return happen(call, CallEvent::CDN_acked, {}, now); }

CallStep tick(Call& call, MonoTime now) {
    if (call.deadline == MonoTime{} || call.deadline > now) return {};
    return happen(call, CallEvent::timeout, {}, now);
}

} // namespace lns::l2tp
