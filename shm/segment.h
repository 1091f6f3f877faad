// SPDX-License-Identifier: ISC
// Shared-memory segments: made and named by the parent, mapped by workers from the descriptor they
// were handed (DESIGN 4). The only code that includes Boost.Interprocess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "shm/locator.h"
#include "shm/tables.h"
#include "shm/two_slot.h"

namespace lns::shm {

// A segment in /dev/shm, as its owner (the parent) holds it. It stays after the owner's end until
// remove(): tables outlive every process.
struct Segment {
    TableId id{};
    std::uint16_t instance = 0;
    std::string name;
    UniqueFd writable;
    UniqueFd read_only;
};

// Which run of the kernel this is: tables and process numbers of another mean nothing.
std::string boot_id();

// Segment name of a table: a hash of the run directory keeps instances apart, since network
// namespaces share /dev/shm.
std::string segment_name(const std::string& rundir, TableId id, std::uint16_t instance);

// Makes the segment afresh (an old one of that name is removed first): mode 0600, sized, header written.
Result<Segment> create_segment(const std::string& rundir, TableId id, std::uint16_t instance, const TableSizes& sizes);
// One that exists, when it is of this boot, of our layout and of exactly that size, and nobody else's doing.
Result<Segment> open_segment(const std::string& rundir, TableId id, std::uint16_t instance, const TableSizes& sizes);
bool segment_exists(const std::string& rundir, TableId id, std::uint16_t instance);
// What it takes of the machine's memory, for the table of that.
TableMemory memory_of(const Segment& segment);
void remove_segment(const std::string& name);
// Removes every segment of that run directory (l2tpnsd --purge).
void remove_all_segments(const std::string& rundir);

// A mapped segment. Checks magic, version, layout and size before anything is read.
class Mapping {
public:
    static Result<Mapping> map(int fd, TableId id, bool writable);
    Mapping();
    Mapping(Mapping&&) noexcept;
    Mapping& operator=(Mapping&&) noexcept;
    ~Mapping();

    [[nodiscard]] std::uint64_t records() const;
    // Ends this process's right to write; false when the kernel refuses. For a forked child.
    [[nodiscard]] bool make_read_only();

    template <class Record>
    TwoSlotReader<Record> reader() const {
        return TwoSlotReader<Record>(cells<const TwoSlot<Record>>());
    }
    template <class Record>
    TwoSlotWriter<Record> writer() {
        return TwoSlotWriter<Record>(cells<TwoSlot<Record>>());
    }
    // For tables of plain atomic words or counters.
    template <class Item>
    std::span<Item> view() const {
        return {static_cast<Item*>(data()), records()};
    }

private:
    struct Impl;
    template <class Cell>
    std::span<Cell> cells() const {
        return {static_cast<Cell*>(data()), data() == nullptr ? 0 : (records() + 1) * (1 + Cell::kFar)};
    }
    explicit Mapping(std::unique_ptr<Impl> impl);
    [[nodiscard]] void* data() const;
    std::unique_ptr<Impl> impl_;
};

} // namespace lns::shm
