// SPDX-License-Identifier: ISC
// Deadlines of many objects, each known by a small number, at the cost of a vector push. Private to
// a process and rebuilt at attach: the records hold the true deadlines.
//
// An entry is only a promise to look not later than its time: the owner computes the true next
// deadline when it fires and schedules again. Moving a deadline away therefore costs nothing.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "lib/base/clock.h"

namespace lns::sessiond {

class TimerWheel {
public:
    TimerWheel(std::size_t keys, MonoTime now) : due_(keys, kNever), start_(now), slots_(kSlots) {}

    static constexpr Clock::duration kTick = std::chrono::milliseconds(20);
    static constexpr std::size_t kSlots = 8192; // 164 s; what is farther is looked at on the way

    // Makes sure that `key` fires at `at` or, if an earlier promise stands, before. kNever: nothing.
    void schedule(std::uint32_t key, MonoTime at) {
        if (at == kNever || at >= due_[key]) return;
        due_[key] = at;
        const std::size_t slot = slot_of(at);
        slots_[slot].push_back({key, at});
        filled_[slot / kBits] |= std::uint64_t{1} << slot % kBits;
    }

    // Calls fire(key) for every key that is due. The promise is used up before the call. expect(key) is called some
    // keys earlier, perhaps for one that is then not due: what it needs is far away in memory when there are many.
    template <class Fire>
    void run(MonoTime now, const Fire& fire) {
        run(now, fire, [](std::uint32_t) {});
    }
    template <class Fire, class Expect>
    void run(MonoTime now, const Fire& fire, const Expect& expect) {
        const std::uint64_t until = tick_of(now);
        while (current_ <= until) {
            const std::uint64_t tick = current_++; // what is promised meanwhile, overdue or not, goes behind it
            std::vector<Entry>& slot = slots_[tick % kSlots];
            if (!slot.empty()) run_slot(slot, now, fire, expect);
        }
    }

    // When run() may have something to do; kNever when there is nothing.
    [[nodiscard]] MonoTime next() const {
        const std::size_t current = current_ % kSlots;
        // Words from that of the current slot on, and that one once more for the slots in front of it.
        for (std::size_t i = 0; i <= kSlots / kBits; ++i) {
            const std::size_t word = (current / kBits + i) % (kSlots / kBits);
            std::uint64_t filled = filled_[word];
            if (i == 0) filled &= ~std::uint64_t{0} << current % kBits;
            if (filled == 0) continue;
            const std::size_t slot = word * kBits + static_cast<std::size_t>(std::countr_zero(filled));
            return start_ + kTick * static_cast<std::int64_t>(current_ + (slot - current) % kSlots + 1);
        }
        return kNever;
    }

private:
    static constexpr std::size_t kBits = 64;
    static constexpr std::size_t kAhead = 3;
    struct Entry {
        std::uint32_t key;
        MonoTime at;
    };
    [[nodiscard]] std::uint64_t tick_of(MonoTime t) const {
        return t <= start_ ? 0 : static_cast<std::uint64_t>((t - start_) / kTick);
    }
    [[nodiscard]] std::size_t slot_of(MonoTime at) const {
        return std::clamp(tick_of(at), current_, current_ + kSlots - 1) % kSlots;
    }
    template <class Fire, class Expect>
    void run_slot(std::vector<Entry>& slot, MonoTime now, const Fire& fire, const Expect& expect) {
        std::vector<Entry> entries;
        entries.swap(slot);
        const auto emptied = static_cast<std::size_t>(&slot - slots_.data());
        filled_[emptied / kBits] &= ~(std::uint64_t{1} << emptied % kBits);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const Entry& entry = entries[i];
            if (i + kAhead < entries.size()) expect(entries[i + kAhead].key);
            if (due_[entry.key] != entry.at) continue; // an earlier promise was kept meanwhile
            due_[entry.key] = kNever;
            if (entry.at <= now)
                fire(entry.key);
            else
                schedule(entry.key, entry.at); // beyond the horizon when it was made, or later in this tick
        }
    }

    std::vector<MonoTime> due_;
    MonoTime start_;
    std::vector<std::vector<Entry>> slots_;
    std::array<std::uint64_t, kSlots / kBits> filled_{}; // a bit a slot, so that the next one is found at once
    std::uint64_t current_ = 0;
};

// Not before `at`, and the same for all of a group whose times are a fraction of a second apart: keepalives of one
// tunnel's sessions leave together, as one train of datagrams, and so come the answers. Groups have ticks of their own.
constexpr MonoTime on_the_beat(MonoTime at, std::uint32_t group) {
    constexpr std::uint32_t kTicks = 16;
    constexpr Clock::duration kBeat = TimerWheel::kTick * kTicks;
    const auto since = (at - TimerWheel::kTick * (group % kTicks)).time_since_epoch() % kBeat;
    return since == Clock::duration::zero() ? at : at + (kBeat - since);
}

} // namespace lns::sessiond
