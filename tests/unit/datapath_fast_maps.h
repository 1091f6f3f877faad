// SPDX-License-Identifier: ISC
// The maps of the fast path on the heap.
#pragma once

#include "datapathd/fast_path.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath::test {

struct FastMaps {
    std::vector<LnsFastTunnelId> tunnel_ids = std::vector<LnsFastTunnelId>(LNS_FAST_TUNNEL_IDS);
    std::vector<LnsFastTunnel> tunnels = std::vector<LnsFastTunnel>(Tables::kTunnels);
    std::vector<LnsFastSession> sessions = std::vector<LnsFastSession>(Tables::kSlots);
    std::vector<LnsFastHosts> hosts = std::vector<LnsFastHosts>(64);
    std::vector<LnsFastCounters> counters = std::vector<LnsFastCounters>(Tables::kSlots);
    std::vector<LnsFastLost> lost = std::vector<LnsFastLost>(1);

    std::vector<LnsFastHosts> routes = std::vector<LnsFastHosts>(65);

    FastPathMaps view() { return {tunnel_ids, tunnels, sessions, hosts, counters, lost, routes}; }
    LnsFastSession& entry(SessionIndex session) { return sessions[raw(session)]; }
    // How many slots lead from that address to the session.
    std::size_t slots(Ipv4 address, SessionIndex session) {
        std::size_t found = 0;
        const std::uint64_t wanted = std::uint64_t{raw(session)} << 32 | __builtin_bswap32(address.value);
        for (const LnsFastHosts& bucket : hosts)
            for (const __u64 slot : bucket.slots)
                found += slot == wanted ? 1 : 0;
        return found;
    }
    // Which session a framed network leads to, and whether its length is looked for.
    SessionIndex route(const Prefix4& network) {
        for (std::size_t i = 0; i + 1 < routes.size(); ++i)
            for (const __u64 slot : routes[i].slots)
                if (LNS_FAST_ROUTE_SESSION(slot) != 0 &&
                    slot == LNS_FAST_ROUTE(__builtin_bswap32(network.address.value), network.length,
                                           LNS_FAST_ROUTE_SESSION(slot)))
                    return SessionIndex{LNS_FAST_ROUTE_SESSION(slot)};
        return SessionIndex::none;
    }
    bool length_in_use(unsigned length) { return (routes.back().slots[0] >> length & 1) != 0; }
};

} // namespace lns::datapath::test
