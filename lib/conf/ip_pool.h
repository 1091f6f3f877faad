// SPDX-License-Identifier: ISC
// The file ip_pool: the addresses given to subscribers, as prefixes. A 10.0.0.0/8 costs no more memory
// than one address: the plan numbers the usable addresses 0 .. size()-1 by arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/inet.h"
#include "lib/conf/diagnostic.h"

namespace lns::conf {

// Of a prefix of length 0 to 30 the addresses x.x.x.0 and x.x.x.255 are not used, wherever they lie in
// it; a /31 and a /32 (a single address) are used as written.
class PoolPlan {
public:
    PoolPlan() = default;
    // `prefixes` do not overlap; any order.
    explicit PoolPlan(std::vector<Prefix4> prefixes);

    // Sorted by address.
    [[nodiscard]] std::span<const Prefix4> prefixes() const { return prefixes_; }
    // The number of usable addresses.
    [[nodiscard]] std::uint32_t size() const { return size_; }
    // index < size(). Ascending: nth(0) is the lowest address.
    [[nodiscard]] Ipv4 nth(std::uint32_t index) const;
    // Nothing when the address is not a usable one of the pool.
    [[nodiscard]] std::optional<std::uint32_t> index_of(Ipv4 address) const;
    [[nodiscard]] bool contains(Ipv4 address) const { return index_of(address).has_value(); }

    friend bool operator==(const PoolPlan& a, const PoolPlan& b) { return a.prefixes_ == b.prefixes_; }

private:
    std::vector<Prefix4> prefixes_;
    std::vector<std::uint32_t> first_index_; // of each prefix
    std::uint32_t size_ = 0;
};

struct IpPool {
    PoolPlan plan;
    Diagnostics diagnostics;
};

IpPool parse_ip_pool(std::string_view text, std::string_view file);

} // namespace lns::conf
