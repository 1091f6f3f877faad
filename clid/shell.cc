// SPDX-License-Identifier: ISC
#include "clid/shell.h"

#include <algorithm>
#include <cstdlib>
#include <libcli.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "clid/text_line.h"

namespace lns::clid {

namespace {

cli_def* as_cli(void* cli) { return static_cast<cli_def*>(cli); }

// libcli hands its password callbacks no context, so the one shell of this process stands here.
Shell*& the_shell() {
    static Shell* shell = nullptr;
    return shell;
}

int privilege_level(Privilege privilege) {
    return privilege == Privilege::enable ? PRIVILEGE_PRIVILEGED : PRIVILEGE_UNPRIVILEGED;
}

int mode_number(Mode mode) { return mode == Mode::config ? MODE_CONFIG : MODE_EXEC; }

bool is_of(const Command& command, const CommandGroup& group) {
    return command.words.starts_with(std::string(group.word) + ' ');
}

// That of its first command: those of a group are all of one mode.
int group_mode(const CommandGroup& group) {
    for (const Command& command : command_table())
        if (is_of(command, group)) return mode_number(command.mode);
    return MODE_EXEC;
}

// The lowest privilege among the commands of a group.
int group_level(const CommandGroup& group) {
    int level = PRIVILEGE_PRIVILEGED;
    for (const Command& command : command_table())
        if (is_of(command, group)) level = std::min(level, privilege_level(command.privilege));
    return level;
}

// A close with unread input would be a reset, which can overtake the last lines.
void say_goodbye(int socket) {
    shutdown(socket, SHUT_WR);
    std::array<char, 4096> rest;
    while (recv(socket, rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
    }
}

} // namespace

struct Shell::Libcli {
    static int check_login(const char* user, const char* password) {
        return the_shell()->judge(the_shell()->master_.login(user, password)) ? CLI_OK : CLI_ERROR;
    }
    // Here, unlike for a login, libcli takes anything but 0 as consent.
    static int check_enable(const char* password) {
        return the_shell()->judge(the_shell()->master_.enable(password)) ? 1 : 0;
    }
    static int command(cli_def* cli, const char* words, char** argv, int argc) {
        return static_cast<Shell*>(cli_get_context(cli))->execute(words, argv, argc);
    }
    static int idle(cli_def* cli) {
        cli_error(cli, "Idle for too long");
        return CLI_QUIT;
    }
};

void Shell::Deleter::operator()(void* cli) const { cli_done(as_cli(cli)); }

Shell::Shell(ShellSettings settings, const SuiteView& view, MasterLink& master)
    : settings_(std::move(settings)), master_(master), context_{view, master, *this}, cli_(cli_init()) {
    cli_def* cli = as_cli(cli_.get());
    the_shell() = this;
    cli_set_context(cli, this);
    cli_set_hostname(cli, settings_.hostname.c_str());
    if (settings_.ask_login) cli_set_auth_callback(cli, &Libcli::check_login);
    if (settings_.ask_enable) cli_set_enable_callback(cli, &Libcli::check_enable);
    cli_unregister_command(cli, "configure"); // ours is in the table
    cli_set_idle_timeout_callback(cli, settings_.idle_seconds, &Libcli::idle);
    register_commands();
}

Shell::~Shell() { the_shell() = nullptr; }

void Shell::register_commands() {
    cli_def* cli = as_cli(cli_.get());
    std::vector<std::pair<std::string_view, cli_command*>> groups;
    for (const CommandGroup& group : command_groups())
        groups.emplace_back(group.word, cli_register_command(cli, nullptr, std::string(group.word).c_str(), nullptr,
                                                             group_level(group), group_mode(group),
                                                             std::string(group.help).c_str()));
    for (const Command& command : command_table()) {
        const std::size_t blank = command.words.find(' ');
        const std::string_view first = command.words.substr(0, blank);
        cli_command* parent = nullptr;
        for (const auto& [word, node] : groups)
            if (blank != std::string_view::npos && word == first) parent = node;
        const std::string word(parent == nullptr ? command.words : command.words.substr(blank + 1));
        cli_register_command(cli, parent, word.c_str(), &Libcli::command, privilege_level(command.privilege),
                             mode_number(command.mode), std::string(command.help).c_str());
    }
}

void Shell::run(int socket) {
    cli_loop(as_cli(cli_.get()), dup(socket)); // which closes what it was given
    say_goodbye(socket);
}

// True when the master consents. When it sends the operator away, this is the end of the process.
bool Shell::judge(const imsg::CliAnswer& answer) {
    if (answer.verdict == imsg::CliVerdict::done) return true;
    if (!answer.text.empty()) error(answer.text.str());
    if (answer.verdict == imsg::CliVerdict::goodbye) {
        FILE* client = as_cli(cli_.get())->client;
        fflush(client);
        say_goodbye(fileno(client));
        _exit(EXIT_SUCCESS);
    }
    return false;
}

void Shell::enter_configuration() { cli_set_configmode(as_cli(cli_.get()), MODE_CONFIG, nullptr); }

void Shell::print(const std::string& text) { cli_print(as_cli(cli_.get()), "%s", text.c_str()); }
void Shell::error(const std::string& text) { cli_error(as_cli(cli_.get()), "%s", text.c_str()); }

bool Shell::gone() const {
    FILE* client = as_cli(cli_.get())->client;
    return client == nullptr || ferror(client) != 0;
}

int Shell::execute(const char* words, char** argv, int argc) {
    const Command* command = find_command(words);
    if (command == nullptr) return CLI_ERROR;
    std::vector<std::string_view> arguments(argv, argv + argc);
    // libcli calls for `?` too: the argument then ends in it.
    if (!arguments.empty() && arguments.back().ends_with('?')) {
        command->explain != nullptr ? command->explain(context_, arguments) : explain_arguments(*command);
        return CLI_OK;
    }
    if (command->count == Count::none && !arguments.empty()) {
        error("Invalid argument \"" + std::string(arguments.front()) + "\"");
        return CLI_ERROR;
    }
    if (command->count == Count::some && arguments.empty()) {
        error("Incomplete command, missing " + std::string(command->argument));
        return CLI_ERROR;
    }
    command->run(context_, arguments);
    return gone() ? CLI_QUIT : CLI_OK;
}

void Shell::explain_arguments(const Command& command) {
    if (command.count != Count::none)
        error(
            text_line("  %-20s %s", std::string(command.argument).c_str(), std::string(command.argument_help).c_str()));
    if (command.count != Count::some) error("  <cr>");
}

} // namespace lns::clid
