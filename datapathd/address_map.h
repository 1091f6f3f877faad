// SPDX-License-Identifier: ISC
// Ipv4 address to SessionIndex: open addressing with linear probing in one flat array, at most half
// full. A look-up is one or two cache lines. Private to the process; no allocation after the constructor
// but by grow().
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/ids.h"
#include "lib/base/inet.h"

namespace lns::datapath {

class AddressMap {
public:
    // Room for `entries`; more are taken by growing, which costs a pause.
    explicit AddressMap(std::size_t entries = 8);

    [[nodiscard]] SessionIndex find(Ipv4 address) const noexcept {
        for (std::size_t i = home(address);; i = (i + 1) & mask_) {
            const Slot& slot = slots_[i];
            if (slot.session == SessionIndex::none) return SessionIndex::none;
            if (slot.address == address) return slot.session;
        }
    }
    // Has the place of the address brought into the processor's cache.
    void prefetch(Ipv4 address) const noexcept { __builtin_prefetch(&slots_[home(address)]); }
    // Replaces what stood there. `session` is not none.
    void set(Ipv4 address, SessionIndex session);
    // Removes the address if it is this session's; true when it was.
    bool remove(Ipv4 address, SessionIndex session);
    [[nodiscard]] std::size_t size() const { return used_; }

private:
    struct Slot {
        Ipv4 address;
        SessionIndex session = SessionIndex::none; // none: empty
    };
    // Fibonacci hashing: consecutive addresses, which is what pools hand out, spread evenly.
    [[nodiscard]] std::size_t home(Ipv4 address) const noexcept {
        return static_cast<std::uint32_t>(address.value * 0x9e3779b9U) >> shift_;
    }
    [[nodiscard]] std::size_t slot_of(Ipv4 address) const noexcept;
    void grow();

    std::vector<Slot> slots_; // a power of two
    std::size_t mask_ = 0;
    unsigned shift_ = 0;
    std::size_t used_ = 0;
};

} // namespace lns::datapath
