// SPDX-License-Identifier: ISC
// Which routes a worker may ask for, judged against the parent's own configuration (DESIGN 2, 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/inet.h"

namespace lns::parent {

struct RoutePolicy {
    std::vector<Ipv4> own;        // addresses no route may cover: the machine's and those of RADIUS servers
    std::vector<Prefix4> allowed; // framed_route_allow; empty: all that are not refused anyway
    std::size_t most = SIZE_MAX;  // routes in all: a worker gone wild must not fill the kernel's table
};

// nullptr when the route may be made, else why not. A /32 may be a subscriber's address as well as a
// framed route, which is for sessiond to tell apart: `allowed` binds only shorter prefixes here.
const char* refuse_route(const RoutePolicy& policy, Ipv4 address, unsigned length);

} // namespace lns::parent
