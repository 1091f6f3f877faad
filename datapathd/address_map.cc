// SPDX-License-Identifier: ISC
#include "datapathd/address_map.h"

#include <algorithm>
#include <bit>

namespace lns::datapath {

AddressMap::AddressMap(std::size_t entries) {
    const std::size_t slots = std::bit_ceil(std::max<std::size_t>(entries, 8) * 2);
    slots_.resize(slots);
    mask_ = slots - 1;
    shift_ = 32U - static_cast<unsigned>(std::countr_zero(slots));
}

// Where the address stands, or the empty slot where it would be put.
std::size_t AddressMap::slot_of(Ipv4 address) const noexcept {
    std::size_t i = home(address);
    while (slots_[i].session != SessionIndex::none && slots_[i].address != address)
        i = (i + 1) & mask_;
    return i;
}

void AddressMap::set(Ipv4 address, SessionIndex session) {
    Slot& slot = slots_[slot_of(address)];
    const bool fresh = slot.session == SessionIndex::none;
    slot = {address, session};
    if (fresh && ++used_ * 2 > slots_.size()) grow();
}

bool AddressMap::remove(Ipv4 address, SessionIndex session) {
    std::size_t hole = slot_of(address);
    if (slots_[hole].session == SessionIndex::none || slots_[hole].session != session) return false;
    // Entries behind the hole move up unless that would put one before its home, so no mark is left
    // behind and look-ups stay short however often sessions come and go.
    for (std::size_t i = (hole + 1) & mask_; slots_[i].session != SessionIndex::none; i = (i + 1) & mask_) {
        const std::size_t distance_from_home = (i - home(slots_[i].address)) & mask_;
        if (distance_from_home < ((i - hole) & mask_)) continue;
        slots_[hole] = slots_[i];
        hole = i;
    }
    slots_[hole] = {};
    --used_;
    return true;
}

void AddressMap::grow() {
    AddressMap larger(slots_.size());
    for (const Slot& slot : slots_)
        if (slot.session != SessionIndex::none) larger.set(slot.address, slot.session);
    *this = std::move(larger);
}

} // namespace lns::datapath
