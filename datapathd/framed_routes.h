// SPDX-License-Identifier: ISC
// Framed-Routes as the SessionAaa record holds them.
#pragma once

#include <algorithm>

#include "lib/base/inet.h"
#include "shm/records.h"

namespace lns::datapath {

inline std::size_t framed_route_count(const shm::SessionAaa& aaa) {
    return std::min<std::size_t>(aaa.route_count, aaa.route_addresses.size());
}

// Host bits are cut off. i < framed_route_count(aaa).
inline Prefix4 framed_route(const shm::SessionAaa& aaa, std::size_t i) {
    const std::uint8_t length = std::min<std::uint8_t>(aaa.route_lengths[i], 32);
    return {Ipv4{aaa.route_addresses[i].value & Prefix4::mask(length)}, length};
}

} // namespace lns::datapath
