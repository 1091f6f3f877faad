// SPDX-License-Identifier: ISC
// Throttling, interception and filtering of a user's sessions: what is asked for is checked whole, so that an
// operator hears of every mistake.
#include "clid/handlers.h"
#include "clid/harmless.h"
#include "clid/service_request.h"

namespace lns::clid {

namespace {

// By the SID, as nsctl has it, or by the user's name: all of his sessions.
std::vector<SessionKey> sessions_meant(CommandContext& context, std::string_view subject) {
    shm::SessionRecord record;
    const auto sid = parse_id(subject, UINT32_MAX);
    if (sid) context.view.sessions.read(*sid, record);
    if (is_connected(record)) return {{SessionIndex{*sid}, record.generation}};
    auto sessions = sessions_of_user(context.view, subject);
    if (sessions.empty()) context.out.error("User " + std::string(subject) + " is not connected");
    return sessions;
}

void change(CommandContext& context, Arguments subjects, const imsg::ServiceChange& wish) {
    for (const std::string_view subject : subjects) {
        for (const SessionKey& key : sessions_meant(context, subject)) {
            const imsg::CliAnswer answer = context.master.change_services(key.sid, key.generation, wish);
            const std::string text = harmless(answer.text.view());
            answer.verdict == imsg::CliVerdict::done ? context.out.print(text) : context.out.error(text);
        }
    }
}

template <class Request>
void change(CommandContext& context, Arguments arguments, const Result<Request>& request) {
    if (request)
        change(context, arguments.first(1), service_change(*request));
    else
        context.out.error(request.error().message);
}

} // namespace

void snoop(CommandContext& context, Arguments arguments) {
    change(context, arguments, parse_snoop(arguments.subspan(1)));
}
void no_snoop(CommandContext& context, Arguments arguments) { change(context, arguments, end_of_snoop()); }

void throttle(CommandContext& context, Arguments arguments) {
    change(context, arguments, parse_throttle(arguments.subspan(1)));
}
void no_throttle(CommandContext& context, Arguments arguments) { change(context, arguments, end_of_throttle()); }

void filter(CommandContext& context, Arguments arguments) {
    change(context, arguments, parse_filter(arguments.subspan(1)));
}
void no_filter(CommandContext& context, Arguments arguments) { change(context, arguments, end_of_filters()); }

} // namespace lns::clid
