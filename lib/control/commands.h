// SPDX-License-Identifier: ISC
// What nsctl can ask for: one row a command. clid gives each row its function; `help`, the manual page and
// nsctl's look at its own command line read the rows.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace lns::control {

enum class CommandId : std::uint8_t { help, drop, kill, throttle, unthrottle, snoop, unsnoop, show_processes };

struct Command {
    CommandId id;
    std::string_view words;
    std::string_view synopsis; // of the arguments: capitals stand for a value
    std::string_view help;
};

inline constexpr std::array kCommands{
    Command{CommandId::help, "help", "", "List available commands"},
    Command{CommandId::drop, "drop", "USER|SID [REASON]", "Shutdown user session"},
    Command{CommandId::kill, "kill", "USER|SID [REASON]", "Kill user session"},
    Command{CommandId::throttle, "throttle", "USER|SID [RATE|[in|out] RATE ...]", "Throttle user traffic"},
    Command{CommandId::unthrottle, "unthrottle", "USER|SID", "Stop throttling user"},
    Command{CommandId::snoop, "snoop", "USER|SID [IP PORT]", "Intercept user traffic"},
    Command{CommandId::unsnoop, "unsnoop", "USER|SID", "Stop intercepting user"},
    Command{CommandId::show_processes, "show processes", "", "Show the processes of the suite"},
};

constexpr std::string_view first_word(std::string_view words) { return words.substr(0, words.find(' ')); }

// Does some command begin with it? Plugins have commands, too, that only the server knows.
constexpr bool is_command_word(std::string_view word) {
    constexpr std::array<std::string_view, 2> of_plugins{"garden", "ungarden"};
    return std::any_of(kCommands.begin(), kCommands.end(),
                       [&](const Command& command) { return first_word(command.words) == word; }) ||
           std::find(of_plugins.begin(), of_plugins.end(), word) != of_plugins.end();
}

} // namespace lns::control
