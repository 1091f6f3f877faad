// SPDX-License-Identifier: ISC
#include <algorithm>
#include <array>

#include "clid/handlers.h"

namespace lns::clid {

namespace {

// What another process says may hold octets of a peer: none of them shall steer a terminal.
std::string harmless(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
    return out;
}

void report(CommandContext& context, const imsg::CliAnswer& answer) {
    if (answer.verdict == imsg::CliVerdict::done)
        context.out.print(harmless(answer.text.view()));
    else
        context.out.error(harmless(answer.text.view()));
}

constexpr std::array kRestartable{Proc::session, Proc::datapath, Proc::radius, Proc::cli, Proc::parent, Proc::any};

std::string_view word_of(Proc proc) { return proc == Proc::any ? "all" : proc_name(proc); }

void drop_each(CommandContext& context, Arguments arguments, imsg::CliVerb verb, const char* what, std::uint32_t most) {
    for (const std::string_view argument : arguments) {
        const auto id = parse_id(argument, most);
        if (!id) {
            context.out.error("Invalid " + std::string(what) + " id \"" + std::string(argument) + "\"");
            continue;
        }
        report(context, context.master.command(verb, *id));
    }
}

} // namespace

void drop_session(CommandContext& context, Arguments arguments) {
    drop_each(context, arguments, imsg::CliVerb::drop_session, "session", UINT32_MAX);
}

void drop_tunnel(CommandContext& context, Arguments arguments) {
    drop_each(context, arguments, imsg::CliVerb::drop_tunnel, "tunnel", UINT16_MAX);
}

void restart_process(CommandContext& context, Arguments arguments) {
    for (const std::string_view argument : arguments) {
        const auto row = std::ranges::find(kRestartable, argument, [](Proc proc) { return word_of(proc); });
        if (row == kRestartable.end()) {
            context.out.error("restart: no process \"" + std::string(argument) + "\"");
            continue;
        }
        report(context, context.master.command(imsg::CliVerb::restart, static_cast<std::uint32_t>(*row)));
    }
}

void show_running_config(CommandContext& context, Arguments /*arguments*/) {
    const auto text = context.master.running_config();
    if (!text) return context.out.error(text.error().message);
    std::string_view rest = *text;
    while (!rest.empty() && !context.out.gone()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        context.out.print(std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

} // namespace lns::clid
