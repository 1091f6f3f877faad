// SPDX-License-Identifier: ISC
#include "clid/command_table.h"

#include "clid/handlers.h"

namespace lns::clid {

namespace {

constexpr auto any = Privilege::any;
constexpr auto enable = Privilege::enable;

constexpr std::array kCommands{
    Command{"show counters", Count::none, "", "", any, show_counters, "Display all the internal counters"},
    Command{"show pool", Count::none, "", "", any, show_pool, "Show the IP address allocation pool"},
    Command{"show processes", Count::none, "", "", any, show_processes, "Show the processes of the suite"},
    Command{"show radius", Count::none, "", "", any, show_radius, "Show active radius queries"},
    Command{"show running-config", Count::none, "", "", enable, show_running_config,
            "Show the currently running configuration"},
    Command{"show session", Count::any, "SID", "Show specific session by id", any, show_session,
            "Show a list of sessions or details for a single session"},
    Command{"show tunnels", Count::any, "TID", "Show specific tunnel by id", any, show_tunnels,
            "Show a list of tunnels or details for a single tunnel"},
    Command{"show users", Count::any, "USER", "Show details for specific username", any, show_users,
            "Show a list of all connected users or details of selected user"},
    Command{"show version", Count::none, "", "", any, show_version, "Show currently running software version"},
    Command{"uptime", Count::none, "", "", any, show_uptime, "Show uptime and bandwidth utilisation"},
    Command{"write memory", Count::none, "", "", enable, write_memory, "Save the running configuration"},
    Command{"write terminal", Count::none, "", "", enable, show_running_config, "Show the running configuration"},
    Command{"reload", Count::none, "", "", enable, reload_configuration, "Reload configuration"},
    Command{"configure terminal", Count::none, "", "", enable, configure_terminal, "Enter configuration mode"},
    Command{"set", Count::some, "NAME VALUE", "A setting and its value", enable, set_key,
            "Set a configuration variable", Mode::config, explain_set},
    Command{"load plugin", Count::some, "NAME", "Name of the plugin", enable, load_plugin, "Load a plugin",
            Mode::config},
    Command{"remove plugin", Count::some, "NAME", "Name of the plugin", enable, remove_plugin, "Remove a plugin",
            Mode::config},
    Command{"drop session", Count::some, "SID", "Session id to drop", enable, drop_session, "Disconnect a session"},
    Command{"drop tunnel", Count::some, "TID", "Tunnel id to drop", enable, drop_tunnel,
            "Disconnect a tunnel and all sessions on that tunnel"},
};

constexpr std::array kGroups{
    CommandGroup{"show", "Show running system information"},
    CommandGroup{"drop", "Disconnect sessions and tunnels"},
    CommandGroup{"write", "Save or show running configuration"},
    CommandGroup{"configure", "Enter configuration mode"},
    CommandGroup{"load", "Load something"},
    CommandGroup{"remove", "Take something away again"},
};

constexpr std::string_view first_word(std::string_view words) { return words.substr(0, words.find(' ')); }

constexpr bool every_group_is_listed() {
    for (const Command& command : kCommands) {
        bool listed = command.words.find(' ') == std::string_view::npos;
        for (const CommandGroup& group : kGroups)
            listed = listed || group.word == first_word(command.words);
        if (!listed) return false;
    }
    return true;
}
static_assert(every_group_is_listed());

constexpr bool arguments_are_named() {
    for (const Command& command : kCommands)
        if ((command.count == Count::none) != command.argument.empty()) return false;
    return true;
}
static_assert(arguments_are_named());

} // namespace

std::span<const Command> command_table() { return kCommands; }
std::span<const CommandGroup> command_groups() { return kGroups; }

const Command* find_command(std::string_view words) {
    for (const Command& command : kCommands)
        if (command.words == words) return &command;
    return nullptr;
}

} // namespace lns::clid
