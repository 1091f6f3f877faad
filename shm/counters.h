// SPDX-License-Identifier: ISC
// Event counters: every drop and every odd packet has one (law 7). A worker writes its own table of
// 64-bit words, which only grow; its enum of counters and their names stand in a header of its own
// directory (sessiond/counters.h, ...).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "shm/tables.h"

namespace lns::shm {

// What `show counters` and the manual page say of a counter.
struct CounterText {
    std::string_view name; // empty: there is no such counter
    std::string_view meaning;
};

// A counter of a process, as a row of its table.
template <class Counter>
struct CounterDef {
    Counter counter;
    std::string_view name;
    std::string_view meaning;
};

// Whether there is a row for each counter before `end`, in the order of the enum.
template <class Table, class Counter>
constexpr bool is_complete(const Table& table, Counter end) {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].counter != static_cast<Counter>(i)) return false;
    return table.size() == static_cast<std::size_t>(end) && table.size() <= kMaxCounters;
}

// Adds to counters of the calling process; reading is open to all.
class CounterWords {
public:
    CounterWords() = default;
    explicit CounterWords(std::span<std::uint64_t> words) : words_(words) {}

    template <class Counter>
    void add(Counter counter, std::uint64_t n = 1) noexcept {
        const auto i = static_cast<std::size_t>(counter);
        if (i >= words_.size()) return;
        const std::atomic_ref<std::uint64_t> word(words_[i]); // one writer: no read-modify-write needed
        word.store(word.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    template <class Counter>
    [[nodiscard]] std::uint64_t get(Counter counter) const noexcept {
        const auto i = static_cast<std::size_t>(counter);
        return i < words_.size() ? std::atomic_ref<std::uint64_t>(words_[i]).load(std::memory_order_relaxed) : 0;
    }

private:
    std::span<std::uint64_t> words_;
};

} // namespace lns::shm
