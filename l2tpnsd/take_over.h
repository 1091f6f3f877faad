// SPDX-License-Identifier: ISC
// What a starting parent does with the tables of one before it (DESIGN 7, stopping): decided from what it found.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/clock.h"

namespace lns::parent {

enum class FoundTables : std::uint8_t {
    none,
    misfit, // of another boot, layout or size, or not all of them
    fit,
};

struct Findings {
    FoundTables tables = FoundTables::none;
    bool sessiond_lives = false;            // the worker of before; it ends itself when the grace is over
    std::optional<Clock::duration> silence; // since a parent last wrote its heartbeat
    Clock::duration grace{};                // restart_grace
};

enum class Start : std::uint8_t {
    afresh, // new tables
    go_on,  // with every session
    close,  // end what the tables hold, with Stop records, and serve
};

constexpr Start decide(const Findings& found) {
    // Heartbeats are two seconds apart, and a worker counts its grace from the parent's end: one that still serves is
    // within it. Far beyond, it is one that was stopped and has served nobody since.
    constexpr std::chrono::seconds kLivingMargin{10};
    if (found.tables != FoundTables::fit) return Start::afresh;
    if (!found.silence) return found.sessiond_lives ? Start::go_on : Start::close;
    const Clock::duration margin = found.sessiond_lives ? kLivingMargin : std::chrono::seconds(0);
    return *found.silence <= found.grace + margin ? Start::go_on : Start::close;
}

} // namespace lns::parent
