// SPDX-License-Identifier: ISC
// This worker's own counters by session: it is their only writer, so plain relaxed stores do. They only grow.
#pragma once

#include <atomic>
#include <span>

#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "shm/records.h"

namespace lns::datapath {

class SessionCounting {
public:
    SessionCounting() = default;
    explicit SessionCounting(std::span<shm::SessionCounters> table) : table_(table) {}

    // Octets are those of the IP packets.
    void up(SessionIndex session, std::uint64_t packets, std::uint64_t octets, MonoTime now) noexcept {
        if (raw(session) >= table_.size()) return;
        shm::SessionCounters& c = table_[raw(session)];
        add(c.up_packets, packets);
        add(c.up_octets, octets);
        store(c.last_up, ticks(now));
    }
    void down(SessionIndex session, std::uint64_t packets, std::uint64_t octets, MonoTime now) noexcept {
        if (raw(session) >= table_.size()) return;
        shm::SessionCounters& c = table_[raw(session)];
        add(c.down_packets, packets);
        add(c.down_octets, octets);
        store(c.last_down, ticks(now));
    }
    // Has the session's counters brought into the processor's cache.
    void prefetch(SessionIndex session) const noexcept {
        if (raw(session) < table_.size()) __builtin_prefetch(&table_[raw(session)], 1);
    }
    void up_dropped(SessionIndex session, std::uint64_t packets = 1) noexcept {
        if (raw(session) < table_.size()) add(table_[raw(session)].up_dropped, packets);
    }
    void down_dropped(SessionIndex session, std::uint64_t packets = 1) noexcept {
        if (raw(session) < table_.size()) add(table_[raw(session)].down_dropped, packets);
    }

private:
    static std::uint64_t ticks(MonoTime t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
    static void store(std::uint64_t& word, std::uint64_t v) {
        std::atomic_ref<std::uint64_t>(word).store(v, std::memory_order_relaxed);
    }
    static void add(std::uint64_t& word, std::uint64_t n) {
        const std::atomic_ref<std::uint64_t> w(word);
        w.store(w.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::span<shm::SessionCounters> table_;
};

} // namespace lns::datapath
