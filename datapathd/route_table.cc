// SPDX-License-Identifier: ISC
#include "datapathd/route_table.h"

#include <algorithm>

namespace lns::datapath {

void RouteTable::set(SessionIndex session, const std::vector<Prefix4>& routes) {
    const auto had = routes_of_.find(raw(session));
    if (had != routes_of_.end()) {
        if (had->second == routes) return;
        for (const Prefix4& route : had->second)
            withdraw(route, session);
        routes_of_.erase(had);
    }
    if (routes.empty()) return;
    for (const Prefix4& route : routes)
        add(route, session);
    routes_of_[raw(session)] = routes;
}

AddressMap& RouteTable::level(std::uint8_t length) {
    const std::uint32_t mask = Prefix4::mask(length);
    const auto at = std::find_if(levels_.begin(), levels_.end(), [mask](const Level& l) { return l.mask <= mask; });
    if (at != levels_.end() && at->mask == mask) return at->map;
    return levels_.insert(at, Level{mask, AddressMap()})->map;
}

void RouteTable::add(const Prefix4& route, SessionIndex session) {
    owners_[route].push_back(session);
    level(route.length).set(route.address, session);
    serves(route, session);
}

void RouteTable::withdraw(const Prefix4& route, SessionIndex session) {
    const auto at = owners_.find(route);
    if (at == owners_.end()) return;
    std::vector<SessionIndex>& owners = at->second;
    const auto mine = std::find(owners.begin(), owners.end(), session); // one: a route may be given twice
    if (mine != owners.end()) owners.erase(mine);
    if (!owners.empty()) {
        level(route.length).set(route.address, owners.back());
        serves(route, owners.back());
        return;
    }
    owners_.erase(at);
    level(route.length).remove(route.address, session);
    serves(route, SessionIndex::none);
}

} // namespace lns::datapath
