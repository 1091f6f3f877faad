// SPDX-License-Identifier: ISC
// Longest-prefix match over framed routes: one AddressMap a prefix length in use, asked from the longest
// to the shortest. Subscribers behind two lines may bring the same route twice: the latest serves, and when it
// goes the one before.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/base/address_map.h"
#include "lib/base/inet.h"

namespace lns::datapath {

class RouteTable {
public:
    [[nodiscard]] SessionIndex find(Ipv4 address) const noexcept {
        for (const Level& level : levels_) {
            const SessionIndex session = level.map.find(Ipv4{address.value & level.mask});
            if (session != SessionIndex::none) return session;
        }
        return SessionIndex::none;
    }
    // Told of each route that another session serves from now on, or nobody.
    using Watcher = std::function<void(const Prefix4&, SessionIndex)>;
    void watch(Watcher watcher) { watcher_ = std::move(watcher); }
    // Makes these the routes of the session, whatever it had before.
    void set(SessionIndex session, const std::vector<Prefix4>& routes);
    void remove(SessionIndex session) { set(session, {}); }
    [[nodiscard]] std::size_t size() const { return owners_.size(); }

private:
    struct Level {
        std::uint32_t mask;
        AddressMap map;
    };
    AddressMap& level(std::uint8_t length);
    void add(const Prefix4& route, SessionIndex session);
    void withdraw(const Prefix4& route, SessionIndex session);
    void serves(const Prefix4& route, SessionIndex session) const {
        if (watcher_) watcher_(route, session);
    }

    Watcher watcher_;
    std::vector<Level> levels_;                           // longest prefix first; stays when empty
    std::map<Prefix4, std::vector<SessionIndex>> owners_; // the last one serves
    std::unordered_map<std::uint32_t, std::vector<Prefix4>> routes_of_;
};

} // namespace lns::datapath
