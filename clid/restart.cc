// SPDX-License-Identifier: ISC
#include <algorithm>
#include <array>

#include "clid/handlers.h"
#include "clid/harmless.h"

namespace lns::clid {

namespace {

constexpr std::array kRestartable{Proc::session, Proc::datapath, Proc::radius, Proc::cli, Proc::parent, Proc::any};

std::string_view word_of(Proc proc) { return proc == Proc::any ? "all" : proc_name(proc); }

} // namespace

void restart_process(CommandContext& context, Arguments arguments) {
    for (const std::string_view argument : arguments) {
        const auto row = std::ranges::find(kRestartable, argument, [](Proc proc) { return word_of(proc); });
        if (row == kRestartable.end()) {
            context.out.error("restart: no process \"" + harmless(argument) + "\"");
            continue;
        }
        const auto answer = context.master.command(imsg::CliVerb::restart, static_cast<std::uint32_t>(*row));
        if (answer.verdict == imsg::CliVerdict::done)
            context.out.print(harmless(answer.text.view()));
        else
            context.out.error(harmless(answer.text.view()));
    }
}

} // namespace lns::clid
