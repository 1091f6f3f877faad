// SPDX-License-Identifier: ISC
#include <map>

#include "clid/format_session.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"
#include "lib/base/escape.h"

namespace lns::clid {

namespace {

SessionFacts facts_of(const SuiteView& view, TunnelOfSession& tunnels, SessionIndex sid,
                      const shm::SessionRecord& record) {
    SessionFacts facts{sid, record, tunnels.find(record), view.counters.sum(sid), view.services.get(raw(sid))};
    if (facts.services.generation != record.generation) facts.services = {};
    return facts;
}

void show_list(CommandContext& context) {
    const SuiteView& view = context.view;
    TunnelOfSession tunnels(view);
    const MonoTime now = Clock::now();
    context.out.print(format_session_header());
    for_each_session(view, blocks_in_use(view), [&](SessionIndex sid, const shm::SessionRecord& record) {
        const SessionFacts facts = facts_of(view, tunnels, sid, record);
        context.out.print(format_session_row(facts, now));
        return !context.out.gone();
    });
}

std::optional<shm::SessionAaa> aaa_of(const SuiteView& view, SessionIndex sid, const shm::SessionRecord& record) {
    if (!record.has_aaa) return std::nullopt;
    const shm::SessionAaa aaa = view.session_aaa.get(raw(sid));
    if (aaa.generation != record.generation) return std::nullopt; // of another use of the slot
    return aaa;
}

void show_detail(CommandContext& context, SessionIndex sid, const shm::SessionRecord& record) {
    const SuiteView& view = context.view;
    TunnelOfSession tunnels(view);
    const auto aaa = aaa_of(view, sid, record);
    const SessionFacts facts = facts_of(view, tunnels, sid, record);
    context.out.print(format_session_detail(facts, aaa, Clock::now()));
}

// The session with the SID that was typed, or why there is none.
Result<SessionIndex> find_session(const SuiteView& view, std::string_view typed, shm::SessionRecord& record) {
    const auto sid = parse_id(typed, UINT32_MAX);
    if (!sid) return failure("Invalid session id \"" + std::string(typed) + "\"");
    if (*sid < view.sessions.size()) view.sessions.read(*sid, record);
    if (record.state == shm::SessionState::free) return failure("Session " + std::to_string(*sid) + " is not active.");
    return SessionIndex{*sid};
}

class JsonSessions {
public:
    JsonSessions(const SuiteView& view, JsonDocument& document, std::span<const JsonField<SessionRow>> fields,
                 bool whole)
        : view_(view), tunnels_(view), document_(document), fields_(fields), whole_(whole) {}

    void add(SessionIndex sid, const shm::SessionRecord& record) {
        const SessionFacts facts = facts_of(view_, tunnels_, sid, record);
        const auto aaa = whole_ ? aaa_of(view_, sid, record) : std::nullopt;
        document_.item(json_object(fields_, SessionRow{facts, aaa ? &*aaa : nullptr, now_}, whole_));
    }

private:
    const SuiteView& view_;
    TunnelOfSession tunnels_;
    JsonDocument& document_;
    std::span<const JsonField<SessionRow>> fields_;
    bool whole_;
    MonoTime now_ = Clock::now();
};

} // namespace

void show_session_json(CommandContext& context, Arguments arguments) {
    JsonDocument document(context.out);
    document.begin_array("sessions");
    JsonSessions list(context.view, document, session_fields(), !arguments.empty());
    if (arguments.empty())
        for_each_session(context.view, blocks_in_use(context.view),
                         [&](SessionIndex sid, const shm::SessionRecord& record) {
                             list.add(sid, record);
                             return !context.out.gone();
                         });
    for (const std::string_view argument : arguments) {
        shm::SessionRecord record;
        if (const auto sid = find_session(context.view, argument, record))
            list.add(*sid, record);
        else
            document.error(sid.error().message);
    }
    document.end_array();
}

void show_users_json(CommandContext& context, Arguments arguments) {
    JsonDocument document(context.out);
    document.begin_array(arguments.empty() ? "users" : "sessions");
    JsonSessions list(context.view, document, arguments.empty() ? user_fields() : session_fields(), !arguments.empty());
    if (arguments.empty())
        for_each_session(context.view, blocks_in_use(context.view),
                         [&](SessionIndex sid, const shm::SessionRecord& record) {
                             if (user_column(record) != "*") list.add(sid, record);
                             return !context.out.gone();
                         });
    std::map<SessionIndex, Generation> wanted; // each once, in the order of the SID
    for (const std::string_view name : arguments)
        for (const SessionKey& key : sessions_of_user(context.view, name))
            wanted[key.sid] = key.generation;
    for (const auto& [sid, generation] : wanted)
        if (const auto record = find_session(context.view, SessionKey{sid, generation})) list.add(sid, *record);
    document.end_array();
}

void show_session(CommandContext& context, Arguments arguments) {
    if (arguments.empty()) return show_list(context);
    for (const std::string_view argument : arguments) {
        shm::SessionRecord record;
        if (const auto sid = find_session(context.view, argument, record))
            show_detail(context, *sid, record);
        else
            context.out.error(sid.error().message);
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
        const auto sessions = sessions_of_user(view, name);
        for (const SessionKey& key : sessions)
            if (const auto record = find_session(view, key)) show_detail(context, key.sid, *record);
        if (sessions.empty()) context.out.error("User " + std::string(name) + " is not connected");
    }
}

} // namespace lns::clid
