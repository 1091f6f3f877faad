// SPDX-License-Identifier: ISC
// Ipv4 address to a number that is not 0: open addressing with linear probing in one flat array, at most half
// full. A look-up is one or two cache lines. Private to the process; no allocation after the constructor
// but by growing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/ids.h"
#include "lib/base/inet.h"

namespace lns {

template <class Number>
class AddressMapOf {
public:
    static constexpr Number kNone{};

    // Room for `entries`; more are taken by growing, which costs a pause.
    explicit AddressMapOf(std::size_t entries = 8)
        : slots_(std::bit_ceil(std::max<std::size_t>(entries, 8) * 2)), mask_(slots_.size() - 1),
          shift_(32U - static_cast<unsigned>(std::countr_zero(slots_.size()))) {}

    [[nodiscard]] Number find(Ipv4 address) const noexcept {
        for (std::size_t i = home(address);; i = (i + 1) & mask_) {
            const Slot& slot = slots_[i];
            if (slot.number == kNone) return kNone;
            if (slot.address == address) return slot.number;
        }
    }
    [[nodiscard]] bool contains(Ipv4 address) const noexcept { return find(address) != kNone; }
    // Has the place of the address brought into the processor's cache.
    void prefetch(Ipv4 address) const noexcept { __builtin_prefetch(&slots_[home(address)]); }
    // Replaces what stood there. `number` is not kNone.
    void set(Ipv4 address, Number number) {
        Slot& slot = slots_[place_of(address)];
        const bool fresh = slot.number == kNone;
        slot = {address, number};
        if (fresh && ++used_ * 2 > slots_.size()) grow();
    }
    // Removes the address if it has this number; true when it had.
    bool remove(Ipv4 address, Number number) {
        const std::size_t place = place_of(address);
        if (slots_[place].number == kNone || slots_[place].number != number) return false;
        remove_at(place);
        return true;
    }
    [[nodiscard]] std::size_t size() const { return used_; }

    // For going through all of them: below places(). An empty place has number kNone. One that is removed meanwhile
    // makes others move up to where it was.
    struct Slot {
        Ipv4 address;
        Number number = kNone;
    };
    [[nodiscard]] std::size_t places() const { return slots_.size(); }
    [[nodiscard]] const Slot& at(std::size_t place) const { return slots_[place]; }

private:
    // Fibonacci hashing: consecutive addresses, which is what pools hand out, spread evenly.
    [[nodiscard]] std::size_t home(Ipv4 address) const noexcept {
        return static_cast<std::uint32_t>(address.value * 0x9e3779b9U) >> shift_;
    }
    // Where the address stands, or the empty slot where it would be put.
    [[nodiscard]] std::size_t place_of(Ipv4 address) const noexcept {
        std::size_t i = home(address);
        while (slots_[i].number != kNone && slots_[i].address != address)
            i = (i + 1) & mask_;
        return i;
    }
    void remove_at(std::size_t hole) {
        // Entries behind the hole move up unless that would put one before its home, so no mark is left
        // behind and look-ups stay short however often sessions come and go.
        for (std::size_t i = (hole + 1) & mask_; slots_[i].number != kNone; i = (i + 1) & mask_) {
            const std::size_t distance_from_home = (i - home(slots_[i].address)) & mask_;
            if (distance_from_home < ((i - hole) & mask_)) continue;
            slots_[hole] = slots_[i];
            hole = i;
        }
        slots_[hole] = {};
        --used_;
    }
    void grow() {
        AddressMapOf larger(slots_.size());
        for (const Slot& slot : slots_)
            if (slot.number != kNone) larger.set(slot.address, slot.number);
        *this = std::move(larger);
    }

    std::vector<Slot> slots_; // a power of two
    std::size_t mask_;
    unsigned shift_;
    std::size_t used_ = 0;
};

using AddressMap = AddressMapOf<SessionIndex>;

} // namespace lns
