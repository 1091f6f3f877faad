// SPDX-License-Identifier: ISC
// The operator's commands, as rows. From them come registration with libcli, `help`, `?` and the check
// of arguments; a test compares them with the manual page.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clid/master_link.h"
#include "clid/suite_view.h"

namespace lns::clid {

// Where a command prints. Lines pass the operator's filters (| include), errors do not.
class Output {
public:
    virtual ~Output() = default;
    virtual void print(const std::string& text) = 0; // one or more lines, without the last line end
    virtual void error(const std::string& text) = 0;
    [[nodiscard]] virtual bool gone() const = 0;                       // nobody reads any more: a long list may stop
    [[nodiscard]] virtual bool is_privileged() const { return false; } // after enable
    // What was typed on this connection, the oldest first.
    [[nodiscard]] virtual std::vector<std::string> history() const { return {}; }
    virtual void enter_configuration() {} // from now on the commands of that mode
    // And of that of an access list, which `permit` and `deny` are then about.
    virtual void enter_access_list(conf::AccessKind /*kind*/, std::string_view /*name*/) {}
    struct ListInHand {
        conf::AccessKind kind = conf::AccessKind::extended;
        std::string name;
    };
    [[nodiscard]] virtual ListInHand access_list() const { return {}; }
};

// What a command works with. Lives in a connection's child.
struct CommandContext {
    const SuiteView& view;
    MasterLink& master;
    Output& out;
};

using Arguments = std::span<const std::string_view>;

enum class Privilege : std::uint8_t { any, enable };
// Where it is typed: before `configure terminal`, after it, after `ip access-list`.
enum class Mode : std::uint8_t { exec, config, access_list };

// What may stand behind a command, for `?`. Places count from 1.
struct Argument {
    unsigned first, last; // the places it may stand at
    std::string_view word;
    std::string_view help;
};

inline constexpr unsigned kManyArguments = 64;

struct Command {
    std::string_view words;
    Privilege privilege;
    std::string_view synopsis; // of the arguments, as in the manual page: capitals stand for a value
    unsigned least, most;      // how many arguments there may be
    std::span<const Argument> arguments;
    void (*run)(CommandContext& context, Arguments arguments);
    std::string_view help;
    // The same as one JSON document, when the last argument is `json`; nullptr: there is no such form.
    void (*json)(CommandContext& context, Arguments arguments) = nullptr;
    Mode mode = Mode::exec;
    // Answers `?` behind the command, when the row cannot; the last argument ends in the question mark.
    void (*explain)(CommandContext& context, Arguments typed) = nullptr;
};

// Ordered as `help` shows them.
std::span<const Command> command_table();

// The first word of commands with two.
struct CommandGroup {
    std::string_view word;
    std::string_view help;
};
std::span<const CommandGroup> command_groups();

// nullptr when there is none. By the full words, as libcli reports them.
const Command* find_command(std::string_view words);

} // namespace lns::clid
