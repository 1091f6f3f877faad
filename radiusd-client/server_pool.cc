// SPDX-License-Identifier: ISC
#include "radiusd-client/server_pool.h"

#include <algorithm>
#include <utility>

namespace lns::radius_client {

bool ServerPool::configure(std::span<const Endpoint> endpoints) {
    std::array<Server, kMaxServers> fresh{};
    const std::size_t size = std::min(endpoints.size(), kMaxServers);
    bool changed = size != size_;
    for (std::size_t i = 0; i < size; ++i) {
        const auto known = find(endpoints[i]);
        fresh[i] = known ? servers_[*known] : Server{endpoints[i]};
        changed = changed || known != static_cast<std::uint8_t>(i);
    }
    servers_ = fresh;
    size_ = size;
    return changed;
}

std::optional<std::uint8_t> ServerPool::find(Endpoint endpoint) const {
    for (std::size_t i = 0; i < size_; ++i)
        if (servers_[i].endpoint == endpoint) return static_cast<std::uint8_t>(i);
    return {};
}

bool ServerPool::all_dead() const {
    return std::all_of(servers_.begin(), servers_.begin() + static_cast<std::ptrdiff_t>(size_),
                       [](const Server& s) { return s.dead; });
}

std::optional<Choice> ServerPool::choose(const Tries& tries, MonoTime now) {
    const bool fresh = std::all_of(tries.begin(), tries.end(), [](std::uint8_t t) { return t == 0; });
    std::optional<std::uint8_t> alive;
    std::optional<std::uint8_t> least;
    std::optional<std::uint8_t> due; // for a probe: only one that would be preferred if it were alive
    for (std::uint8_t i = 0; i < size_ && !alive; ++i) {
        if (tries[i] >= kTriesPerServer) continue;
        if (!servers_[i].dead)
            alive = i;
        else if (fresh && !due && now >= servers_[i].probe_at)
            due = i;
        if (!least || tries[i] < tries[*least]) least = i;
    }
    if (alive && due) {
        servers_[*due].probe_at = now + kDeadTime; // one request, not all of them
        return Choice{*due, true};
    }
    if (alive) return Choice{*alive, false};
    if (least) return Choice{*least, false};
    return {};
}

bool ServerPool::replied(std::uint8_t server, MonoTime now) {
    servers_[server].last_reply = now;
    return std::exchange(servers_[server].dead, false);
}

bool ServerPool::silent(std::uint8_t server, MonoTime first_sent, MonoTime now) {
    Server& s = servers_[server];
    if (s.last_reply != MonoTime{} && s.last_reply >= first_sent) return false;
    s.probe_at = now + kDeadTime;
    return !std::exchange(s.dead, true);
}

} // namespace lns::radius_client
