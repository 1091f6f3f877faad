// SPDX-License-Identifier: ISC
// The option negotiation automaton of RFC 1661 section 4, as a table in the RFC's own layout. LCP and
// every NCP are driven by it (lib/ppp/layer.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/clock.h"

namespace lns::ppp {

// RFC 1661 4.2; the values are the column numbers of the table.
enum class State : std::uint8_t {
    Initial,
    Starting,
    Closed,
    Stopped,
    Closing,
    Stopping,
    ReqSent,
    AckRcvd,
    AckSent,
    Opened,
};
inline constexpr std::size_t kStateCount = 10;

// RFC 1661 4.3, in the order of the table's rows. "Plus" and "Minus" are the RFC's + and -.
enum class Event : std::uint8_t {
    Up,
    Down,
    Open,
    Close,
    TOPlus,
    TOMinus,
    RCRPlus,
    RCRMinus,
    RCA,
    RCN,
    RTR,
    RTA,
    RUC,
    RXJPlus,
    RXJMinus,
    RXR,
};
inline constexpr std::size_t kEventCount = 16;

// RFC 1661 4.4, one bit each. r, p and x are the table's footnotes, kept so that the two tables compare
// letter for letter: we take neither the Restart nor the Passive option, and a second answer to one
// request (a crossed connection) is dropped before it reaches the automaton.
using Actions = std::uint16_t;
namespace action {
inline constexpr Actions tlu = 1 << 0, tld = 1 << 1, tls = 1 << 2, tlf = 1 << 3, irc = 1 << 4, zrc = 1 << 5,
                         scr = 1 << 6, sca = 1 << 7, scn = 1 << 8, str = 1 << 9, sta = 1 << 10, scj = 1 << 11,
                         ser = 1 << 12;
inline constexpr Actions r = 1 << 13, p = 1 << 14, x = 1 << 15;
} // namespace action

struct Cell {
    std::int8_t next = -1; // column number; -1 where the RFC has "-": cannot happen
    Actions actions = 0;

