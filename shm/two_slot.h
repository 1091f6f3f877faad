// SPDX-License-Identifier: ISC
// A record with two slots and one commit word. The writer fills the slot that is not current and
// then publishes it by one store: a record is always wholly old or wholly new, a reader never waits
// for a writer, and a writer killed at any instant leaves nothing half-written (DESIGN 4).
//
// The copies are made of relaxed atomic words, because a reader may look at a slot while it is being
// filled; it notices by the commit word and reads again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace lns::shm {

template <class Record>
struct TwoSlot {
    static_assert(std::is_trivially_copyable_v<Record>);
    static constexpr std::size_t kWords = (sizeof(Record) + 3) / 4;
    using Words = std::array<std::uint32_t, kWords>;

    std::uint64_t commit; // number of writes; its lowest bit names the current slot
    std::array<Words, 2> slots;
};

template <class Record>
class TwoSlotReader {
public:
    using Cell = TwoSlot<Record>;
    TwoSlotReader() = default;
    explicit TwoSlotReader(std::span<const Cell> cells) : cells_(cells) {}

    [[nodiscard]] std::size_t size() const { return cells_.size(); }

    // The record as of some instant during the call; a default one when the index is out of range.
    // Returns the commit word it belongs to.
    std::uint64_t read(std::size_t index, Record& out) const noexcept {
        if (index >= cells_.size()) {
            out = Record{};
            return 0;
        }
        const Cell& cell = cells_[index];
        typename Cell::Words words;
        for (;;) {
            const std::uint64_t before = load(cell.commit, std::memory_order_acquire);
            const auto& slot = cell.slots[before & 1];
            for (std::size_t i = 0; i < Cell::kWords; ++i)
                words[i] = load(slot[i], std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_acquire);
            if (load(cell.commit, std::memory_order_relaxed) == before) {
                memcpy(static_cast<void*>(&out), words.data(), sizeof out);
                return before;
            }
        }
    }
    [[nodiscard]] Record get(std::size_t index) const noexcept {
        Record out;
        read(index, out);
        return out;
    }
    // One member of the record; costs no more than its size.
    template <class Member>
    [[nodiscard]] Member get(std::size_t index, Member Record::*member) const noexcept {
        Member out{};
        if (index >= cells_.size()) return out;
        const Cell& cell = cells_[index];
        const auto offset = offset_of(member);
        const std::size_t first = offset / 4;
        const std::size_t last = (offset + sizeof(Member) + 3) / 4;
        std::array<std::uint32_t, sizeof(Member) / 4 + 2> words;
        for (;;) {
            const std::uint64_t before = load(cell.commit, std::memory_order_acquire);
            const auto& slot = cell.slots[before & 1];
            for (std::size_t i = first; i < last; ++i)
                words[i - first] = load(slot[i], std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_acquire);
            if (load(cell.commit, std::memory_order_relaxed) == before) break;
        }
        memcpy(static_cast<void*>(&out), reinterpret_cast<const char*>(words.data()) + offset % 4, sizeof out);
        return out;
    }
    // Has the record brought into the processor's cache, for a read soon.
    void prefetch(std::size_t index) const noexcept {
        if (index < cells_.size()) __builtin_prefetch(&cells_[index]);
    }
    // Changes with every write of the record: a cheap way to see that a kept copy is still current.
    [[nodiscard]] std::uint64_t version(std::size_t index) const noexcept {
        return index < cells_.size() ? load(cells_[index].commit, std::memory_order_acquire) : 0;
    }

protected:
    template <class Member>
    static std::size_t offset_of(Member Record::*member) noexcept {
        static constexpr Record kAny{};
        return static_cast<std::size_t>(reinterpret_cast<const char*>(&(kAny.*member)) -
                                        reinterpret_cast<const char*>(&kAny));
    }
    template <class Word>
    static Word load(const Word& word, std::memory_order order) {
        return std::atomic_ref<Word>(const_cast<Word&>(word)).load(order); // loads do not write: read-only maps work
    }
    std::span<const Cell> cells_;
};

// For the one process that maps the table writable.
template <class Record>
class TwoSlotWriter : public TwoSlotReader<Record> {
public:
    using Cell = TwoSlot<Record>;
    TwoSlotWriter() = default;
    explicit TwoSlotWriter(std::span<Cell> cells) : TwoSlotReader<Record>(cells), writable_(cells) {}

    void write(std::size_t index, const Record& record) noexcept {
        if (index >= writable_.size()) return;
        Cell& cell = writable_[index];
        const std::uint64_t current = this->load(cell.commit, std::memory_order_relaxed);
        auto& slot = cell.slots[(current + 1) & 1];
        typename Cell::Words words{};
        memcpy(words.data(), &record, sizeof record);
        // A reader that sees any word of the new content must also see the commit word that made this
        // slot the idle one.
        std::atomic_thread_fence(std::memory_order_release);
        for (std::size_t i = 0; i < Cell::kWords; ++i)
            std::atomic_ref<std::uint32_t>(slot[i]).store(words[i], std::memory_order_relaxed);
        std::atomic_ref<std::uint64_t>(cell.commit).store(current + 1, std::memory_order_release);
    }

private:
    std::span<Cell> writable_;
};

} // namespace lns::shm
