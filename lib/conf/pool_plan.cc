// SPDX-License-Identifier: ISC
// Numbers the usable addresses of a pool by arithmetic.
#include <algorithm>

#include "lib/conf/ip_pool.h"

namespace lns::conf {
namespace {

constexpr std::uint32_t kUsableOf256 = 254; // x.x.x.0 and x.x.x.255 are left out

bool takes_all(Prefix4 prefix) { return prefix.length > 30; }

// How many usable addresses there are below `address` in the whole of IPv4.
std::uint32_t usable_below(std::uint64_t address) {
    const auto octet = static_cast<std::uint32_t>(address & 255);
    return static_cast<std::uint32_t>(address >> 8) * kUsableOf256 +
           (octet == 0 ? 0 : std::min(octet - 1, kUsableOf256));
}

std::uint32_t usable_in(Prefix4 prefix) {
    const std::uint32_t first = prefix.address.value;
    const std::uint32_t last = prefix.last().value;
    if (takes_all(prefix)) return last - first + 1;
    return usable_below(std::uint64_t{last} + 1) - usable_below(first);
}

} // namespace

PoolPlan::PoolPlan(std::vector<Prefix4> prefixes) : prefixes_(std::move(prefixes)) {
    std::sort(prefixes_.begin(), prefixes_.end());
    first_index_.reserve(prefixes_.size());
    for (const Prefix4& prefix : prefixes_) {
        first_index_.push_back(size_);
        size_ += usable_in(prefix);
    }
}

Ipv4 PoolPlan::nth(std::uint32_t index) const {
    const auto above = std::upper_bound(first_index_.begin(), first_index_.end(), index);
    const auto which = static_cast<std::size_t>(above - first_index_.begin()) - 1;
    const Prefix4 prefix = prefixes_[which];
    const std::uint32_t within = index - first_index_[which];
    if (takes_all(prefix)) return Ipv4{prefix.address.value + within};
    const std::uint32_t number = usable_below(prefix.address.value) + within;
    return Ipv4{number / kUsableOf256 * 256 + number % kUsableOf256 + 1};
}

std::optional<std::uint32_t> PoolPlan::index_of(Ipv4 address) const {
    const auto above = std::upper_bound(prefixes_.begin(), prefixes_.end(), Prefix4{address, 32});
    if (above == prefixes_.begin()) return {};
    const auto which = static_cast<std::size_t>(above - prefixes_.begin()) - 1;
    const Prefix4 prefix = prefixes_[which];
    if (!prefix.contains(address)) return {};
    if (takes_all(prefix)) return first_index_[which] + (address.value - prefix.address.value);
    const std::uint32_t octet = address.value & 255;
    if (octet == 0 || octet == 255) return {};
    return first_index_[which] + usable_below(address.value) - usable_below(prefix.address.value);
}

} // namespace lns::conf
