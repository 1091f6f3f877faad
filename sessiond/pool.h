// SPDX-License-Identifier: ISC
// The address pool. An address is in use exactly if a session record says so; this keeps what
// follows from that, and the leases table, which remembers for each address its last user so that a
// subscriber gets his previous one again and `show pool` can tell (DESIGN 4, 6).
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/address_map.h"
#include "lib/base/clock.h"
#include "lib/base/inet.h"
#include "lib/conf/ip_pool.h"
#include "sessiond/name_index.h"
#include "sessiond/table_writer.h"
#include "shm/segment.h"

namespace lns::sessiond {

class Pool {
public:
    Pool(conf::PoolPlan plan, const TableWriter<shm::LeaseRecord>& leases);

    // After a crash: reads the remembered leases. Sessions say by take() which are in use.
    void attach();
    // When all have: what no session holds is free, whatever its lease says.
    void settle(MonoTime now);

    // An address for the user: his previous one if free, else one never used, else the one released
    // longest ago. Nothing when all are in use.
    std::optional<Ipv4> choose(std::string_view user);
    // Marks an address as in use; also one outside the pool (no lease is kept for it then).
    void take(Ipv4 address, SessionIndex session, Generation generation, std::string_view user);
    void release(Ipv4 address, MonoTime now);

    [[nodiscard]] bool in_pool(Ipv4 address) const { return plan_.contains(address); }
    // Who has it; SessionIndex::none when nobody.
    [[nodiscard]] SessionIndex holder(Ipv4 address) const;
    [[nodiscard]] std::size_t in_use() const { return held_.size(); }
    // Is the address held by that session, with a lease if it is one of the pool?
    [[nodiscard]] bool keeps(Ipv4 address, SessionIndex session) const {
        return holder(address) == session && (!plan_.contains(address) || leased_.contains(address));
    }
    // Releases what is held for somebody who does not hold it, in one of the places() that what is held may have; how
    // many there were. What comes while one goes through them may be missed.
    using Holds = std::function<bool(Ipv4 address, SessionIndex session)>;
    std::size_t release_unless(std::size_t place, const Holds& holds, MonoTime now);
    [[nodiscard]] std::size_t places() const { return held_.places(); }
    // Another pool. What is in use stays so; no lease is kept of addresses outside it, and take() makes one for
    // those in use that are inside it now.
    void replace_plan(conf::PoolPlan plan);

private:
    using Slot = std::uint32_t;
    enum class SlotNumber : std::uint32_t { none = 0 }; // slot + 1
    // An address's slot of the leases table.
    [[nodiscard]] std::optional<Slot> slot_of(Ipv4 address) const;
    void set_slot(Ipv4 address, Slot slot) { leased_.set(address, SlotNumber{slot + 1}); }
    [[nodiscard]] std::optional<Ipv4> last_of(std::string_view user) const;
    [[nodiscard]] bool free_to_give(Ipv4 address) const { return plan_.contains(address) && !held_.contains(address); }
    std::optional<Ipv4> never_used();
    std::optional<Ipv4> longest_released();
    std::optional<Slot> slot_for(Ipv4 address);
    void forget(Slot slot);
    static constexpr int kMostAddresses = 16; // of one user, that are looked at

    conf::PoolPlan plan_;
    TableWriter<shm::LeaseRecord> leases_;
    AddressMap held_;
    AddressMapOf<SlotNumber> leased_;
    NameIndex by_user_;            // slots, by the user in their lease
    std::deque<Ipv4> released_;    // oldest first; entries taken again are skipped when met
    std::vector<Slot> free_slots_; // used before
    Slot fresh_slot_ = 0;          // it and all above were never used
    std::uint32_t cursor_ = 0;     // addresses of the plan before it were given at least once
};

} // namespace lns::sessiond
