// SPDX-License-Identifier: ISC
#include "clid/control_commands.h"

#include <algorithm>

#include "clid/handlers.h"
#include "clid/text_line.h"
#include "lib/control/commands.h"

namespace lns::clid {

namespace {

using control::CommandId;

// Gathers what a handler prints.
class TextOutput final : public Output {
public:
    void print(const std::string& text) override { add(text); }
    void error(const std::string& text) override {
        add(text);
        outcome_.failed = true;
    }
    [[nodiscard]] bool gone() const override { return outcome_.text.size() > control::kMaxReply; }
    ControlDesk::Outcome take() { return std::move(outcome_); }

private:
    void add(const std::string& text) { outcome_.text += (outcome_.text.empty() ? "" : "\n") + text; }
    ControlDesk::Outcome outcome_;
};

void help(CommandContext& context, Arguments /*arguments*/) {
    context.out.print("Available commands:");
    for (const control::Command& command : control::kCommands) {
        const std::string words = std::string(command.words) + " " + std::string(command.synopsis);
        context.out.print(text_line("  %-43s %s", words.c_str(), std::string(command.help).c_str()));
    }
}

// USER or SID. A number that no session has may still be a name.
void drop(CommandContext& context, Arguments arguments) {
    shm::SessionRecord record;
    if (const auto sid = parse_id(arguments[0], UINT32_MAX)) context.view.sessions.read(*sid, record);
    if (is_connected(record)) return drop_session(context, arguments.first(1));
    if (sessions_of_user(context.view, arguments[0]).empty()) return context.out.error("session not found");
    drop_user(context, arguments.first(1));
}

struct Row {
    CommandId id;
    unsigned least, most; // arguments
    void (*run)(CommandContext& context, Arguments arguments);
};

constexpr std::array kRows{
    Row{CommandId::help, 0, 0, help},
    Row{CommandId::drop, 1, control::kMaxWords, drop},
    Row{CommandId::kill, 1, control::kMaxWords, drop},
    Row{CommandId::throttle, 1, 5, throttle},
    Row{CommandId::unthrottle, 1, 1, no_throttle},
    Row{CommandId::snoop, 1, 3, snoop},
    Row{CommandId::unsnoop, 1, 1, no_snoop},
    Row{CommandId::show_processes, 0, 0, show_processes},
};
static_assert(kRows.size() == control::kCommands.size());

// The command that these words begin with, and how many of them it takes.
const control::Command* find(Arguments words, std::size_t& taken) {
    for (const control::Command& command : control::kCommands) {
        const bool two = command.words.find(' ') != std::string_view::npos;
        const std::string_view first = control::first_word(command.words);
        if (words[0] != first || (two && (words.size() < 2 || words[1] != command.words.substr(first.size() + 1))))
            continue;
        taken = two ? 2 : 1;
        return &command;
    }
    return nullptr;
}

} // namespace

std::optional<ControlDesk::Outcome> run_control_command(const SuiteView& view, MasterLink& master,
                                                        const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::size_t taken = 0;
    const control::Command* command = views.empty() ? nullptr : find(views, taken);
    if (command == nullptr) return std::nullopt;
    const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.id == command->id; });
    if (row == kRows.end()) return std::nullopt;
    const Arguments arguments = Arguments(views).subspan(taken);
    if (arguments.size() < row->least || arguments.size() > row->most)
        return ControlDesk::Outcome{true,
                                    "usage: " + std::string(command->words) + " " + std::string(command->synopsis)};
    TextOutput out;
    CommandContext context{view, master, out};
    row->run(context, arguments);
    return out.take();
}

} // namespace lns::clid
