// SPDX-License-Identifier: ISC
// The one way by which sessiond changes a shared table. Built with LNS_CRASH_POINTS, as a library of the tests is,
// each change asks first whether the process still lives: so it can die between any two of them. Otherwise
// nothing is asked.
#pragma once

#include "shm/locator.h"
#include "shm/two_slot.h"
#include "shm/user_hashes.h"

namespace lns::sessiond {

#ifdef LNS_CRASH_POINTS
bool still_alive(); // the test's
#else
constexpr bool still_alive() { return true; }
#endif

template <class Record>
class TableWriter : public shm::TwoSlotWriter<Record> {
public:
    TableWriter() = default;
    TableWriter(const shm::TwoSlotWriter<Record>& table) : shm::TwoSlotWriter<Record>(table) {} // NOLINT: the same
    // Has the whole record brought into the processor's cache, for work on it soon.
    void prefetch_all(std::size_t index) const noexcept {
        if (index >= this->size()) return;
        const auto* const cell = reinterpret_cast<const char*>(&this->cells_[index]);
        for (std::size_t offset = 0; offset < sizeof(shm::TwoSlot<Record>); offset += shm::kCacheLine)
            __builtin_prefetch(cell + offset);
    }
    void write(std::size_t index, const Record& record) {
        if (still_alive()) shm::TwoSlotWriter<Record>::write(index, record);
    }
};

class LocatorWriter : public shm::LocatorWriter {
public:
    LocatorWriter() = default;
    LocatorWriter(const shm::LocatorWriter& locator) : shm::LocatorWriter(locator) {} // NOLINT: the same
    void set_tunnel(TunnelId id, TunnelIndex tunnel) {
        if (still_alive()) shm::LocatorWriter::set_tunnel(id, tunnel);
    }
    void set_mask(TunnelIndex tunnel, std::uint16_t mask) {
        if (still_alive()) shm::LocatorWriter::set_mask(tunnel, mask);
    }
    void set_block(TunnelIndex tunnel, unsigned number, std::uint32_t block) {
        if (still_alive()) shm::LocatorWriter::set_block(tunnel, number, block);
    }
};

class UserHashWriter : public shm::UserHashWriter {
public:
    UserHashWriter() = default;
    UserHashWriter(const shm::UserHashWriter& hashes) : shm::UserHashWriter(hashes) {} // NOLINT: the same
    void set(std::size_t slot, std::uint32_t hash) {
        if (still_alive()) shm::UserHashWriter::set(slot, hash);
    }
};

} // namespace lns::sessiond
