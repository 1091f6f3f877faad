// SPDX-License-Identifier: ISC
// Counters of the report, each with its name in the JSON.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lns::lacsim {

struct PppCounters {
    std::uint64_t pap_sent = 0, pap_ack = 0, pap_nak = 0;
    std::uint64_t chap_challenges = 0, chap_success = 0, chap_failure = 0;
    std::uint64_t requests_repeated = 0, configure_naks = 0, configure_rejects = 0;
    std::uint64_t echo_requests_answered = 0, echo_requests_sent = 0, echo_replies = 0, echo_unanswered = 0;
    std::uint64_t terminate_requests_received = 0, code_rejects_received = 0, protocol_rejects_received = 0;
    std::uint64_t ipv6cp_rejected = 0, ipv6cp_opened = 0, ccp_rejected = 0, ccp_opened = 0;
    std::uint64_t renegotiated_by_lns = 0, protocols_rejected = 0, early_packets = 0;
};

struct L2tpCounters {
    std::uint64_t control_sent = 0, control_retransmitted = 0, control_received = 0;
    std::uint64_t duplicates = 0, early = 0, outside_window = 0;
    std::uint64_t zlb_sent = 0, zlb_received = 0, hello_sent = 0, hello_answered = 0;
    std::uint64_t datagrams_sent = 0, datagrams_received = 0, send_errors = 0;
    std::uint64_t data_after_end = 0, impaired = 0;
    std::uint64_t data_numbered = 0, data_unnumbered = 0; // with --sequencing
    std::uint64_t data_holes = 0, data_missing = 0, data_backwards = 0;
    std::uint64_t unreachable = 0;        // ICMP port unreachable, which the LNS must never send
    std::uint64_t longest_unanswered = 0; // ms from a control message's first transmission to its acknowledgement
};

template <class Counters>
struct CounterName {
    std::string_view name;
    std::uint64_t Counters::*value;
};

inline constexpr std::array kPppCounterNames{
    CounterName<PppCounters>{"pap_requests_sent", &PppCounters::pap_sent},
    CounterName<PppCounters>{"pap_acks", &PppCounters::pap_ack},
    CounterName<PppCounters>{"pap_naks", &PppCounters::pap_nak},
    CounterName<PppCounters>{"chap_challenges", &PppCounters::chap_challenges},
    CounterName<PppCounters>{"chap_successes", &PppCounters::chap_success},
    CounterName<PppCounters>{"chap_failures", &PppCounters::chap_failure},
    CounterName<PppCounters>{"requests_repeated", &PppCounters::requests_repeated},
    CounterName<PppCounters>{"configure_naks_received", &PppCounters::configure_naks},
    CounterName<PppCounters>{"configure_rejects_received", &PppCounters::configure_rejects},
    CounterName<PppCounters>{"echo_requests_answered", &PppCounters::echo_requests_answered},
    CounterName<PppCounters>{"echo_requests_sent", &PppCounters::echo_requests_sent},
    CounterName<PppCounters>{"echo_replies_received", &PppCounters::echo_replies},
    CounterName<PppCounters>{"echo_requests_unanswered", &PppCounters::echo_unanswered},
    CounterName<PppCounters>{"terminate_requests_received", &PppCounters::terminate_requests_received},
    CounterName<PppCounters>{"code_rejects_received", &PppCounters::code_rejects_received},
    CounterName<PppCounters>{"protocol_rejects_received", &PppCounters::protocol_rejects_received},
    CounterName<PppCounters>{"ipv6cp_rejected", &PppCounters::ipv6cp_rejected},
    CounterName<PppCounters>{"ipv6cp_opened", &PppCounters::ipv6cp_opened},
    CounterName<PppCounters>{"ccp_rejected", &PppCounters::ccp_rejected},
    CounterName<PppCounters>{"ccp_opened", &PppCounters::ccp_opened},
    CounterName<PppCounters>{"renegotiated_by_lns", &PppCounters::renegotiated_by_lns},
    CounterName<PppCounters>{"protocols_rejected_by_us", &PppCounters::protocols_rejected},
    CounterName<PppCounters>{"packets_too_early_for_phase", &PppCounters::early_packets},
};
static_assert(kPppCounterNames.size() == sizeof(PppCounters) / sizeof(std::uint64_t));

inline constexpr std::array kL2tpCounterNames{
    CounterName<L2tpCounters>{"control_sent", &L2tpCounters::control_sent},
    CounterName<L2tpCounters>{"control_retransmitted", &L2tpCounters::control_retransmitted},
    CounterName<L2tpCounters>{"control_received", &L2tpCounters::control_received},
    CounterName<L2tpCounters>{"control_duplicates_received", &L2tpCounters::duplicates},
    CounterName<L2tpCounters>{"control_received_out_of_order", &L2tpCounters::early},
    CounterName<L2tpCounters>{"control_outside_window", &L2tpCounters::outside_window},
    CounterName<L2tpCounters>{"zlb_sent", &L2tpCounters::zlb_sent},
    CounterName<L2tpCounters>{"zlb_received", &L2tpCounters::zlb_received},
    CounterName<L2tpCounters>{"hello_sent", &L2tpCounters::hello_sent},
    CounterName<L2tpCounters>{"hello_answered", &L2tpCounters::hello_answered},
    CounterName<L2tpCounters>{"datagrams_sent", &L2tpCounters::datagrams_sent},
    CounterName<L2tpCounters>{"datagrams_received", &L2tpCounters::datagrams_received},
    CounterName<L2tpCounters>{"send_errors", &L2tpCounters::send_errors},
    CounterName<L2tpCounters>{"data_after_session_end", &L2tpCounters::data_after_end},
    CounterName<L2tpCounters>{"data_numbered", &L2tpCounters::data_numbered},
    CounterName<L2tpCounters>{"data_unnumbered", &L2tpCounters::data_unnumbered},
    CounterName<L2tpCounters>{"data_holes", &L2tpCounters::data_holes},
    CounterName<L2tpCounters>{"data_missing", &L2tpCounters::data_missing},
    CounterName<L2tpCounters>{"data_backwards", &L2tpCounters::data_backwards},
    CounterName<L2tpCounters>{"impaired_on_purpose", &L2tpCounters::impaired},
    CounterName<L2tpCounters>{"port_unreachable_received", &L2tpCounters::unreachable},
    CounterName<L2tpCounters>{"control_longest_unanswered_ms", &L2tpCounters::longest_unanswered},
};
static_assert(kL2tpCounterNames.size() == sizeof(L2tpCounters) / sizeof(std::uint64_t));

} // namespace lns::lacsim
