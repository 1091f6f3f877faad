// SPDX-License-Identifier: ISC
#include "clid/format_session.h"
#include "clid/handlers.h"
#include "lib/base/escape.h"

namespace lns::clid {

namespace {

void show_list(CommandContext& context) {
    const SuiteView& view = context.view;
    TunnelOfSession tunnels(view);
    const MonoTime now = Clock::now();
    context.out.print(format_session_header());
    for_each_session(view, blocks_in_use(view), [&](SessionIndex sid, const shm::SessionRecord& record) {
        const SessionFacts facts{sid, record, tunnels.find(record), view.counters.sum(sid)};
        context.out.print(format_session_row(facts, now));
        return !context.out.gone();
    });
}

void show_detail(CommandContext& context, SessionIndex sid, const shm::SessionRecord& record) {
    const SuiteView& view = context.view;
    TunnelOfSession tunnels(view);
    std::optional<shm::SessionAaa> aaa;
    if (record.has_aaa) aaa = view.session_aaa.get(raw(sid));
    if (aaa && aaa->generation != record.generation) aaa.reset(); // of another use of the slot
    const SessionFacts facts{sid, record, tunnels.find(record), view.counters.sum(sid)};
    context.out.print(format_session_detail(facts, aaa, Clock::now()));
}

// Typed as it is, or as the CLI shows it.
bool is_user(const shm::SessionRecord& record, std::string_view name) {
    return record.user.view() == name || escape(record.user.view()) == name;
}

} // namespace

void show_session(CommandContext& context, Arguments arguments) {
    if (arguments.empty()) return show_list(context);
    const auto most = static_cast<std::uint32_t>(context.view.sessions.size());
    for (const std::string_view argument : arguments) {
        const auto sid = parse_id(argument, UINT32_MAX);
        if (!sid) {
            context.out.error("Invalid session id \"" + std::string(argument) + "\"");
            continue;
        }
        shm::SessionRecord record;
        if (*sid < most) context.view.sessions.read(*sid, record);
        if (record.state == shm::SessionState::free)
            context.out.error("Session " + std::to_string(*sid) + " is not active.");
        else
            show_detail(context, SessionIndex{*sid}, record);
    }
}

void show_users(CommandContext& context, Arguments arguments) {
    const SuiteView& view = context.view;
    if (arguments.empty()) {
        for_each_session(view, blocks_in_use(view), [&](SessionIndex, const shm::SessionRecord& record) {
            if (user_column(record) != "*") context.out.print(escape(record.user.view()));
            return !context.out.gone();
        });
    }
    for (const std::string_view name : arguments) {
        bool found = false;
        for_each_session(view, blocks_in_use(view), [&](SessionIndex sid, const shm::SessionRecord& record) {
            if (!is_user(record, name)) return true;
            found = true;
            show_detail(context, sid, record);
            return !context.out.gone();
        });
        if (!found) context.out.error("User " + std::string(name) + " is not connected");
    }
}

} // namespace lns::clid
