// SPDX-License-Identifier: ISC
// How many lines of one place in the program are written: kMost in kWindow, and the others counted. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "lib/base/clock.h"

namespace lns {

class LogLimits {
public:
    static constexpr std::uint32_t kMost = 100;
    static constexpr Clock::duration kWindow = std::chrono::seconds(10);

    // `place` by its address: a format string. The number of lines held back since the last one that was
    // written, when this one may be; nothing when not.
    std::optional<std::uint64_t> pass(const char* place, MonoTime now) {
        Place& p = places_[place];
        if (p.written == 0 || now - p.since >= kWindow) {
            p.since = now;
            p.written = 0;
        }
        if (p.written == kMost) {
            ++p.held_back;
            return {};
        }
        ++p.written;
        return std::exchange(p.held_back, 0);
    }

private:
    struct Place {
        MonoTime since{};
        std::uint32_t written = 0;
        std::uint64_t held_back = 0;
    };
    std::unordered_map<const char*, Place> places_; // as many as there are such places in the program
};

} // namespace lns
