// SPDX-License-Identifier: ISC
#include "l2tpnsd/routes.h"

#include "lib/base/log.h"

namespace lns::parent {

bool Routes::install(Prefix4 prefix) {
    const auto done = kernel_.add(prefix);
    if (!done) log_error("%s", done.error().message.c_str());
    return done.ok();
}

void Routes::uninstall(Prefix4 prefix) {
    const auto done = kernel_.remove(prefix);
    if (!done) log_error("%s", done.error().message.c_str());
}

void Routes::adopt(std::span<const Prefix4> prefixes) {
    for (const Prefix4 prefix : prefixes)
        routes_.try_emplace(prefix);
}

void Routes::add_pool(std::span<const Prefix4> prefixes) {
    for (const Prefix4 prefix : prefixes)
        if (routes_.contains(prefix) || install(prefix)) routes_[prefix].pool = true;
}

void Routes::replace_pool(std::span<const Prefix4> prefixes) {
    for (auto& [prefix, use] : routes_)
        use.pool = false;
    for (const Prefix4 prefix : prefixes) {
        const auto known = routes_.find(prefix);
        if (known != routes_.end())
            known->second.pool = true;
        else if (install(prefix))
            routes_[prefix].pool = true;
    }
}

void Routes::add(const RoutePolicy& policy, Ipv4 address, unsigned length) {
    if (const char* why = refuse_route(policy, address, length)) {
        log_error("route %s/%u refused: %s", to_string(address).c_str(), length, why);
        return;
    }
    const Prefix4 prefix{address, static_cast<std::uint8_t>(length)};
    const auto known = routes_.find(prefix);
    if (known != routes_.end())
        ++known->second.sessions;
    else if (routes_.size() >= policy.most)
        log_error("route %s refused: %zu are enough", to_string(prefix).c_str(), policy.most);
    else if (install(prefix))
        routes_[prefix].sessions = 1;
}

void Routes::remove(Ipv4 address, unsigned length) {
    if (length > 32) return;
    const auto known = routes_.find(Prefix4{address, static_cast<std::uint8_t>(length)});
    if (known == routes_.end()) return;
    Use& use = known->second;
    if (use.sessions > 0) --use.sessions;
    if (use.pool || use.sessions > 0) return;
    uninstall(known->first);
    routes_.erase(known);
}

void Routes::sync_begin() {
    syncing_ = true;
    for (auto& [prefix, use] : routes_)
        use.sessions = 0;
}

void Routes::sync_end() {
    if (!std::exchange(syncing_, false)) return;
    std::erase_if(routes_, [this](const auto& entry) {
        const auto& [prefix, use] = entry;
        if (use.pool || use.sessions > 0) return false;
        uninstall(prefix);
        return true;
    });
}

void Routes::remove_all() {
    for (const auto& [prefix, use] : routes_)
        uninstall(prefix);
    routes_.clear();
}

} // namespace lns::parent
