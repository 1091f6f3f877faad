// SPDX-License-Identifier: ISC
// Many timers, few of which ever fire: a hashed wheel of intrusive lists. One timer an id; arming and
// cancelling are O(1). Resolution 10 ms, rounded up: good for retransmission, not for pacing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "lib/base/clock.h"

namespace lns::lacsim {

class TimerWheel {
public:
    static constexpr auto kTick = std::chrono::milliseconds(10);

    TimerWheel(std::uint32_t timers, MonoTime start);

    void arm(std::uint32_t id, MonoTime at); // replaces an earlier arm of the same id
    void cancel(std::uint32_t id);
    [[nodiscard]] bool armed(std::uint32_t id) const { return nodes_[id].due != 0; }
    // Calls `fire` for each timer that is due; it may arm and cancel any timer.
    void advance(MonoTime now, const std::function<void(std::uint32_t id)>& fire);

private:
    static constexpr std::uint32_t kSlots = 4096;
    static constexpr std::uint32_t kNil = UINT32_MAX;
    struct Node {
        std::uint64_t due = 0; // tick, 0 = not armed
        std::uint32_t next = kNil;
        std::uint32_t previous = kNil;
    };
    [[nodiscard]] std::uint64_t tick_of(MonoTime t) const;
    void unlink(std::uint32_t id);

    MonoTime start_;
    std::uint64_t tick_ = 0; // the last tick already handled
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> heads_;
    std::vector<std::uint32_t> due_now_;
};

} // namespace lns::lacsim
