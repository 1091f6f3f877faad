// SPDX-License-Identifier: ISC
#include "clid/command_table.h"

#include "clid/handlers.h"

namespace lns::clid {

namespace {

constexpr auto any = Privilege::any;
constexpr auto enable = Privilege::enable;

constexpr std::array kSids{Argument{1, kManyArguments, "SID", "Session id, from show session"}};
constexpr std::array kTids{Argument{1, kManyArguments, "TID", "Tunnel id, from show tunnels"}};
constexpr std::array kUsers{Argument{1, kManyArguments, "USER", "Name of a connected user"}};
constexpr std::array kTunnels{Argument{1, 1, "all", "Show all tunnels, including unused"},
                              Argument{1, kManyArguments, "TID", "Show specific tunnel by id"}};
constexpr std::array kPool{Argument{1, 1, "all", "Show all pool addresses, including unused"}};
constexpr std::array kRadius{Argument{1, 1, "all", "Show all RADIUS requests, including unused"}};
constexpr std::array kSnoop{Argument{1, 1, "USER", "Username of session to snoop"},
                            Argument{2, 2, "IP", "Address that the copies are sent to"},
                            Argument{3, 3, "PORT", "UDP port that the copies are sent to"}};
constexpr std::array kThrottle{Argument{1, 1, "USER", "Username of session to throttle"},
                               Argument{2, 2, "RATE", "Rate in kbps (in and out)"},
                               Argument{2, 2, "in", "Select incoming rate"},
                               Argument{2, 2, "out", "Select outgoing rate"},
                               Argument{3, 3, "RATE", "Rate in kbps"},
                               Argument{4, 4, "in", "Select incoming rate"},
                               Argument{4, 4, "out", "Select outgoing rate"},
                               Argument{5, 5, "RATE", "Rate in kbps"}};
constexpr std::array kFilter{Argument{1, 1, "USER", "Username of session to filter"},
                             Argument{2, 2, "in", "Set incoming filter"},
                             Argument{2, 2, "out", "Set outgoing filter"},
                             Argument{3, 3, "NAME", "Name of an access list"},
                             Argument{4, 4, "in", "Set incoming filter"},
                             Argument{4, 4, "out", "Set outgoing filter"},
                             Argument{5, 5, "NAME", "Name of an access list"}};
constexpr std::array kListNames{Argument{1, kManyArguments, "NAME", "Filter name"}};
constexpr std::array kAccessList{Argument{1, 1, "standard", "Standard syntax"},
                                 Argument{1, 1, "extended", "Extended syntax"},
                                 Argument{2, 2, "NAME", "Access-list name"}};
constexpr std::array kNoAccessList{
    Argument{1, 1, "ip", "Remove named access-list"}, Argument{2, 2, "access-list", "Remove named access-list"},
    Argument{3, 3, "standard", "Standard syntax"}, Argument{3, 3, "extended", "Extended syntax"},
    Argument{4, 4, "NAME", "Access-list name"}};
constexpr std::array kRule{Argument{1, kManyArguments, "RULE", "As startup-config(5) has it"}};
constexpr std::array kLevels{Argument{1, kManyArguments, "all", "All levels except \"data\""},
                             Argument{1, kManyArguments, "critical", "What ends a process"},
                             Argument{1, kManyArguments, "error", "Errors"},
                             Argument{1, kManyArguments, "warning", "Warnings"},
                             Argument{1, kManyArguments, "info", "Who comes and goes"},
                             Argument{1, kManyArguments, "calls", "What the program does"},
                             Argument{1, kManyArguments, "data", "Packets in hex; needs enable"}};
constexpr std::array kPlugins{Argument{1, 1, "NAME", "Name of the plugin"}};
constexpr std::array kSet{Argument{1, 1, "NAME", "Name of the setting"}, Argument{2, 2, "VALUE", "Its value"}};
constexpr std::array kProcesses{Argument{1, kManyArguments, "PROCESS", "Its name in show processes"},
                                Argument{1, kManyArguments, "all", "All of them"}};
constexpr std::array kLines{Argument{1, 1, "0", "Output is never stopped"}};

// clang-format off
constexpr std::array kCommands{
    Command{"show access-list", any, "NAME ...", 1, kManyArguments, kListNames, show_access_list,
            "Show named access-list"},
    Command{"show cluster", any, "", 0, 0, {}, show_cluster, "Show cluster information", show_cluster_json},
    Command{"show counters", any, "", 0, 0, {}, show_counters, "Display all the internal counters", show_counters_json},
    Command{"show fast-path", any, "", 0, 0, {}, show_fast_path, "Show what the kernel forwards by itself",
            show_fast_path_json},
    Command{"show history", any, "", 0, 0, {}, show_history, "Show a list of previously run commands"},
    Command{"show memory", any, "", 0, 0, {}, show_memory, "Show what tables and processes take, in all and a session",
            show_memory_json},
    Command{"show pool", any, "[all]", 0, 1, kPool, show_pool, "Show the IP address allocation pool", show_pool_json},
    Command{"show processes", any, "", 0, 0, {}, show_processes, "Show the processes of the suite", show_processes_json},
    Command{"show radius", any, "[all]", 0, 1, kRadius, show_radius, "Show active radius queries", show_radius_json},
    Command{"show running-config", enable, "", 0, 0, {}, show_running_config,
            "Show the currently running configuration"},
    Command{"show session", any, "[SID ...]", 0, kManyArguments, kSids, show_session,
            "Show a list of sessions or details for a single session", show_session_json},
    Command{"show throttle", any, "", 0, 0, {}, show_throttle, "List all throttled sessions"},
    Command{"show tunnels", any, "[all | TID ...]", 0, kManyArguments, kTunnels, show_tunnels,
            "Show a list of tunnels or details for a single tunnel", show_tunnels_json},
    Command{"show users", any, "[USER ...]", 0, kManyArguments, kUsers, show_users,
            "Show a list of all connected users or details of selected user", show_users_json},
    Command{"show version", any, "", 0, 0, {}, show_version, "Show currently running software version", show_version_json},
    Command{"uptime", any, "", 0, 0, {}, show_uptime, "Show uptime and bandwidth utilisation", show_uptime_json},
    Command{"debug", any, "[LEVEL ...]", 0, kManyArguments, kLevels, debug,
            "Set the level of logging that is shown on the console"},
    Command{"no debug", any, "[LEVEL ...]", 0, kManyArguments, kLevels, no_debug,
            "Turn off logging of a certain level of debugging"},
    Command{"terminal length", any, "0", 1, 1, kLines, terminal_length, "Number of lines before output stops"},
    Command{"write memory", enable, "", 0, 0, {}, write_memory, "Save the running config to flash"},
    Command{"write terminal", enable, "", 0, 0, {}, show_running_config, "Show the running config"},
    Command{"reload", enable, "", 0, 0, {}, reload_configuration, "Reload configuration"},
    Command{"configure terminal", enable, "", 0, 0, {}, configure_terminal, "Enter configuration mode"},
    Command{"set", enable, "NAME VALUE", 1, kManyArguments, kSet, set_key, "Set a configuration variable", nullptr,
            Mode::config, explain_set},
    Command{"ip access-list", enable, "standard NAME | extended NAME", 2, 2, kAccessList, ip_access_list,
            "Add named access-list", nullptr, Mode::config},
    Command{"no", enable, "ip access-list standard NAME | ip access-list extended NAME", 4, 4, kNoAccessList,
            no_in_configuration, "Remove named access-list", nullptr, Mode::config},
    Command{"permit", enable, "RULE ...", 1, kManyArguments, kRule, permit, "Permit rule", nullptr, Mode::access_list},
    Command{"deny", enable, "RULE ...", 1, kManyArguments, kRule, deny, "Deny rule", nullptr, Mode::access_list},
    Command{"load plugin", enable, "NAME", 1, 1, kPlugins, load_plugin, "Load a plugin", nullptr, Mode::config},
    Command{"remove plugin", enable, "NAME", 1, 1, kPlugins, remove_plugin, "Remove a plugin", nullptr, Mode::config},
    Command{"restart", enable, "PROCESS ...", 1, kManyArguments, kProcesses, restart_process,
            "Swap a process for what is installed now, without loss"},
    Command{"clear counters", enable, "", 0, 0, {}, clear_counters, "Clear internal counters"},
    Command{"drain", enable, "", 0, 0, {}, drain, "Refuse new tunnels and calls"},
    Command{"no drain", enable, "", 0, 0, {}, no_drain, "Take new tunnels and calls again"},
    Command{"shutdown", enable, "", 0, 0, {}, shutdown_suite, "End all sessions, then the whole suite"},
    Command{"snoop", enable, "USER [IP PORT]", 1, 3, kSnoop, snoop, "Enable interception of a session"},
    Command{"throttle", enable, "USER [RATE | in RATE | out RATE | in RATE out RATE]", 1, 5, kThrottle, throttle,
            "Enable throttling of a session"},
    Command{"filter", enable, "USER in NAME | out NAME | in NAME out NAME", 1, 5, kFilter, filter,
            "Add filtering to a session"},
    Command{"no snoop", enable, "USER ...", 1, kManyArguments, kUsers, no_snoop, "Disable interception of a session"},
    Command{"no throttle", enable, "USER ...", 1, kManyArguments, kUsers, no_throttle,
            "Disable throttling of a session"},
    Command{"no filter", enable, "USER ...", 1, kManyArguments, kUsers, no_filter, "Remove filtering from a session"},
    Command{"drop user", enable, "USER ...", 1, kManyArguments, kUsers, drop_user, "Disconnect a user"},
    Command{"drop tunnel", enable, "TID ...", 1, kManyArguments, kTids, drop_tunnel,
            "Disconnect a tunnel and all sessions on that tunnel"},
    Command{"drop session", enable, "SID ...", 1, kManyArguments, kSids, drop_session, "Disconnect a session"},
};
// clang-format on

constexpr std::array kGroups{
    CommandGroup{"show", "Show running system information"},
    CommandGroup{"terminal", "Set what this terminal is like"},
    CommandGroup{"clear", "Clear internal counters"},
    CommandGroup{"no", "Turn something off"},
    CommandGroup{"write", "Save or show running configuration"},
    CommandGroup{"configure", "Enter configuration mode"},
    CommandGroup{"load", "Load something"},
    CommandGroup{"ip", "Add named access-list"},
    CommandGroup{"remove", "Take something away again"},
    CommandGroup{"drop", "Disconnect sessions, users and tunnels"},
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

constexpr bool arguments_are_explained() {
    for (const Command& command : kCommands) {
        if (command.least > command.most || (command.most == 0) != command.arguments.empty()) return false;
        if ((command.most == 0) != command.synopsis.empty()) return false;
    }
    return true;
}
static_assert(arguments_are_explained());

} // namespace

std::span<const Command> command_table() { return kCommands; }
std::span<const CommandGroup> command_groups() { return kGroups; }

const Command* find_command(std::string_view words) {
    for (const Command& command : kCommands)
        if (command.words == words) return &command;
    return nullptr;
}

} // namespace lns::clid
