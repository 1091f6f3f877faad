// SPDX-License-Identifier: ISC
#include "clid/handlers.h"
#include "clid/harmless.h"

namespace lns::clid {

namespace {

void drop_each(CommandContext& context, Arguments arguments, imsg::CliVerb verb, const char* what, std::uint32_t most) {
    for (const std::string_view argument : arguments) {
        const auto id = parse_id(argument, most);
        if (!id) {
            context.out.error("Invalid " + std::string(what) + " id \"" + std::string(argument) + "\"");
            continue;
        }
        const imsg::CliAnswer answer = context.master.command(verb, *id);
        if (answer.verdict == imsg::CliVerdict::done)
            context.out.print(harmless(answer.text.view()));
        else
            context.out.error(harmless(answer.text.view()));
    }
}

} // namespace

void drop_session(CommandContext& context, Arguments arguments) {
    drop_each(context, arguments, imsg::CliVerb::drop_session, "session", UINT32_MAX);
}

void drop_tunnel(CommandContext& context, Arguments arguments) {
    drop_each(context, arguments, imsg::CliVerb::drop_tunnel, "tunnel", UINT16_MAX);
}

} // namespace lns::clid
