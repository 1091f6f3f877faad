// SPDX-License-Identifier: ISC
// The numbers of the data messages of sessions whose LAC requires sequencing (RFC 2661 5.4): one numbering a session,
// from 0, that goes on whichever process dies. A number is taken right before its message is sent, so that one who is
// killed in between leaves a hole, which looks like a lost message, and never a number twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "lib/base/ids.h"
#include "shm/records.h"

namespace lns::shm {

class DataNumbers {
public:
    DataNumbers() = default;
    explicit DataNumbers(std::span<DataSequence> table) : table_(table) {}

    // Of the next message, which is the caller's. `first` begins the numbering of this use of the slot.
    std::uint16_t take(SessionIndex session, Generation generation, std::uint16_t first) const noexcept {
        if (raw(session) >= table_.size()) return first;
        const std::atomic_ref<std::uint64_t> word(table_[raw(session)].word);
        std::uint64_t known = word.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint16_t ns = is_of(known, generation) ? static_cast<std::uint16_t>(known) : first;
            const std::uint64_t after = std::uint64_t{raw(generation)} << 32 | static_cast<std::uint16_t>(ns + 1);
            if (word.compare_exchange_weak(known, after, std::memory_order_relaxed)) return ns;
        }
    }
    // Likewise, but not taken; nothing when none was yet.
    [[nodiscard]] std::optional<std::uint16_t> next(SessionIndex session, Generation generation) const noexcept {
        if (raw(session) >= table_.size()) return std::nullopt;
        const std::uint64_t known =
            std::atomic_ref<std::uint64_t>(table_[raw(session)].word).load(std::memory_order_relaxed);
        if (!is_of(known, generation)) return std::nullopt;
        return static_cast<std::uint16_t>(known);
    }

private:
    static bool is_of(std::uint64_t word, Generation generation) { return word >> 32 == raw(generation); }
    std::span<DataSequence> table_;
};

} // namespace lns::shm
