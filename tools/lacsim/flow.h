// SPDX-License-Identifier: ISC
// What a receiver of test packets remembers of each flow, and the sum over all flows.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "lib/base/bytes.h"
#include "tools/lacsim/histogram.h"
#include "tools/lacsim/test_packet.h"

namespace lns::lacsim {

// Duplicates and holes in a stream of sequence numbers, with the memory of the last 64.
class FlowCheck {
public:
    enum class Arrival : std::uint8_t { in_order, late, duplicate };

    Arrival arrive(std::uint32_t sequence) {
        if (sequence >= next_) {
            const std::uint32_t ahead = sequence - next_ + 1;
            seen_ = ahead >= 64 ? 0 : seen_ << ahead;
            seen_ |= 1;
            next_ = sequence + 1;
            ++unique_;
            return Arrival::in_order;
        }
        const std::uint32_t behind = next_ - 1 - sequence;
        if (behind < 64) {
            const std::uint64_t bit = std::uint64_t{1} << behind;
            if ((seen_ & bit) != 0) return Arrival::duplicate;
            seen_ |= bit;
        }
        ++unique_;
        return Arrival::late;
    }
    [[nodiscard]] std::uint32_t expected() const { return next_; } // so many were sent at least
    [[nodiscard]] std::uint32_t unique() const { return unique_; }

private:
    std::uint32_t next_ = 0;
    std::uint32_t unique_ = 0;
    std::uint64_t seen_ = 0;
};

// What arrived, in the units of the report; goes over the wire in a query_reply.
struct Tally {
    std::uint64_t unique = 0, octets = 0, duplicated = 0, late = 0, corrupt = 0, misdelivered = 0, missing = 0;
    std::uint64_t latency_p50 = 0, latency_p90 = 0, latency_p99 = 0, latency_max = 0; // ns
    std::uint64_t pause = 0; // ns: the longest time in which nothing arrived
    static constexpr std::size_t kSize = 12 * 8;

    void write(Writer& w) const;
    [[nodiscard]] bool read(Reader& r);
};

// Counts the packets of one run. Flows are numbered by the sender; a bound keeps a confused sender from filling
// memory.
class FlowTable {
public:
    static constexpr std::uint32_t kMostFlows = 1U << 22;

    // A packet whose checksums are right and that came where it belongs. `octets` is its size as an IP packet.
    void arrive(const TestHeader& header, std::size_t octets, MonoTime now);
    void corrupt() { ++tally_.corrupt; }
    void misdelivered() { ++tally_.misdelivered; }
    // `missing` are the holes in what arrived; a lost tail does not show.
    [[nodiscard]] Tally tally() const;
    [[nodiscard]] std::uint64_t unique() const { return tally_.unique; }
    [[nodiscard]] MonoTime first() const { return first_; }
    [[nodiscard]] MonoTime last() const { return last_; }

private:
    std::vector<FlowCheck> flows_;
    Tally tally_;
    Histogram latency_;
    MonoTime first_{}, last_{};
};

} // namespace lns::lacsim
