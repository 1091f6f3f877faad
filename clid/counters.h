// SPDX-License-Identifier: ISC
// What clid's master counts (law 7), in its own table of process counters.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

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
};

inline constexpr std::array kCounterNames{
    std::string_view("cli_connections"),         // admitted
    std::string_view("cli_refused_full"),        // as many connections as there may be
    std::string_view("cli_refused_source"),      // as many of that address as there may be
    std::string_view("cli_refused_remote"),      // not from loopback while there is no users file
    std::string_view("cli_refused_system"),      // no process or descriptor left
    std::string_view("cli_logins"),              // passwords that were right
    std::string_view("cli_logins_failed"),       // and wrong
    std::string_view("cli_logins_timed_out"),    // nobody logged in
    std::string_view("cli_enables"),             // enable passwords that were right
    std::string_view("cli_enables_failed"),      // and wrong, or there is none
    std::string_view("cli_commands"),            // privileged ones, passed on
    std::string_view("cli_commands_refused"),    // from a child without the privilege
    std::string_view("cli_commands_unanswered"), // sessiond or the parent did not answer in time
    std::string_view("cli_child_violations"),    // children that broke the rules of their channel
    std::string_view("cli_children_crashed"),
};
static_assert(kCounterNames.size() == static_cast<std::size_t>(Counter::children_crashed) + 1);

} // namespace lns::clid
