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

constexpr std::array kCounters{
    Named{Counter::bad_frame, "bad_frame"},
    Named{Counter::bad_length, "bad_length"},
    Named{Counter::too_long, "too_long"},
    Named{Counter::bad_options, "bad_options"},
    Named{Counter::wrong_identifier, "wrong_identifier"},
    Named{Counter::wrong_answer, "wrong_answer"},
    Named{Counter::unknown_code, "unknown_code"},
    Named{Counter::unknown_protocol, "unknown_protocol"},
    Named{Counter::reject_suppressed, "reject_suppressed"},
    Named{Counter::code_reject, "code_reject"},
    Named{Counter::protocol_reject, "protocol_reject"},
    Named{Counter::out_of_phase, "out_of_phase"},
    Named{Counter::network_data, "network_data"},
    Named{Counter::echo_not_opened, "echo_not_opened"},
    Named{Counter::looped, "looped"},
    Named{Counter::bad_auth, "bad_auth"},
    Named{Counter::wrong_auth_protocol, "wrong_auth_protocol"},
    Named{Counter::auth_repeated, "auth_repeated"},
    Named{Counter::auth_while_waiting, "auth_while_waiting"},
    Named{Counter::stale_answer, "stale_answer"},
    Named{Counter::renegotiated, "renegotiated"},
    Named{Counter::after_end, "after_end"},
};
static_assert(complete(kCounters, kCounterCount));

} // namespace

std::string_view name(State state) { return lookup(kStates, state); }
std::string_view name(Phase phase) { return lookup(kPhases, phase); }
std::string_view name(AuthMethod method) { return lookup(kAuthMethods, method); }
std::string_view name(Reason reason) { return lookup(kReasons, reason); }
std::string_view name(Counter counter) { return lookup(kCounters, counter); }

} // namespace lns::ppp
