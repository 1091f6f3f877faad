// SPDX-License-Identifier: ISC
#include "clid/format_tunnel.h"

#include <algorithm>

#include "clid/text_line.h"
#include "lib/base/escape.h"

namespace lns::clid {

const char* tunnel_state_word(shm::TunnelState state) {
    switch (state) {
    case shm::TunnelState::free:
        return "Free";
    case shm::TunnelState::opening:
        return "Opening";
    case shm::TunnelState::open:
        return "Open";
    case shm::TunnelState::dieing:
        return "Dieing";
    }
    return "unknown";
}

std::string format_tunnel_header() {
    return text_line("%4s %20s %20s %6s %s", "TID", "Hostname", "IP", "State", "Sessions");
}

std::string format_unused_tunnel() {
    return text_line("%4s %20s %20s %6s %6u", "-", "-", "0.0.0.0", tunnel_state_word(shm::TunnelState::free), 0U);
}

std::string format_tunnel_row(const shm::TunnelRecord& tunnel, std::uint32_t sessions) {
    return text_line("%4u %20s %20s %6s %6u", raw(tunnel.local_id), escape(tunnel.host_name.view()).c_str(),
                     to_string(tunnel.peer.address).c_str(), tunnel_state_word(tunnel.state), sessions);
}

std::string format_tunnel_detail(const shm::TunnelRecord& tunnel, MonoTime now) {
    const std::int64_t age = std::max<std::int64_t>(0, whole_seconds(now - tunnel.created));
    std::string out = text_line("\nTunnel %u:\n", raw(tunnel.local_id));
    out += text_line("\tState:\t\t%s\n", tunnel_state_word(tunnel.state));
    out += text_line("\tHostname:\t%s\n", escape(tunnel.host_name.view()).c_str());
    out += text_line("\tVendor:\t\t%s\n", escape(tunnel.vendor_name.view()).c_str());
    out += text_line("\tRemote IP:\t%s\n", to_string(tunnel.peer.address).c_str());
    out += text_line("\tRemote Port:\t%u\n", tunnel.peer.port);
    out += text_line("\tRemote TID:\t%u\n", raw(tunnel.peer_id));
    out += text_line("\tLocal IP:\t%s\n", to_string(tunnel.local_address).c_str());
    out += text_line("\tAuthenticated:\t%s\n", tunnel.authenticated ? "yes" : "no");
    out += text_line("\tOpened:\t\t%lld seconds", static_cast<long long>(age));
    return out;
}

std::string format_tunnel_sids(const std::vector<SessionIndex>& sids, bool first) {
    std::string out = first ? "\tSessions:\t" : "\t\t\t";
    for (std::size_t i = 0; i < sids.size(); ++i) {
        if (i != 0) out += ' ';
        out += std::to_string(raw(sids[i]));
    }
    return out;
}

} // namespace lns::clid
