// SPDX-License-Identifier: ISC
// Lets the first of many like log lines through, and then one an interval, telling how many were held
// back: what a peer can cause must not fill the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/clock.h"

namespace lns::radius_client {

class LogLimiter {
public:
    explicit LogLimiter(Clock::duration interval) : interval_(interval) {}

    // The number of lines held back since the last one, when this one may be written; nothing when not.
    std::optional<std::uint64_t> pass(std::string_view what, MonoTime now) {
        const auto [at, fresh] = seen_.try_emplace(std::string(what));
        Seen& seen = at->second;
        if (!fresh && now - seen.last < interval_) {
            ++seen.held_back;
            return {};
        }
        seen.last = now;
        return std::exchange(seen.held_back, 0);
    }

private:
    struct Seen {
        MonoTime last{};
        std::uint64_t held_back = 0;
    };
    Clock::duration interval_;
    std::map<std::string, Seen> seen_; // by a fixed set of words and server names: bounded
};

// " (5 more like this)", or nothing.
inline std::string more_like_this(std::uint64_t held_back) {
    return held_back == 0 ? std::string() : " (" + std::to_string(held_back) + " more like this)";
}

} // namespace lns::radius_client
