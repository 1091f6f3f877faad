// SPDX-License-Identifier: ISC
// The suite as a whole: to empty it, to end it.
#include "clid/handlers.h"
#include "clid/harmless.h"

namespace lns::clid {

namespace {

void ask(CommandContext& context, imsg::CliVerb verb) {
    const imsg::CliAnswer answer = context.master.command(verb, 0);
    if (answer.verdict == imsg::CliVerdict::done)
        context.out.print(harmless(answer.text.view()));
    else
        context.out.error(harmless(answer.text.view()));
}

} // namespace

void drain(CommandContext& context, Arguments /*arguments*/) { ask(context, imsg::CliVerb::drain); }
void no_drain(CommandContext& context, Arguments /*arguments*/) { ask(context, imsg::CliVerb::no_drain); }
void shutdown_suite(CommandContext& context, Arguments /*arguments*/) { ask(context, imsg::CliVerb::shutdown); }

} // namespace lns::clid
