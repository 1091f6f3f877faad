// SPDX-License-Identifier: ISC
// What clid's master counts (law 7), in its own table of process counters.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "shm/counters.h"

namespace lns::clid {

enum class Counter : std::size_t {
    connections,
    refused_full,
    refused_source,
    refused_remote,
    refused_system,
    logins,
    logins_failed,
    logins_timed_out,
    enables,
    enables_failed,
    commands,
    commands_refused,
    commands_unanswered,
    child_violations,
    children_crashed,
    control_requests,
    control_repeated,
    control_refused_remote,
    control_malformed,
    control_wrong_secret,
    control_stale,
    control_busy,
    kCount,
};

using CounterDef = shm::CounterDef<Counter>;

inline constexpr std::array kCounters{
    CounterDef{Counter::connections, "cli_connections", "connections that were admitted"},
    CounterDef{Counter::refused_full, "cli_refused_full", "refused: as many connections as there may be"},
    CounterDef{Counter::refused_source, "cli_refused_source", "refused: as many of that address as there may be"},
    CounterDef{Counter::refused_remote, "cli_refused_remote", "refused: not from loopback, and there is no users file"},
    CounterDef{Counter::refused_system, "cli_refused_system", "refused: no process or descriptor left"},
    CounterDef{Counter::logins, "cli_logins", "right passwords"},
    CounterDef{Counter::logins_failed, "cli_logins_failed", "wrong passwords"},
    CounterDef{Counter::logins_timed_out, "cli_logins_timed_out", "connections on which nobody logged in"},
    CounterDef{Counter::enables, "cli_enables", "right passwords of enable"},
    CounterDef{Counter::enables_failed, "cli_enables_failed", "wrong passwords of enable, or there is none"},
    CounterDef{Counter::commands, "cli_commands", "privileged commands that were passed on"},
    CounterDef{Counter::commands_refused, "cli_commands_refused", "commands of a child without the right to them"},
    CounterDef{Counter::commands_unanswered, "cli_commands_unanswered", "commands that nobody answered in time"},
    CounterDef{Counter::child_violations, "cli_child_violations", "children that broke the rules of their channel"},
    CounterDef{Counter::children_crashed, "cli_children_crashed", "children that crashed"},
    CounterDef{Counter::control_requests, "control_requests", "requests of nsctl that were carried out"},
    CounterDef{Counter::control_repeated, "control_repeated", "repeated ones, answered as before"},
    CounterDef{Counter::control_refused_remote, "control_refused_remote",
               "not from loopback, and there is no control_secret"},
    CounterDef{Counter::control_malformed, "control_malformed", "datagrams that are no request of this version"},
    CounterDef{Counter::control_wrong_secret, "control_wrong_secret", "requests with another secret"},
    CounterDef{Counter::control_stale, "control_stale", "requests too old, from the future, or just after the start"},
    CounterDef{Counter::control_busy, "control_busy", "refused: more requests than can be remembered"},
};

static_assert(shm::is_complete(kCounters, Counter::kCount), "every counter has a row, in the order of the enum");

} // namespace lns::clid