    constexpr Cell() = default;
    constexpr Cell(int state) : next(static_cast<std::int8_t>(state)) {}
    constexpr Cell(int act, int state) : next(static_cast<std::int8_t>(state)), actions(static_cast<Actions>(act)) {}
    [[nodiscard]] constexpr bool possible() const { return next >= 0; }
    [[nodiscard]] constexpr State state() const { return static_cast<State>(next); }
};

namespace table {

using namespace action;
inline constexpr Cell o{}; // "-"

// RFC 1661 4.1: {actions, next state}.
// clang-format off
inline constexpr std::array<std::array<Cell, kStateCount>, kEventCount> kAutomaton{{
//            0         1             2             3                 4         5         6             7             8             9
//            Initial   Starting      Closed        Stopped           Closing   Stopping  Req-Sent      Ack-Rcvd      Ack-Sent      Opened
/* Up    */ {{{2},      {irc|scr, 6}, o,            o,                o,        o,        o,            o,            o,            o}},
/* Down  */ {{o,        o,            {0},          {tls, 1},         {0},      {1},      {1},          {1},          {1},          {tld, 1}}},
/* Open  */ {{{tls, 1}, {1},          {irc|scr, 6}, {r, 3},           {r, 5},   {r, 5},   {6},          {7},          {8},          {r, 9}}},
/* Close */ {{{0},      {tlf, 0},     {2},          {2},              {4},      {4},      {irc|str, 4}, {irc|str, 4}, {irc|str, 4}, {tld|irc|str, 4}}},

/* TO+   */ {{o,        o,            o,            o,                {str, 4}, {str, 5}, {scr, 6},     {scr, 6},     {scr, 8},     o}},
/* TO-   */ {{o,        o,            o,            o,                {tlf, 2}, {tlf, 3}, {tlf|p, 3},   {tlf|p, 3},   {tlf|p, 3},   o}},

/* RCR+  */ {{o,        o,            {sta, 2},     {irc|scr|sca, 8}, {4},      {5},      {sca, 8},     {sca|tlu, 9}, {sca, 8},     {tld|scr|sca, 8}}},
/* RCR-  */ {{o,        o,            {sta, 2},     {irc|scr|scn, 6}, {4},      {5},      {scn, 6},     {scn, 7},     {scn, 6},     {tld|scr|scn, 6}}},
/* RCA   */ {{o,        o,            {sta, 2},     {sta, 3},         {4},      {5},      {irc, 7},     {scr|x, 6},   {irc|tlu, 9}, {tld|scr|x, 6}}},
/* RCN   */ {{o,        o,            {sta, 2},     {sta, 3},         {4},      {5},      {irc|scr, 6}, {scr|x, 6},   {irc|scr, 8}, {tld|scr|x, 6}}},

/* RTR   */ {{o,        o,            {sta, 2},     {sta, 3},         {sta, 4}, {sta, 5}, {sta, 6},     {sta, 6},     {sta, 6},     {tld|zrc|sta, 5}}},
/* RTA   */ {{o,        o,            {2},          {3},              {tlf, 2}, {tlf, 3}, {6},          {6},          {8},          {tld|scr, 6}}},

/* RUC   */ {{o,        o,            {scj, 2},     {scj, 3},         {scj, 4}, {scj, 5}, {scj, 6},     {scj, 7},     {scj, 8},     {scj, 9}}},
/* RXJ+  */ {{o,        o,            {2},          {3},              {4},      {5},      {6},          {6},          {8},          {9}}},
/* RXJ-  */ {{o,        o,            {tlf, 2},     {tlf, 3},         {tlf, 2}, {tlf, 3}, {tlf, 3},     {tlf, 3},     {tlf, 3},     {tld|irc|str, 5}}},

/* RXR   */ {{o,        o,            {2},          {3},              {4},      {5},      {6},          {7},          {8},          {ser, 9}}},
}};
// clang-format on

} // namespace table

constexpr Cell cell(Event event, State state) {
    return table::kAutomaton[static_cast<std::size_t>(event)][static_cast<std::size_t>(state)];
}

// RFC 1661 4.6: the Restart timer runs in the states that wait for the peer.
constexpr bool timer_runs_in(State state) { return state >= State::Closing && state <= State::AckSent; }

namespace table {

constexpr bool every_next_is_a_state() {
    for (const auto& row : kAutomaton)
        for (const Cell c : row)
            if (c.next >= static_cast<int>(kStateCount) || (!c.possible() && c.actions != 0)) return false;
    return true;
}
// Opened is entered by tlu and left by tld, and neither happens elsewhere.
constexpr bool layer_is_up_exactly_in_opened() {
    for (const auto& row : kAutomaton)
        for (std::size_t from = 0; from < kStateCount; ++from) {
            const Cell c = row[from];
            if (!c.possible()) continue;
            const bool was = static_cast<State>(from) == State::Opened;
            const bool is = c.state() == State::Opened;
            if (((c.actions & tlu) != 0) != (!was && is) || ((c.actions & tld) != 0) != (was && !is)) return false;
        }
    return true;
}
// A timeout cannot happen where the timer does not run, and only there.
constexpr bool timeouts_only_where_the_timer_runs() {
    for (std::size_t s = 0; s < kStateCount; ++s)
        for (const Event e : {Event::TOPlus, Event::TOMinus})
            if (cell(e, static_cast<State>(s)).possible() != timer_runs_in(static_cast<State>(s))) return false;
    return true;
}
static_assert(every_next_is_a_state());
static_assert(layer_is_up_exactly_in_opened());
static_assert(timeouts_only_where_the_timer_runs());

} // namespace table

// The state of one automaton: plain data, part of Session.
struct Automaton {
    MonoTime deadline{}; // of the Restart timer; {} = it does not run
    State state = State::Initial;
    std::uint8_t restart_counter = 0;
    std::uint8_t request_id = 0; // of our last Configure-Request
    std::uint8_t packet_id = 0;  // of our last packet that is neither request nor answer
    std::uint8_t naks_sent = 0;  // and rejects, since our last Configure-Ack (RFC 1661 4.6, Max-Failure)
    std::uint8_t naked_id = 0;   // of the Configure-Request last refused
    std::uint8_t refusals = 0;   // Configure-Naks and -Rejects received since the layer was last up
    std::uint8_t dropped = 0;    // bits: options of ours the peer rejected
    bool answer_awaited = false; // our last Configure-Request has had no answer yet
    std::array<std::uint8_t, 7> reserved{};
};

std::string_view name(State state); // as the RFC writes it: "Req-Sent"

} // namespace lns::ppp
