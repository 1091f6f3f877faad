// SPDX-License-Identifier: ISC
// Records with two slots and one commit word. The writer fills the slot that is not current and then publishes it by
// one store: a record is always wholly old or wholly new, a reader never waits for a writer, and a writer killed at
// any instant leaves nothing half-written (DESIGN 4).
//
// A table has one writer, which writes one record at a time: so the second slot is one for the whole table, the last
// cell of it. What is written goes there first and is current there while it is copied into the record's own slot. A
// writer killed meanwhile leaves it current; the next one completes the copy before it writes anything else.
//
// The copies are made of relaxed atomic words, because a reader may look at a slot while it is being
// filled; it notices by the commit word and reads again.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace lns::shm {

inline constexpr std::size_t kCacheLine = 64;

// A small cell fills a part of a cache line, and never lies in two.
constexpr std::size_t cell_alignment(std::size_t size) { return std::min(std::bit_ceil(size), kCacheLine); }

template <class Record>
struct TwoSlot {
    static_assert(std::is_trivially_copyable_v<Record>);
    static constexpr std::size_t kWords = (sizeof(Record) + 3) / 4;
    using Words = std::array<std::uint32_t, kWords>;
    static constexpr std::size_t kSize = sizeof(std::uint64_t) + sizeof(Words);

    // Twice the number of writes; and one while the second slot is the current one. Of the last cell: the number of the
    // record that was written last.
    alignas(kSize <= kCacheLine ? cell_alignment(kSize) : alignof(std::uint64_t)) std::uint64_t commit;
    Words slot;
};

// Memory for a table of so many records.
template <class Record>
std::vector<TwoSlot<Record>> make_cells(std::size_t records) {
    return std::vector<TwoSlot<Record>>(records + 1);
}

template <class Record>
class TwoSlotReader {
public:
    using Cell = TwoSlot<Record>;
    TwoSlotReader() = default;
    // As make_cells() makes them.
    explicit TwoSlotReader(std::span<const Cell> cells) : cells_(cells) {}

    [[nodiscard]] std::size_t size() const { return cells_.empty() ? 0 : cells_.size() - 1; }

    // The record as of some instant during the call; a default one when the index is out of range.
    // Returns its version.
    std::uint64_t read(std::size_t index, Record& out) const noexcept {
        if (index >= size()) {
            out = Record{};
            return 0;
        }
        typename Cell::Words words;
        const std::uint64_t version = copy(index, 0, words);
        memcpy(static_cast<void*>(&out), words.data(), sizeof out);
        return version;
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
        if (index >= size()) return out;
        const auto offset = offset_of(member);
        std::array<std::uint32_t, sizeof(Member) / 4 + 2> words;
        const std::size_t first = offset / 4;
        const std::size_t last = (offset + sizeof(Member) + 3) / 4;
        copy(index, first, std::span(words).first(last - first));
        memcpy(static_cast<void*>(&out), reinterpret_cast<const char*>(words.data()) + offset % 4, sizeof out);
        return out;
    }
    // Has the record brought into the processor's cache, for a read soon.
    void prefetch(std::size_t index) const noexcept {
        if (index < size()) __builtin_prefetch(&cells_[index]);
    }
    // Changes with every write of the record, and is 0 before the first: a cheap way to see that a kept copy is still
    // current.
    [[nodiscard]] std::uint64_t version(std::size_t index) const noexcept {
        return index < size() ? (load(cells_[index].commit, std::memory_order_acquire) + 1) / 2 : 0;
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
    // Words from the `first` on, of one state of the record, whose version it returns.
    std::uint64_t copy(std::size_t index, std::size_t first, std::span<std::uint32_t> words) const noexcept {
        const Cell& cell = cells_[index];
        for (;;) {
            const std::uint64_t before = load(cell.commit, std::memory_order_acquire);
            const auto& slot = (before & 1) == 0 ? cell.slot : cells_.back().slot;
            for (std::size_t i = 0; i < words.size(); ++i)
                words[i] = load(slot[first + i], std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_acquire);
            if (load(cell.commit, std::memory_order_relaxed) == before) return (before + 1) / 2;
        }
    }
    std::span<const Cell> cells_;
};

// For the one process that maps the table writable.
template <class Record>
class TwoSlotWriter : public TwoSlotReader<Record> {
public:
    using Cell = TwoSlot<Record>;
    TwoSlotWriter() = default;
    explicit TwoSlotWriter(std::span<Cell> cells) : TwoSlotReader<Record>(cells), writable_(cells) {
        if (!writable_.empty()) complete(this->load(writable_.back().commit, std::memory_order_relaxed));
    }

    void write(std::size_t index, const Record& record) noexcept {
        if (index >= this->size()) return;
        Cell& second = writable_.back();
        const std::uint64_t before = this->load(writable_[index].commit, std::memory_order_relaxed);
        typename Cell::Words words{};
        memcpy(words.data(), &record, sizeof record);
        store(second.commit, std::uint64_t{index}, std::memory_order_relaxed);
        fill(second, words);
        store(writable_[index].commit, before + 1, std::memory_order_release);
        fill(writable_[index], words);
        store(writable_[index].commit, before + 2, std::memory_order_release);
    }

private:
    template <class Word>
    static void store(Word& word, Word value, std::memory_order order) {
        std::atomic_ref<Word>(word).store(value, order);
    }
    static void fill(Cell& cell, const typename Cell::Words& words) {
        // A reader that sees any word of the new content must also see the commit word that made this
        // slot the idle one.
        std::atomic_thread_fence(std::memory_order_release);
        for (std::size_t i = 0; i < Cell::kWords; ++i)
            store(cell.slot[i], words[i], std::memory_order_relaxed);
    }
    // What a writer that was killed has published but not copied.
    void complete(std::uint64_t index) noexcept {
        if (index >= this->size()) return;
        Cell& cell = writable_[index];
        const std::uint64_t commit = this->load(cell.commit, std::memory_order_relaxed);
        if ((commit & 1) == 0) return;
        typename Cell::Words words;
        this->copy(index, 0, words);
        fill(cell, words);
        store(cell.commit, commit + 1, std::memory_order_release);
    }

    std::span<Cell> writable_;
};

} // namespace lns::shm
