// SPDX-License-Identifier: ISC
// Interception and throttling of a user's sessions: what is asked for is checked whole, so that an
// operator hears of every mistake.
#include "clid/handlers.h"
#include "clid/service_request.h"

namespace lns::clid {

namespace {

constexpr const char* kNoSnoop = "Interception is not available in this release";
constexpr const char* kNoThrottle = "Throttling is not available in this release";

// By the user's name, or by the SID, as nsctl has it.
bool is_connected_subject(CommandContext& context, std::string_view subject) {
    shm::SessionRecord record;
    if (const auto sid = parse_id(subject, UINT32_MAX)) context.view.sessions.read(*sid, record);
    if (is_connected(record) || !sessions_of_user(context.view, subject).empty()) return true;
    context.out.error("User " + std::string(subject) + " is not connected");
    return false;
}

void for_each_subject(CommandContext& context, Arguments subjects, const char* answer) {
    for (const std::string_view subject : subjects)
        if (is_connected_subject(context, subject)) context.out.error(answer);
}

} // namespace

void snoop(CommandContext& context, Arguments arguments) {
    if (const auto request = parse_snoop(arguments.subspan(1)); !request)
        context.out.error(request.error().message);
    else
        for_each_subject(context, arguments.first(1), kNoSnoop);
}

void no_snoop(CommandContext& context, Arguments arguments) { for_each_subject(context, arguments, kNoSnoop); }

void throttle(CommandContext& context, Arguments arguments) {
    if (const auto request = parse_throttle(arguments.subspan(1)); !request)
        context.out.error(request.error().message);
    else
        for_each_subject(context, arguments.first(1), kNoThrottle);
}

void no_throttle(CommandContext& context, Arguments arguments) { for_each_subject(context, arguments, kNoThrottle); }

} // namespace lns::clid
