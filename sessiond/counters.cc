// SPDX-License-Identifier: ISC
#include "sessiond/counters.h"

#include <array>
#include <string>

#include "lib/l2tp/message.h"

namespace lns::sessiond {

namespace {

using Row = shm::CounterDef<Counter>;

constexpr std::array kRows{
    Row{Counter::control_received, "control_received", "L2TP control messages received"},
    Row{Counter::control_sent, "control_sent", "L2TP control messages sent"},
    Row{Counter::ppp_received, "ppp_received", "PPP control frames received"},
    Row{Counter::ppp_sent, "ppp_sent", "PPP control frames sent"},
    Row{Counter::relayed_in, "relayed_in", "datagrams taken from datapathd"},
    Row{Counter::relayed_out, "relayed_out", "datagrams passed to datapathd"},
    Row{Counter::relay_full, "relay_full", "for datapathd, but the relay was full"},
    Row{Counter::truncated, "truncated", "datagrams longer than any may be"},
    Row{Counter::send_refused, "send_refused", "datagrams that the kernel did not take"},
    Row{Counter::unknown_tunnel, "unknown_tunnel", "for a tunnel that there is not"},
    Row{Counter::wrong_peer, "wrong_peer", "not from the address and port of the tunnel's LAC"},
    Row{Counter::unknown_session, "unknown_session", "for a session that there is not"},
    Row{Counter::session_not_ready, "session_not_ready",
        "frames of a session that is not up, or IP that nobody forwards"},
    Row{Counter::half_open_limit, "half_open_limit", "SCCRQs passed over: too many tunnels in the making, and answers"},
    Row{Counter::half_open_unrecorded, "half_open_unrecorded",
        "SCCRQs answered without a record: too many tunnels in the making"},
    Row{Counter::tunnel_table_full, "tunnel_table_full", "SCCRQs refused: max_tunnels reached"},
    Row{Counter::session_table_full, "session_table_full", "calls refused: max_sessions reached"},
    Row{Counter::unfinished_calls, "unfinished_calls", "calls refused: too many of that tunnel are not online"},
    Row{Counter::tunnels_opened, "tunnels_opened", "tunnels that were opened"},
    Row{Counter::calls_opened, "calls_opened", "calls that were opened"},
    Row{Counter::calls_sequenced, "calls_sequenced", "calls among them whose LAC requires sequence numbers"},
    Row{Counter::login_accepted, "login_accepted", "logins accepted"},
    Row{Counter::login_rejected, "login_rejected", "logins rejected"},
    Row{Counter::login_unavailable, "login_unavailable", "logins that nobody could decide"},
    Row{Counter::user_name_too_long, "user_name_too_long", "logins with a name that is too long"},
    Row{Counter::password_too_long, "password_too_long", "logins with a password that is too long"},
    Row{Counter::pool_empty, "pool_empty", "logins refused: no address left"},
    Row{Counter::address_refused, "address_refused", "addresses of RADIUS that are not given to anybody"},
    Row{Counter::route_refused, "route_refused", "routes of RADIUS that are not made"},
    Row{Counter::replaced, "replaced", "sessions ended by a newer one of the same user or address"},
    Row{Counter::sessions_opened, "sessions_opened", "sessions that came online"},
    Row{Counter::sessions_ended, "sessions_ended", "sessions that ended"},
    Row{Counter::clean_ups, "clean_ups", "clean-ups done"},
    Row{Counter::cleaned_up, "cleaned_up", "addresses and calls that a clean-up had to put right"},
    Row{Counter::drained, "drained", "calls and tunnels refused while draining"},
};

static_assert(shm::is_complete(kRows, Counter::kCount), "every counter has a row, in the order of the enum");
static_assert(kCounters <= shm::kMaxCounters);

struct MessageTexts {
    std::string received, sent;
    std::string received_meaning, sent_meaning;
};

// One a message of RFC 2661, in the order of the table.
const std::array<MessageTexts, l2tp::kMessages.size()>& message_texts() {
    static const auto texts = [] {
        std::array<MessageTexts, l2tp::kMessages.size()> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::string name(l2tp::kMessages[i].name);
            all[i] = {"received_" + name, "sent_" + name, name + " messages received", name + " messages sent"};
        }
        return all;
    }();
    return texts;
}

std::optional<std::size_t> counter_from(std::size_t first, Bytes payload) {
    const l2tp::MessageType type = l2tp::message_type_of(payload);
    for (std::size_t i = 0; i < l2tp::kMessages.size(); ++i)
        if (l2tp::kMessages[i].type == type) return first + i;
    return std::nullopt;
}

} // namespace

shm::CounterText counter_text(std::size_t index) {
    if (index < kL2tpCounters) return {kRows[index].name, kRows[index].meaning};
    if (index < kPppCounters) {
        const auto error = static_cast<l2tp::WireError>(index - kL2tpCounters + 1);
        return {l2tp::name(error), l2tp::meaning(error)};
    }
    if (index < kReceivedCounters) {
        const auto counter = static_cast<ppp::Counter>(index - kPppCounters);
        return {ppp::name(counter), ppp::meaning(counter)};
    }
    if (index < kSentCounters) {
        const MessageTexts& texts = message_texts()[index - kReceivedCounters];
        return {texts.received, texts.received_meaning};
    }
    if (index >= kCounters) return {};
    const MessageTexts& texts = message_texts()[index - kSentCounters];
    return {texts.sent, texts.sent_meaning};
}

std::optional<std::size_t> received_counter(Bytes payload) { return counter_from(kReceivedCounters, payload); }
std::optional<std::size_t> sent_counter(Bytes payload) { return counter_from(kSentCounters, payload); }

} // namespace lns::sessiond
