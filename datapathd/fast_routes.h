// SPDX-License-Identifier: ISC
// Framed networks in the map of the fast path (bpf/fast_path.h): which session serves which, as RouteTable has decided.
// Pure, over memory.
#pragma once

#include <array>
#include <functional>
#include <span>

#include "bpf/fast_path.h"
#include "lib/base/ids.h"
#include "lib/base/inet.h"

namespace lns::datapath {

class FastRoutes {
public:
    // `buckets`: a power of two, and one more.
    explicit FastRoutes(std::span<LnsFastHosts> buckets) : buckets_(buckets) {}

    // After the worker before, which may have been killed at any instant: of what is there only that stays which is
    // right.
    void check(const std::function<bool(SessionIndex, const Prefix4&)>& is_right);
    // The session's from now on, or nobody's. False where that cannot be entered: the kernel would take a shorter
    // prefix for the longest, so give_up() must follow.
    [[nodiscard]] bool serve(const Prefix4& network, SessionIndex session);
    // No network is looked at any more, as long as there are these maps. False when that was so.
    bool give_up();

private:
    [[nodiscard]] std::array<LnsFastHosts*, 2> buckets_of(const Prefix4& network) const;
    void count(std::uint8_t length, int change);

    std::span<LnsFastHosts> buckets_;
    std::array<std::uint32_t, 33> networks_{}; // how many there are, by length
    bool given_up_ = false;
};

} // namespace lns::datapath
