// SPDX-License-Identifier: ISC
#include "clid/handlers.h"
#include "clid/harmless.h"

namespace lns::clid {

namespace {

void drop(CommandContext& context, imsg::CliVerb verb, std::uint32_t id, Generation generation) {
    const imsg::CliAnswer answer = context.master.command(verb, id, generation);
    if (answer.verdict == imsg::CliVerdict::done)
        context.out.print(harmless(answer.text.view()));
    else
        context.out.error(harmless(answer.text.view()));
}

void drop_each(CommandContext& context, Arguments arguments, imsg::CliVerb verb, const char* what, std::uint32_t most) {
    for (const std::string_view argument : arguments) {
        const auto id = parse_id(argument, most);
        if (id)
            drop(context, verb, *id, Generation::none);
        else
            context.out.error("Invalid " + std::string(what) + " id \"" + std::string(argument) + "\"");
    }
}

} // namespace

void drop_session(CommandContext& context, Arguments arguments) {
    drop_each(context, arguments, imsg::CliVerb::drop_session, "session", UINT32_MAX);
}

void drop_tunnel(CommandContext& context, Arguments arguments) {
    drop_each(context, arguments, imsg::CliVerb::drop_tunnel, "tunnel", UINT16_MAX);
}

void drop_user(CommandContext& context, Arguments arguments) {
    for (const std::string_view name : arguments) {
        const auto sessions = sessions_of_user(context.view, name);
        if (sessions.empty()) context.out.error("User " + std::string(name) + " is not connected");
        for (const SessionKey& key : sessions)
            drop(context, imsg::CliVerb::drop_session, raw(key.sid), key.generation);
    }
}

} // namespace lns::clid
