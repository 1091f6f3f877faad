// SPDX-License-Identifier: ISC
#include "clid/shell.h"

#include <algorithm>
#include <cstdlib>
#include <libcli.h>
#include <map>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "clid/completion.h"
#include "clid/harmless.h"
#include "clid/text_line.h"

namespace lns::clid {

namespace {

cli_def* as_cli(void* cli) { return static_cast<cli_def*>(cli); }

// libcli hands its password callbacks no context, so the one shell of this process stands here.
Shell*& the_shell() {
    static Shell* shell = nullptr;
    return shell;
}

using BeginFilter = int (*)(cli_def*, int, char**, cli_filter*);

// libcli's own, of the filters that take the rest of the line as their pattern.
std::map<const cli_command*, BeginFilter>& pattern_filters() {
    static std::map<const cli_command*, BeginFilter> filters;
    return filters;
}

cli_optarg* rest_of_line(const cli_command& command) {
    cli_optarg* argument = command.optargs;
    while (argument != nullptr && (argument->flags & CLI_CMD_REMAINDER_OF_LINE) == 0)
        argument = argument->next;
    return argument;
}

int privilege_level(Privilege privilege) {
    return privilege == Privilege::enable ? PRIVILEGE_PRIVILEGED : PRIVILEGE_UNPRIVILEGED;
}

constexpr std::string_view kJsonHelp = "The same as a JSON document";

int mode_number(Mode mode) {
    switch (mode) {
    case Mode::exec:
        break;
    case Mode::config:
        return MODE_CONFIG;
    case Mode::access_list:
        return MODE_CONFIG + 1;
    }
    return MODE_EXEC;
}

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
    // A filter that is to look for the words from its pattern on.
    static int filter(cli_def* cli, int argc, char** argv, cli_filter* filter) {
        cli_pipeline_stage& stage = *cli->pipeline->current_stage;
        const cli_optarg& pattern = *rest_of_line(*stage.command);
        if (stage.first_unmatched >= argc) {
            cli_error(cli, "Incomplete command, missing required argument '%s' for command '%s'", pattern.name,
                      stage.command->command);
            return CLI_ERROR;
        }
        std::string words = argv[stage.first_unmatched];
        for (int i = stage.first_unmatched + 1; i < argc; ++i)
            words += std::string(" ") + argv[i];
        cli_set_optarg_value(cli, pattern.name, words.c_str(), 0);
        stage.found_optargs = cli->found_optargs; // who frees it
        return pattern_filters().at(stage.command)(cli, argc, argv, filter);
    }
    // libcli joins the words of a pattern for the tabulator and `?`, too, with the word that has not begun: a null
    // pointer (1.10.7). An argument that it does not keep it does not join either.
    static void mend_filters(cli_def* cli) {
        pattern_filters().clear();
        for (cli_command* command = cli->commands; command != nullptr; command = command->next) {
            if (command->command_type != CLI_FILTER_COMMAND || command->init == nullptr) continue;
            cli_optarg* pattern = rest_of_line(*command);
            if (pattern == nullptr) continue;
            pattern->flags |= CLI_CMD_DO_NOT_RECORD;
            pattern_filters()[command] = std::exchange(command->init, &filter);
        }
    }
    // The tabulator, in an argument of that name.
    static int complete(cli_def* cli, const char* name, const char* begun, cli_comphelp* found) {
        Completions completions(begun == nullptr ? "" : begun);
        if (const CompletionSource source = completion_source(name))
            source(static_cast<Shell*>(cli_get_context(cli))->context_.view, completions);
        for (const std::string& word : std::move(completions).take())
            cli_add_comphelp_entry(found, word.c_str());
        return CLI_OK;
    }
    // Each second while nothing is typed.
    static int regular(cli_def* cli) {
        static_cast<Shell*>(cli_get_context(cli))->show_log();
        return CLI_OK;
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
    Libcli::mend_filters(cli);
    cli_set_idle_timeout_callback(cli, settings_.idle_seconds, &Libcli::idle);
    cli_regular(cli, &Libcli::regular);
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
        register_arguments(command, cli_register_command(cli, parent, word.c_str(), &Libcli::command,
                                                         privilege_level(command.privilege), mode_number(command.mode),
                                                         std::string(command.help).c_str()));
    }
}

// What the tabulator completes has to be known to libcli: an argument that it does not keep, so that all words still
// come to execute(). It completes the first of them, and answers `?` there by itself.
void Shell::register_arguments(const Command& command, void* node) {
    const auto completed =
        std::find_if(command.arguments.begin(), command.arguments.end(), [](const Argument& argument) {
            return argument.last == kManyArguments && completion_source(argument.word) != nullptr;
        });
    if (completed == command.arguments.end()) return;
    std::string help(completed->help);
    for (const Argument& argument : command.arguments)
        if (&argument != &*completed) help += "\v" + std::string(argument.word) + "\t" + std::string(argument.help);
    if (command.json != nullptr) help += "\vjson\t" + std::string(kJsonHelp);
    cli_register_optarg(static_cast<cli_command*>(node), std::string(completed->word).c_str(),
                        CLI_CMD_ARGUMENT | CLI_CMD_DO_NOT_RECORD, PRIVILEGE_UNPRIVILEGED, MODE_ANY, help.c_str(),
                        &Libcli::complete, nullptr, nullptr);
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

void Shell::enter_access_list(conf::AccessKind kind, std::string_view name) {
    access_list_ = {kind, std::string(name)};
    cli_set_configmode(as_cli(cli_.get()), mode_number(Mode::access_list),
                       kind == conf::AccessKind::standard ? "std-nacl" : "ext-nacl");
}

void Shell::print(const std::string& text) { cli_print(as_cli(cli_.get()), "%s", text.c_str()); }
void Shell::error(const std::string& text) { cli_error(as_cli(cli_.get()), "%s", text.c_str()); }

bool Shell::gone() const {
    FILE* client = as_cli(cli_.get())->client;
    return client == nullptr || ferror(client) != 0;
}

void Shell::show_log() {
    const auto lines = master_.take_log_lines();
    if (lines.empty()) return;
    error(""); // away from the prompt
    for (const std::string& line : lines)
        error(harmless(line));
    cli_reprompt(as_cli(cli_.get()));
}

int Shell::execute(const char* words, char** argv, int argc) {
    const Command* command = find_command(words);
    if (command == nullptr) return CLI_ERROR;
    std::vector<std::string_view> arguments(argv, argv + argc);
    // libcli calls for `?` too: the argument then ends in it.
    if (!arguments.empty() && arguments.back().ends_with('?')) {
        command->explain != nullptr ? command->explain(context_, arguments) : explain_arguments(*command, arguments);
        return CLI_OK;
    }
    const bool json = command->json != nullptr && !arguments.empty() && arguments.back() == "json";
    if (json) arguments.pop_back();
    if (arguments.size() > command->most) {
        error("Invalid argument \"" + std::string(arguments[command->most]) + "\"");
        return CLI_ERROR;
    }
    if (arguments.size() < command->least) {
        error("Incomplete command: " + std::string(command->words) + " " + std::string(command->synopsis));
        return CLI_ERROR;
    }
    (json ? command->json : command->run)(context_, arguments);
    return gone() ? CLI_QUIT : CLI_OK;
}

// The last argument ends in the question mark: what could stand there?
void Shell::explain_arguments(const Command& command, Arguments typed) {
    const std::size_t place = typed.size();
    std::string_view begun = typed.back();
    begun.remove_suffix(1);
    const auto line = [this](std::string_view word, std::string_view help) {
        error(text_line("  %-20s %s", std::string(word).c_str(), std::string(help).c_str()));
    };
    for (const Argument& argument : command.arguments)
        if (argument.first <= place && place <= argument.last) line(argument.word, argument.help);
    if (command.json != nullptr && place <= command.most + 1) line("json", kJsonHelp);
    if (begun.empty() && place > command.least) error("  <cr>");
}

bool Shell::is_privileged() const { return as_cli(cli_.get())->privilege == PRIVILEGE_PRIVILEGED; }

std::vector<std::string> Shell::history() const {
    std::vector<std::string> lines;
    for (const char* line : as_cli(cli_.get())->history)
        if (line != nullptr) lines.emplace_back(line);
    return lines;
}

} // namespace lns::clid
