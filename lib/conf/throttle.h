// SPDX-License-Identifier: ISC
// The burst of a rate: what a throttled session that was silent may send at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/conf/config.h"

namespace lns::conf {

// TCP learns of a loss without waiting for a time-out by three packets that arrive behind it (RFC 5681 3.2): a bucket
// that holds fewer of them makes it stand still, however long that bucket is in time.
inline constexpr std::uint64_t kLeastBurstPackets = 3;
inline constexpr std::uint64_t kFullPacket = 1500; // octets

// In milliseconds at so many kbit/s, which are not 0: throttle_burst, or as long as the fewest packets take.
constexpr std::uint16_t throttle_burst(const Config& config, std::uint32_t kbits) {
    const std::uint64_t least = (kLeastBurstPackets * kFullPacket * 8 + kbits - 1) / kbits;
    return static_cast<std::uint16_t>(
        std::min<std::uint64_t>(std::max<std::uint64_t>(config.throttle_burst, least), UINT16_MAX));
}

} // namespace lns::conf
