// SPDX-License-Identifier: ISC
// Per-session counters summed over the datapathd workers. Open to every process that maps them.
#pragma once

#include <atomic>
#include <vector>

#include "shm/records.h"
#include "shm/segment.h"

namespace lns::shm {

class SessionCounterSum {
public:
    void add_worker(std::span<SessionCounters> table) { tables_.push_back(table); }
    [[nodiscard]] std::size_t workers() const { return tables_.size(); }

    // Totals of the slot since the tables were made; last_up and last_down are the latest.
    [[nodiscard]] SessionCounters sum(SessionIndex session) const {
        SessionCounters total{};
        for (const auto& table : tables_) {
            if (raw(session) >= table.size()) continue;
            SessionCounters& c = table[raw(session)];
            total.up_packets += load(c.up_packets);
            total.up_octets += load(c.up_octets);
            total.down_packets += load(c.down_packets);
            total.down_octets += load(c.down_octets);
            total.up_dropped += load(c.up_dropped);
            total.down_dropped += load(c.down_dropped);
            total.last_up = std::max(total.last_up, load(c.last_up));
            total.last_down = std::max(total.last_down, load(c.last_down));
        }
        return total;
    }

    // Has them brought into the processor's cache, for sum() soon.
    void prefetch(SessionIndex session) const noexcept {
        for (const auto& table : tables_)
            if (raw(session) < table.size()) __builtin_prefetch(&table[raw(session)]);
    }

private:
    static std::uint64_t load(std::uint64_t& word) {
        return std::atomic_ref<std::uint64_t>(word).load(std::memory_order_relaxed);
    }
    std::vector<std::span<SessionCounters>> tables_;
};

} // namespace lns::shm
