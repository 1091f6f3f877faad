// SPDX-License-Identifier: ISC
// At most so many events in each second of the monotonic clock.
#pragma once

#include <cstdint>

#include "lib/base/clock.h"

namespace lns::datapath {

class RateLimit {
public:
    explicit RateLimit(std::uint32_t per_second = 0) : per_second_(per_second) {}
    void set(std::uint32_t per_second) { per_second_ = per_second; }
    [[nodiscard]] bool off() const { return per_second_ == 0; }

    [[nodiscard]] bool take(MonoTime now) noexcept {
        const std::int64_t second = whole_seconds(now.time_since_epoch());
        if (second != second_) {
            second_ = second;
            used_ = 0;
        }
        if (used_ >= per_second_) return false;
        ++used_;
        return true;
    }

private:
    std::uint32_t per_second_;
    std::uint32_t used_ = 0;
    std::int64_t second_ = -1;
};

// The share of one of `instances` workers in a limit that holds for all of them together.
constexpr std::uint32_t share_of_limit(std::uint32_t total, std::uint32_t instance, std::uint32_t instances) {
    if (instances == 0) return total;
    return total / instances + (instance < total % instances ? 1 : 0);
}

} // namespace lns::datapath
