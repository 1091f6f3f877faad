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
        slot_of_[lease.address] = fresh_slot_;
        if (!lease.user.empty()) last_of_user_[lease.user.str()] = lease.address;
        released.emplace_back(lease.released, lease.address);
    }
    std::sort(released.begin(), released.end());
    for (const auto& [when, address] : released)
        released_.push_back(address);
}

void Pool::settle(MonoTime now) {
    for (const auto& [address, slot] : slot_of_)
        if (!held_.contains(address) && leases_.get(slot).session != SessionIndex::none) release(address, now);
}

SessionIndex Pool::holder(Ipv4 address) const {
    const auto found = held_.find(address);
    return found == held_.end() ? SessionIndex::none : found->second;
}

std::optional<Ipv4> Pool::choose(std::string_view user) {
    const auto last = last_of_user_.find(std::string(user));
    if (last != last_of_user_.end() && free_to_give(last->second)) return last->second;
    if (const auto fresh = never_used()) return fresh;
    return longest_released();
}

std::optional<Ipv4> Pool::never_used() {
    while (cursor_ < plan_.size()) {
        const Ipv4 address = plan_.nth(cursor_);
        if (!held_.contains(address) && !slot_of_.contains(address)) return address;
        ++cursor_;
    }
    return std::nullopt;
}

std::optional<Ipv4> Pool::longest_released() {
    while (!released_.empty()) {
        const Ipv4 address = released_.front();
        if (free_to_give(address) && slot_of_.contains(address)) return address;
        released_.pop_front();
    }
    // Addresses whose lease was forgotten: only a table of leases smaller than the pool gets here.
    for (std::uint32_t i = 0; i < plan_.size(); ++i)
        if (const Ipv4 address = plan_.nth(i); !held_.contains(address)) return address;
    return std::nullopt;
}

void Pool::take(Ipv4 address, SessionIndex session, Generation generation, std::string_view user) {
    held_[address] = session;
    if (!plan_.contains(address)) return;
    const auto slot = slot_for(address);
    if (!slot) return;
    const shm::LeaseRecord before = leases_.get(*slot);
    if (const auto known = last_of_user_.find(before.user.str());
        known != last_of_user_.end() && known->second == address && before.user.view() != user)
        last_of_user_.erase(known);
    leases_.write(*slot, {address, session, generation, {}, user});
    if (!user.empty()) last_of_user_[std::string(user)] = address;
}

void Pool::release(Ipv4 address, MonoTime now) {
    held_.erase(address);
    const auto slot = slot_of_.find(address);
    if (slot == slot_of_.end()) return;
    shm::LeaseRecord lease = leases_.get(slot->second);
    lease.session = SessionIndex::none;
    lease.released = now;
    leases_.write(slot->second, lease);
    released_.push_back(address);
}

std::size_t Pool::release_unless(std::size_t bucket, const Holds& holds, MonoTime now) {
    std::vector<Ipv4> stale;
    for (auto it = held_.begin(bucket); it != held_.end(bucket); ++it)
        if (!holds(it->first, it->second)) stale.push_back(it->first);
    for (const Ipv4 address : stale)
        release(address, now);
    return stale.size();
}

std::optional<Pool::Slot> Pool::slot_for(Ipv4 address) {
    if (const auto known = slot_of_.find(address); known != slot_of_.end()) return known->second;
    if (free_slots_.empty() && fresh_slot_ < leases_.size()) free_slots_.push_back(fresh_slot_++);
    while (free_slots_.empty()) {
        if (released_.empty()) return std::nullopt; // not possible: there are more slots than sessions
        const Ipv4 oldest = released_.front();
        released_.pop_front();
        if (const auto slot = slot_of_.find(oldest); slot != slot_of_.end() && !held_.contains(oldest))
            forget(slot->second);
    }
    const Slot slot = free_slots_.back();
    free_slots_.pop_back();
    slot_of_[address] = slot;
    return slot;
}

void Pool::forget(Slot slot) {
    const shm::LeaseRecord lease = leases_.get(slot);
    slot_of_.erase(lease.address);
    if (const auto known = last_of_user_.find(lease.user.str());
        known != last_of_user_.end() && known->second == lease.address)
        last_of_user_.erase(known);
    leases_.write(slot, {});
    free_slots_.push_back(slot);
}

void Pool::replace_plan(conf::PoolPlan plan) {
    plan_ = std::move(plan);
    cursor_ = 0;
    std::vector<Slot> outside;
    for (const auto& [address, slot] : slot_of_)
        if (!plan_.contains(address)) outside.push_back(slot);
    for (const Slot slot : outside)
        forget(slot);
    std::erase_if(released_, [this](Ipv4 address) { return !plan_.contains(address); });
}

} // namespace lns::sessiond
