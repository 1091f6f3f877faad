// SPDX-License-Identifier: ISC
#include "clid/format_tunnel.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"

namespace lns::clid {

namespace {

void show_list(CommandContext& context, bool all) {
    const SuiteView& view = context.view;
    context.out.print(format_tunnel_header());
    shm::TunnelRecord tunnel;
    for (std::uint32_t t = 1; t < view.tunnels.size() && !context.out.gone(); ++t) {
        view.tunnels.read(t, tunnel);
        if (tunnel.state == shm::TunnelState::free) {
            if (all) context.out.print(format_unused_tunnel());
            continue;
        }
        context.out.print(format_tunnel_row(tunnel, count_sessions(view, TunnelIndex{t})));
    }
}

void list_sessions(CommandContext& context, TunnelIndex tunnel) {
    const SuiteView& view = context.view;
    std::vector<SessionIndex> line;
    bool first = true;
    const auto flush = [&] {
        context.out.print(format_tunnel_sids(line, first));
        first = false;
        line.clear();
    };
    for_each_session(view, blocks_of_tunnel(view, tunnel), [&](SessionIndex sid, const shm::SessionRecord& record) {
        if (record.tunnel != tunnel) return true;
        line.push_back(sid);
        if (line.size() == kSidsPerLine) flush();
        return !context.out.gone();
    });
    if (first || !line.empty()) flush();
}

// The tunnel with the TID that was typed, or why there is none.
Result<TunnelIndex> find_typed(const SuiteView& view, std::string_view typed, shm::TunnelRecord& record) {
    const auto tid = parse_id(typed, UINT16_MAX);
    if (!tid) return failure("Invalid tunnel id \"" + std::string(typed) + "\"");
    const auto index = find_tunnel(view, TunnelId{static_cast<std::uint16_t>(*tid)});
    if (index) view.tunnels.read(raw(*index), record);
    if (record.state == shm::TunnelState::free) return failure("Tunnel " + std::to_string(*tid) + " is not connected");
    return *index;
}

std::vector<SessionIndex> sids_of(const SuiteView& view, TunnelIndex tunnel) {
    std::vector<SessionIndex> sids;
    for_each_session(view, blocks_of_tunnel(view, tunnel), [&](SessionIndex sid, const shm::SessionRecord& record) {
        if (record.tunnel == tunnel) sids.push_back(sid);
        return true;
    });
    return sids;
}

} // namespace

void show_tunnels(CommandContext& context, Arguments arguments) {
    const bool all = arguments.size() == 1 && arguments[0] == "all";
    if (arguments.empty() || all) return show_list(context, all);
    for (const std::string_view argument : arguments) {
        shm::TunnelRecord tunnel;
        const auto index = find_typed(context.view, argument, tunnel);
        if (!index) {
            context.out.error(index.error().message);
            continue;
        }
        context.out.print(format_tunnel_detail(tunnel, Clock::now()));
        list_sessions(context, *index);
    }
}

void show_tunnels_json(CommandContext& context, Arguments arguments) {
    const SuiteView& view = context.view;
    JsonDocument document(context.out);
    document.begin_array("tunnels");
    const MonoTime now = Clock::now();
    const bool all = arguments.empty() || arguments[0] == "all";
    shm::TunnelRecord tunnel;
    for (std::uint32_t t = 1; all && t < view.tunnels.size() && !context.out.gone(); ++t) {
        if (view.tunnels.read(t, tunnel) == 0 || tunnel.state == shm::TunnelState::free) continue;
        const TunnelRow row{tunnel, count_sessions(view, TunnelIndex{t}), {}, now};
        document.item(json_object(tunnel_fields(), row, false));
    }
    for (const std::string_view argument : all ? Arguments() : arguments) {
        tunnel = {};
        if (const auto index = find_typed(view, argument, tunnel)) {
            const auto sids = sids_of(view, *index);
            const TunnelRow row{tunnel, static_cast<std::uint32_t>(sids.size()), sids, now};
            document.item(json_object(tunnel_fields(), row, true));
        } else {
            document.error(index.error().message);
        }
    }
    document.end_array();
}

} // namespace lns::clid
