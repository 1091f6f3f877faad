// SPDX-License-Identifier: ISC
#include "clid/format_tunnel.h"
#include "clid/handlers.h"

namespace lns::clid {

namespace {

void show_list(CommandContext& context) {
    const SuiteView& view = context.view;
    context.out.print(format_tunnel_header());
    shm::TunnelRecord tunnel;
    for (std::uint32_t t = 1; t < view.tunnels.size() && !context.out.gone(); ++t) {
        if (view.tunnels.read(t, tunnel) == 0 || tunnel.state == shm::TunnelState::free) continue;
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

} // namespace

void show_tunnels(CommandContext& context, Arguments arguments) {
    if (arguments.empty()) return show_list(context);
    for (const std::string_view argument : arguments) {
        const auto tid = parse_id(argument, UINT16_MAX);
        if (!tid) {
            context.out.error("Invalid tunnel id \"" + std::string(argument) + "\"");
            continue;
        }
        const auto index = find_tunnel(context.view, TunnelId{static_cast<std::uint16_t>(*tid)});
        shm::TunnelRecord tunnel;
        if (index) context.view.tunnels.read(raw(*index), tunnel);
        if (tunnel.state == shm::TunnelState::free) {
            context.out.error("Tunnel " + std::to_string(*tid) + " is not connected");
            continue;
        }
        context.out.print(format_tunnel_detail(tunnel, Clock::now()));
        list_sessions(context, *index);
    }
}

} // namespace lns::clid
