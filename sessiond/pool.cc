// SPDX-License-Identifier: ISC
#include "sessiond/pool.h"

#include <algorithm>

namespace lns::sessiond {

Pool::Pool(conf::PoolPlan plan, const TableWriter<shm::LeaseRecord>& leases)
    : plan_(std::move(plan)), leases_(leases) {}

void Pool::attach() {
    std::vector<std::pair<MonoTime, Ipv4>> released;
    // Slots are taken from the lowest up: behind the first that was never written there is none, and
    // looking there would make the kernel give the table memory.
    for (fresh_slot_ = 0; fresh_slot_ < leases_.size() && leases_.version(fresh_slot_) != 0; ++fresh_slot_) {
        const shm::LeaseRecord lease = leases_.get(fresh_slot_);
        if (!lease.address.is_set() || !plan_.contains(lease.address)) {
            if (lease.address.is_set()) leases_.write(fresh_slot_, {});
            free_slots_.push_back(fresh_slot_);
            continue;
        }
        set_slot(lease.address, fresh_slot_);
        if (!lease.user.empty()) by_user_.add(lease.user.view(), fresh_slot_);
        released.emplace_back(lease.released, lease.address);
    }
    std::sort(released.begin(), released.end());
    for (const auto& [when, address] : released)
        released_.push_back(address);
}

void Pool::settle(MonoTime now) {
    for (Slot slot = 0; slot < fresh_slot_; ++slot) {
        const shm::LeaseRecord lease = leases_.get(slot);
        if (lease.address.is_set() && lease.session != SessionIndex::none && !held_.contains(lease.address))
            release(lease.address, now);
    }
}

SessionIndex Pool::holder(Ipv4 address) const { return held_.find(address); }

std::optional<Pool::Slot> Pool::slot_of(Ipv4 address) const {
    const SlotNumber number = leased_.find(address);
    if (number == SlotNumber::none) return std::nullopt;
    return raw(number) - 1;
}

std::optional<Ipv4> Pool::choose(std::string_view user) {
    if (const auto last = last_of(user)) return last;
    if (const auto fresh = never_used()) return fresh;
    return longest_released();
}

// A free one among those that the user had last: with many sessions he may have had any number.
std::optional<Ipv4> Pool::last_of(std::string_view user) const {
    std::optional<Ipv4> found;
    int looks = 0;
    by_user_.find(user, [&](Slot slot) {
        const shm::LeaseRecord lease = leases_.get(slot);
        if (lease.user.view() == user && free_to_give(lease.address)) found = lease.address;
        return !found && ++looks < kMostAddresses;
    });
    return found;
}

std::optional<Ipv4> Pool::never_used() {
    while (cursor_ < plan_.size()) {
        const Ipv4 address = plan_.nth(cursor_);
        if (!held_.contains(address) && !leased_.contains(address)) return address;
        ++cursor_;
    }
    return std::nullopt;
}

std::optional<Ipv4> Pool::longest_released() {
    while (!released_.empty()) {
        const Ipv4 address = released_.front();
        if (free_to_give(address) && leased_.contains(address)) return address;
        released_.pop_front();
    }
    // Addresses whose lease was forgotten: only a table of leases smaller than the pool gets here.
    for (std::uint32_t i = 0; i < plan_.size(); ++i)
        if (const Ipv4 address = plan_.nth(i); !held_.contains(address)) return address;
    return std::nullopt;
}

void Pool::take(Ipv4 address, SessionIndex session, Generation generation, std::string_view user) {
    held_.set(address, session);
    if (!plan_.contains(address)) return;
    const auto slot = slot_for(address);
    if (!slot) return;
    leases_.write(*slot, {address, session, generation, {}, user});
    if (user.empty())
        by_user_.remove(*slot);
    else
        by_user_.add(user, *slot);
}

void Pool::release(Ipv4 address, MonoTime now) {
    held_.remove(address, held_.find(address));
    const auto slot = slot_of(address);
    if (!slot) return;
    shm::LeaseRecord lease = leases_.get(*slot);
    lease.session = SessionIndex::none;
    lease.released = now;
    leases_.write(*slot, lease);
    released_.push_back(address);
}

std::size_t Pool::release_unless(std::size_t place, const Holds& holds, MonoTime now) {
    std::size_t released = 0;
    for (;;) { // another may move up to the place of one that is released
        const AddressMap::Slot held = held_.at(place);
        if (held.number == SessionIndex::none || holds(held.address, held.number)) return released;
        release(held.address, now);
        ++released;
    }
}

std::optional<Pool::Slot> Pool::slot_for(Ipv4 address) {
    if (const auto known = slot_of(address)) return known;
    if (free_slots_.empty() && fresh_slot_ < leases_.size()) free_slots_.push_back(fresh_slot_++);
    while (free_slots_.empty()) {
        if (released_.empty()) return std::nullopt; // not possible: there are more slots than sessions
        const Ipv4 oldest = released_.front();
        released_.pop_front();
        if (const auto slot = slot_of(oldest); slot && !held_.contains(oldest)) forget(*slot);
    }
    const Slot slot = free_slots_.back();
    free_slots_.pop_back();
    set_slot(address, slot);
    return slot;
}

void Pool::forget(Slot slot) {
    leased_.remove(leases_.get(slot).address, SlotNumber{slot + 1});
    by_user_.remove(slot);
    leases_.write(slot, {});
    free_slots_.push_back(slot);
}

void Pool::replace_plan(conf::PoolPlan plan) {
    plan_ = std::move(plan);
    cursor_ = 0;
    for (Slot slot = 0; slot < fresh_slot_; ++slot)
        if (const Ipv4 address = leases_.get(slot, &shm::LeaseRecord::address);
            address.is_set() && !plan_.contains(address))
            forget(slot);
    std::erase_if(released_, [this](Ipv4 address) { return !plan_.contains(address); });
}

} // namespace lns::sessiond
