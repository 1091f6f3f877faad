// SPDX-License-Identifier: ISC
#include "tools/lacsim/timer_wheel.h"

#include <algorithm>

namespace lns::lacsim {

TimerWheel::TimerWheel(std::uint32_t timers, MonoTime start) : start_(start), nodes_(timers), heads_(kSlots, kNil) {}

std::uint64_t TimerWheel::tick_of(MonoTime t) const {
    if (t <= start_) return 0;
    return static_cast<std::uint64_t>((t - start_) / kTick);
}

void TimerWheel::arm(std::uint32_t id, MonoTime at) {
    cancel(id);
    Node& node = nodes_[id];
    node.due = std::max(tick_of(at), tick_) + 1; // rounded up, and never in the tick being handled
    std::uint32_t& head = heads_[node.due % kSlots];
    node.next = head;
    node.previous = kNil;
    if (head != kNil) nodes_[head].previous = id;
    head = id;
}

void TimerWheel::cancel(std::uint32_t id) {
    if (armed(id)) unlink(id);
}

void TimerWheel::unlink(std::uint32_t id) {
    Node& node = nodes_[id];
    if (node.previous != kNil)
        nodes_[node.previous].next = node.next;
    else
        heads_[node.due % kSlots] = node.next;
    if (node.next != kNil) nodes_[node.next].previous = node.previous;
    node = Node{};
}

void TimerWheel::advance(MonoTime now, const std::function<void(std::uint32_t id)>& fire) {
    const std::uint64_t until = tick_of(now);
    // After a long pause one turn of the wheel meets every timer.
    if (until > tick_ + kSlots) tick_ = until - kSlots;
    while (tick_ < until) {
        ++tick_;
        due_now_.clear();
        for (std::uint32_t id = heads_[tick_ % kSlots]; id != kNil; id = nodes_[id].next)
            if (nodes_[id].due <= tick_) due_now_.push_back(id);
        for (const std::uint32_t id : due_now_) {
            // An earlier callback of this tick may have cancelled it or armed it anew.
            if (!armed(id) || nodes_[id].due > tick_) continue;
            unlink(id);
            fire(id);
        }
    }
}

} // namespace lns::lacsim
