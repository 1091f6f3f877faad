// SPDX-License-Identifier: ISC
#include "l2tpnsd/route_policy.h"

#include <algorithm>

namespace lns::parent {

namespace {

bool inside(Prefix4 inner, Prefix4 outer) { return inner.length >= outer.length && outer.contains(inner.address); }

} // namespace

const char* refuse_route(const RoutePolicy& policy, Ipv4 address, unsigned length) {
    if (length == 0 || length > 32) return "not a length between 1 and 32";
    const Prefix4 prefix{address, static_cast<std::uint8_t>(length)};
    if ((address.value & ~Prefix4::mask(length)) != 0) return "host bits are set";
    if (covers_special(prefix)) return "covers addresses that no host can have";
    if (std::ranges::any_of(policy.own, [&](Ipv4 own) { return prefix.contains(own); }))
        return "covers an address of this machine or of a RADIUS server";
    if (length == 32 || policy.allowed.empty()) return nullptr;
    const bool allowed = std::ranges::any_of(policy.allowed, [&](Prefix4 p) { return inside(prefix, p); });
    return allowed ? nullptr : "not within framed_route_allow";
}

} // namespace lns::parent
