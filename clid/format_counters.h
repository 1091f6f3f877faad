// SPDX-License-Identifier: ISC
// `show counters` as text. Pure: figures in, strings out.
#pragma once

#include <string>

#include "lib/imsg/process.h"
#include "shm/counters.h"

namespace lns::clid {

struct CounterFacts {
    Proc proc{};
    std::uint16_t instance = 0;
    shm::CounterText text;
    std::uint64_t value = 0;
};

struct TrafficTotals {
    struct Direction {
        std::uint64_t octets = 0, packets = 0; // IP, forwarded
        std::uint64_t dropped = 0;
    };
    Direction up;   // from subscribers
    Direction down; // to subscribers
};

std::string format_traffic(const TrafficTotals& totals);
std::string format_counter_header();
std::string format_counter_row(const CounterFacts& facts);
std::string format_last_cleared(std::int64_t when_unix); // 0: never

// The program, with its instance where there may be several.
std::string program_name(Proc proc, std::uint16_t instance);

} // namespace lns::clid
