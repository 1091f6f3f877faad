// SPDX-License-Identifier: ISC
// Records with two slots and one commit word. The writer fills the slot that is not current and then publishes it by
// one store: a record is always wholly old or wholly new, a reader never waits for a writer, and a writer killed at
// any instant leaves nothing half-written (DESIGN 4).
//
// A table has one writer, which writes one record at a time: so the second slot is one for the whole table, the cell
// behind those of the records. What is written goes there first and is current there while it is copied into the
// record's own slot. A writer killed meanwhile leaves it current; the next one completes the copy before it writes
// anything else.
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

#include "shm/packed.h"

namespace lns::shm {

inline constexpr std::size_t kCacheLine = 64;

// A small cell fills a part of a cache line, and never lies in two.
constexpr std::size_t cell_alignment(std::size_t size) { return std::min(std::bit_ceil(size), kCacheLine); }

template <class Record>
struct TwoSlot {
    static_assert(std::is_trivially_copyable_v<Record>);
    using Form = RecordForm<Record>;
    using Words = std::array<std::uint32_t, Form::kNear>;
    static constexpr std::size_t kSize = sizeof(std::uint64_t) + sizeof(Words);
    // Cells with the words that have no room in a record's own one: none but of packed records.
    static constexpr std::size_t kFar = (Form::kWords - 1) / Form::kNear;

    // Twice the number of writes; and one while the second slot is the current one. Of the second slot: the number of
    // the record that was written last. Of the cells behind it: nothing.
    alignas(kSize <= kCacheLine ? cell_alignment(kSize) : alignof(std::uint64_t)) std::uint64_t commit;
    Words slot;
};

// Memory for a table of so many records: their own cells, the second slot, and the far cells of them all.
template <class Record>
std::vector<TwoSlot<Record>> make_cells(std::size_t records) {
    return std::vector<TwoSlot<Record>>((records + 1) * (1 + TwoSlot<Record>::kFar));
}

template <class Record>
class TwoSlotReader {
public:
    using Cell = TwoSlot<Record>;
    TwoSlotReader() = default;
    // As make_cells() makes them.
    explicit TwoSlotReader(std::span<const Cell> cells) : cells_(cells) {}

    [[nodiscard]] std::size_t size() const { return cells_.empty() ? 0 : cells_.size() / (1 + Cell::kFar) - 1; }

    // The record as of some instant during the call; a default one when the index is out of range.
    // Returns its version.
    std::uint64_t read(std::size_t index, Record& out) const noexcept {
        if (index >= size()) {
            out = Record{};
            return 0;
        }
        AllWords words;
        const std::uint64_t version = copy(index, words);
        Form::unpack(words, out);
        return version;
    }
    [[nodiscard]] Record get(std::size_t index) const noexcept {
        Record out;
        read(index, out);
        return out;
    }
    // One member of the record; costs no more than its size, but for a text that is kept packed.
    template <class Member>
    [[nodiscard]] Member get(std::size_t index, Member Record::*member) const noexcept {
        Member out{};
        if (index >= size()) return out;
        if constexpr (Form::template may_be_text<Member>()) {
            AllWords words;
            copy(index, words);
            if (Form::unpack_text(words, member, out)) return out;
        }
        const auto offset = offset_of(member);
        std::array<std::uint32_t, sizeof(Member) / 4 + 2> words;
        const std::size_t first = offset / 4;
        const std::size_t last = (offset + sizeof(Member) + 3) / 4;
        copy_near(index, first, std::span(words).first(last - first));
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
    using Form = RecordForm<Record>;
    using AllWords = std::array<std::uint32_t, Form::kWords>;

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
    // Which cell has the record's words from the `part * Form::kNear`th on; `index` may be the second slot's.
    [[nodiscard]] std::size_t cell_of(std::size_t index, std::size_t part) const {
        return part == 0 ? index : size() + 1 + index * Cell::kFar + (part - 1);
    }
    // One state of the record, and its version. What is behind the words that it takes is not touched.
    std::uint64_t copy(std::size_t index, AllWords& words) const noexcept {
        return while_current(index, [&](std::size_t current) {
            for (std::size_t i = 0; i < Form::kNear; ++i)
                words[i] = load(cells_[current].slot[i], std::memory_order_relaxed);
            for (std::size_t i = Form::kNear, used = Form::used(words); i < used; ++i)
                words[i] =
                    load(cells_[cell_of(current, i / Form::kNear)].slot[i % Form::kNear], std::memory_order_relaxed);
        });
    }
    // Words from the `first` on, which are in the record's own cell.
    std::uint64_t copy_near(std::size_t index, std::size_t first, std::span<std::uint32_t> words) const noexcept {
        return while_current(index, [&](std::size_t current) {
            for (std::size_t i = 0; i < words.size(); ++i)
                words[i] = load(cells_[current].slot[first + i], std::memory_order_relaxed);
        });
    }
    // Takes what is in the current slot until that stayed so meanwhile.
    template <class Take>
    std::uint64_t while_current(std::size_t index, const Take& take) const noexcept {
        const Cell& cell = cells_[index];
        for (;;) {
            const std::uint64_t before = load(cell.commit, std::memory_order_acquire);
            take((before & 1) == 0 ? index : size());
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
        if (!writable_.empty()) complete(this->load(second().commit, std::memory_order_relaxed));
    }

    void write(std::size_t index, const Record& record) noexcept {
        if (index >= this->size()) return;
        const std::uint64_t before = this->load(writable_[index].commit, std::memory_order_relaxed);
        AllWords words;
        Form::pack(record, words);
        store(second().commit, std::uint64_t{index}, std::memory_order_relaxed);
        fill(this->size(), words);
        store(writable_[index].commit, before + 1, std::memory_order_release);
        fill(index, words);
        store(writable_[index].commit, before + 2, std::memory_order_release);
    }

private:
    using Form = typename TwoSlotReader<Record>::Form;
    using AllWords = typename TwoSlotReader<Record>::AllWords;

    [[nodiscard]] Cell& second() const { return writable_[this->size()]; }
    template <class Word>
    static void store(Word& word, Word value, std::memory_order order) {
        std::atomic_ref<Word>(word).store(value, order);
    }
    void fill(std::size_t index, const AllWords& words) noexcept {
        // A reader that sees any word of the new content must also see the commit word that made this
        // slot the idle one.
        std::atomic_thread_fence(std::memory_order_release);
        for (std::size_t i = 0; i < Form::kNear; ++i)
            store(writable_[index].slot[i], words[i], std::memory_order_relaxed);
        for (std::size_t i = Form::kNear, used = Form::used(words); i < used; ++i)
            store(writable_[this->cell_of(index, i / Form::kNear)].slot[i % Form::kNear], words[i],
                  std::memory_order_relaxed);
    }
    // What a writer that was killed has published but not copied.
    void complete(std::uint64_t index) noexcept {
        if (index >= this->size()) return;
        Cell& cell = writable_[index];
        const std::uint64_t commit = this->load(cell.commit, std::memory_order_relaxed);
        if ((commit & 1) == 0) return;
        AllWords words;
        this->copy(index, words);
        fill(index, words);
        store(cell.commit, commit + 1, std::memory_order_release);
    }

    std::span<Cell> writable_;
};

} // namespace lns::shm
