// SPDX-License-Identifier: ISC
// The operator's commands, as rows. From them come registration with libcli, `help`, `?` and the check
// of arguments; a test compares them with the manual page.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "clid/master_link.h"
#include "clid/suite_view.h"

namespace lns::clid {

// Where a command prints. Lines pass the operator's filters (| include), errors do not.
class Output {
public:
    virtual ~Output() = default;
    virtual void print(const std::string& text) = 0; // one or more lines, without the last line end
    virtual void error(const std::string& text) = 0;
    [[nodiscard]] virtual bool gone() const = 0; // nobody reads any more: a long list may stop
    virtual void enter_configuration() {}        // from now on the commands of that mode
};

// What a command works with. Lives in a connection's child.
struct CommandContext {
    const SuiteView& view;
    MasterLink& master;
    Output& out;
};

using Arguments = std::span<const std::string_view>;

enum class Privilege : std::uint8_t { any, enable };
enum class Mode : std::uint8_t { exec, config };     // where it is typed: after `configure terminal`, or before
enum class Count : std::uint8_t { none, any, some }; // how many arguments: 0, 0 and more, 1 and more

struct Command {
    std::string_view words;
    Count count;
    std::string_view argument; // its name in `?` and the manual page
    std::string_view argument_help;
    Privilege privilege;
    void (*run)(CommandContext& context, Arguments arguments);
    std::string_view help;
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
