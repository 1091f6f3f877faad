// SPDX-License-Identifier: ISC
#include <array>

#include "lib/ppp/ppp.h"

namespace lns::ppp {
namespace {

template <class Enum>
struct Named {
    Enum value;
    std::string_view name;
};
template <class Enum>
Named(Enum, const char*) -> Named<Enum>; // clang 14 deduces none for aggregates

// Rows stand in the order of the enumeration and leave none out.
template <class Table>
constexpr bool complete(const Table& table, std::size_t count) {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].value) != i || table[i].name.empty()) return false;
    return table.size() == count;
}

template <class Table, class Enum>
std::string_view lookup(const Table& table, Enum value) {
    const auto i = static_cast<std::size_t>(value);
    return i < table.size() ? table[i].name : "?";
}

constexpr std::array kStates{
    Named{State::Initial, "Initial"},  Named{State::Starting, "Starting"}, Named{State::Closed, "Closed"},
    Named{State::Stopped, "Stopped"},  Named{State::Closing, "Closing"},   Named{State::Stopping, "Stopping"},
    Named{State::ReqSent, "Req-Sent"}, Named{State::AckRcvd, "Ack-Rcvd"},  Named{State::AckSent, "Ack-Sent"},
    Named{State::Opened, "Opened"},
};
static_assert(complete(kStates, kStateCount));

constexpr std::array kPhases{
    Named{Phase::dead, "dead"},
    Named{Phase::establish, "establish"},
    Named{Phase::authenticate, "authenticate"},
    Named{Phase::waiting_for_aaa, "waiting for AAA"},
    Named{Phase::network, "network"},
    Named{Phase::open, "open"},
    Named{Phase::terminating, "terminating"},
};
static_assert(complete(kPhases, static_cast<std::size_t>(Phase::terminating) + 1));

constexpr std::array kAuthMethods{
    Named{AuthMethod::none, "none"},
    Named{AuthMethod::pap, "pap"},
    Named{AuthMethod::chap, "chap"},
};
static_assert(complete(kAuthMethods, static_cast<std::size_t>(AuthMethod::chap) + 1));

constexpr std::array kReasons{
    Named{Reason::none, "no reason"},
    Named{Reason::peer_terminated, "terminated by the peer"},
    Named{Reason::no_reply, "no reply to LCP Configure-Request"},
    Named{Reason::negotiation_failed, "negotiation failed"},
    Named{Reason::auth_refused, "peer refuses to authenticate"},
    Named{Reason::auth_timeout, "authentication timed out"},
    Named{Reason::auth_failed, "authentication failed"},
    Named{Reason::loopback, "loopback detected"},
    Named{Reason::echo_timeout, "no reply to LCP Echo-Request"},
    Named{Reason::protocol_error, "peer rejects a basic LCP or IPCP packet"},
    Named{Reason::ipcp_no_reply, "no reply to IPCP Configure-Request"},
    Named{Reason::ipcp_refused, "peer rejects IPCP"},
    Named{Reason::address_refused, "peer refuses the address"},
    Named{Reason::administrative, "closed by the administrator"},
    Named{Reason::session_timeout, "session timeout"},
    Named{Reason::idle_timeout, "idle timeout"},
    Named{Reason::replaced, "replaced by a newer session"},
    Named{Reason::no_address, "no address available"},
    Named{Reason::shutdown, "shutting down"},
};
static_assert(complete(kReasons, static_cast<std::size_t>(Reason::shutdown) + 1));

struct CounterRow {
    Counter value;
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array kCounters{
    CounterRow{Counter::bad_frame, "bad_frame", "no PPP frame"},
    CounterRow{Counter::bad_length, "bad_length", "a packet's Length below its header or beyond its frame"},
    CounterRow{Counter::too_long, "too_long", "a control packet above 1500 octets"},
    CounterRow{Counter::bad_options, "bad_options", "option list not well-formed"},
    CounterRow{Counter::wrong_identifier, "wrong_identifier",
               "an answer that answers nothing we sent, or for the second time"},
    CounterRow{Counter::wrong_answer, "wrong_answer", "a Configure-Ack or -Reject with options we did not send"},
    CounterRow{Counter::unknown_code, "unknown_code", "answered with Code-Reject"},
    CounterRow{Counter::unknown_protocol, "unknown_protocol", "answered with Protocol-Reject"},
    CounterRow{Counter::reject_suppressed, "reject_suppressed",
               "Code-Reject or Protocol-Reject not sent: too many in a short time"},
    CounterRow{Counter::code_reject, "code_reject", "received"},
    CounterRow{Counter::protocol_reject, "protocol_reject", "received"},
    CounterRow{Counter::out_of_phase, "out_of_phase",
               "protocol not allowed in this phase, e.g. NCP before authentication"},
    CounterRow{Counter::network_data, "network_data", "a data packet, which is not for us"},
    CounterRow{Counter::echo_not_opened, "echo_not_opened", "Echo-Request or the like while LCP is not Opened"},
    CounterRow{Counter::looped, "looped", "carried our own magic number"},
    CounterRow{Counter::bad_auth, "bad_auth", "PAP or CHAP packet not well-formed or with a code we do not take"},
    CounterRow{Counter::wrong_auth_protocol, "wrong_auth_protocol", "PAP where CHAP was agreed, or the reverse"},
    CounterRow{Counter::auth_repeated, "auth_repeated", "request after the answer: answered again"},
    CounterRow{Counter::auth_while_waiting, "auth_while_waiting", "request while AAA has not answered: ignored"},
    CounterRow{Counter::stale_answer, "stale_answer", "AAA answer to a request that is no longer the current one"},
    CounterRow{Counter::renegotiated, "renegotiated", "LCP left Opened for a new negotiation"},
    CounterRow{Counter::after_end, "after_end", "frame for a dead session"},
};
static_assert(complete(kCounters, kCounterCount));

} // namespace

std::string_view name(State state) { return lookup(kStates, state); }
std::string_view name(Phase phase) { return lookup(kPhases, phase); }
std::string_view name(AuthMethod method) { return lookup(kAuthMethods, method); }
std::string_view name(Reason reason) { return lookup(kReasons, reason); }
std::string_view name(Counter counter) { return lookup(kCounters, counter); }
std::string_view meaning(Counter counter) {
    const auto i = static_cast<std::size_t>(counter);
    return i < kCounters.size() ? kCounters[i].meaning : "?";
}

} // namespace lns::ppp
