// SPDX-License-Identifier: ISC
// The log on this connection.
#include <array>

#include "clid/handlers.h"
#include "lib/base/log.h"

namespace lns::clid {

namespace {

struct LevelWord {
    std::string_view word;
    LogLevel level;
};

constexpr std::array kLevels{
    LevelWord{"critical", LogLevel::critical}, LevelWord{"error", LogLevel::error},
    LevelWord{"warning", LogLevel::warning},   LevelWord{"info", LogLevel::info},
    LevelWord{"calls", LogLevel::call},        LevelWord{"data", LogLevel::packet},
};

constexpr std::uint8_t bit_of(LogLevel level) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(level)); }
constexpr std::uint8_t kAll = bit_of(LogLevel::packet) - 1; // packets only by name

// The levels that these words name, abbreviated or not; nothing, after a complaint, when one is none.
std::optional<std::uint8_t> parse_levels(CommandContext& context, Arguments words) {
    unsigned levels = 0;
    for (const std::string_view word : words) {
        unsigned found = std::string_view("all").starts_with(word) ? kAll : 0;
        for (const LevelWord& level : kLevels)
            if (level.word.starts_with(word)) found |= bit_of(level.level);
        if (found == 0 || word.empty()) {
            context.out.error("Invalid argument \"" + std::string(word) + "\"");
            return std::nullopt;
        }
        levels |= found;
    }
    return static_cast<std::uint8_t>(levels);
}

void follow(CommandContext& context, std::uint8_t levels) {
    if ((levels & bit_of(LogLevel::packet)) != 0 && !context.out.is_privileged())
        return context.out.error("Packets may hold passwords: enable first");
    const imsg::CliAnswer answer = context.master.follow_log(levels);
    if (answer.verdict != imsg::CliVerdict::done) context.out.error(answer.text.str());
}

void show_levels(CommandContext& context) {
    std::string line = "Currently debugging:";
    for (const LevelWord& level : kLevels)
        if ((context.master.log_levels() & bit_of(level.level)) != 0) line += " " + std::string(level.word);
    context.out.print(line);
}

} // namespace

void debug(CommandContext& context, Arguments arguments) {
    if (arguments.empty()) return show_levels(context);
    if (const auto levels = parse_levels(context, arguments))
        follow(context, static_cast<std::uint8_t>(context.master.log_levels() | *levels));
}

void no_debug(CommandContext& context, Arguments arguments) {
    if (arguments.empty() || arguments[0] == "all") return follow(context, 0);
    if (const auto levels = parse_levels(context, arguments))
        follow(context, static_cast<std::uint8_t>(context.master.log_levels() & ~*levels));
}

} // namespace lns::clid
