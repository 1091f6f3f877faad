// SPDX-License-Identifier: ISC
#include "sessiond/store.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lns::sessiond {

namespace {

Generation next(Generation g) {
    const Generation n{raw(g) + 1};
    return n == Generation::none ? Generation{1} : n;
}

std::uint16_t local_of(SessionId id, std::uint16_t mask) { return static_cast<std::uint16_t>(raw(id) ^ mask); }

} // namespace

bool lingers(const shm::SessionRecord& record) {
    const bool accounted = record.acct_state == shm::AcctState::none || record.acct_state == shm::AcctState::stopped;
    return record.state == shm::SessionState::closing && accounted && !record.forwarding && !record.address.is_set();
}

Store::Store(const Tables& tables, std::uint32_t max_sessions, Rng& rng)
    : tables_(tables), max_sessions_(max_sessions), rng_(rng), views_(tables_.tunnels.size()),
      owned_(tables_.tunnels.size()), uses_(tables_.sessions.size()) {}

void Store::attach() {
    attach_tunnels();
    attach_sessions();
}

void Store::attach_tunnels() {
    // The records are the truth: entries of the locator that no record backs were being made or
    // removed when the process ended.
    for (unsigned id = 0; id < shm::Locator::kTunnelIds; ++id)
        if (tables_.locator.tunnel(TunnelId(id)) != TunnelIndex::none)
            tables_.locator.set_tunnel(TunnelId(id), TunnelIndex::none);
    std::vector<bool> block_used(tables_.sessions.size() / shm::kBlockSlots, false);
    for (std::uint32_t i = 1; i < tables_.tunnels.size(); ++i) {
        const TunnelIndex index{i};
        const shm::TunnelRecord record = tunnel(index);
        const bool live = record.state != shm::TunnelState::free;
        for (unsigned number = 0; number < shm::kBlocksPerTunnel; ++number) {
            const std::uint32_t block = tables_.locator.block(index, number);
            if (block == 0) continue;
            if (live && block < block_used.size() && !block_used[block]) {
                block_used[block] = true;
                adopt_block(index, number, block);
            } else {
                tables_.locator.set_block(index, number, 0);
            }
        }
        if (live) {
            tables_.locator.set_mask(index, record.session_mask);
            save(index, record); // fills the view and the locator
        } else {
            free_tunnels_.push_back(index);
        }
    }
    for (auto block = static_cast<std::uint32_t>(block_used.size()); block-- > 1;)
        if (!block_used[block]) free_blocks_.push_back(block);
}

void Store::adopt_block(TunnelIndex tunnel, unsigned number, std::uint32_t block) {
    Owned& owned = owned_[raw(tunnel)];
    owned.blocks.push_back(block);
    for (unsigned low = 0; low < shm::kBlockSlots; ++low) {
        const std::uint32_t slot = block * shm::kBlockSlots + low;
        if (tables_.sessions.get(slot, &shm::SessionRecord::state) == shm::SessionState::free)
            owned.free_locals.push_back(static_cast<std::uint16_t>(number << 8 | low));
    }
}

void Store::attach_sessions() {
    for (const SessionIndex index : all_sessions()) {
        const shm::SessionRecord record = session(index);
        ++sessions_in_use_;
        ++views_[raw(record.tunnel)].sessions;
        note_user(index, record);
        note_use(index, record.tunnel, use_of(record));
    }
}

TunnelIndex Store::new_tunnel(shm::TunnelRecord& record, TunnelId id) {
    if (free_tunnels_.empty()) return TunnelIndex::none;
    const TunnelIndex index = free_tunnels_.front();
    free_tunnels_.pop_front();
    record = {};
    record.generation = next(tables_.tunnels.get(raw(index), &shm::TunnelRecord::generation));
    while (id == TunnelId::none || find_tunnel(id) != TunnelIndex::none)
        id = TunnelId{rng_.u16()};
    record.local_id = id;
    record.session_mask = rng_.u16();
    tables_.locator.set_mask(index, record.session_mask);
    return index;
}

void Store::save(TunnelIndex index, const shm::TunnelRecord& record) {
    tables_.tunnels.write(raw(index), record);
    TunnelView& view = views_[raw(index)];
    if (view.generation != record.generation || view.state == shm::TunnelState::free)
        tables_.locator.set_tunnel(record.local_id, index);
    view = {record.generation, record.state,   record.peer,   record.local_address,
            record.local_id,   record.peer_id, view.sessions, view.online};
}

void Store::free_tunnel(TunnelIndex index) {
    shm::TunnelRecord record = tunnel(index);
    tables_.locator.set_tunnel(record.local_id, TunnelIndex::none);
    for (unsigned number = 0; number < shm::kBlocksPerTunnel; ++number)
        if (tables_.locator.block(index, number) != 0) tables_.locator.set_block(index, number, 0);
    const Generation generation = record.generation;
    record = {};
    record.generation = generation;
    tables_.tunnels.write(raw(index), record);
    Owned& owned = owned_[raw(index)];
    free_blocks_.insert(free_blocks_.end(), owned.blocks.begin(), owned.blocks.end());
    owned = {};
    views_[raw(index)] = {};
    free_tunnels_.push_back(index);
}

bool Store::take_block(TunnelIndex tunnel) {
    if (free_blocks_.empty()) return false;
    unsigned number = 0;
    while (number < shm::kBlocksPerTunnel && tables_.locator.block(tunnel, number) != 0)
        ++number;
    if (number == shm::kBlocksPerTunnel) return false;
    const std::uint32_t block = free_blocks_.back();
    free_blocks_.pop_back();
    tables_.locator.set_block(tunnel, number, block);
    adopt_block(tunnel, number, block);
    return true;
}

SessionIndex Store::new_session(TunnelIndex tunnel, shm::SessionRecord& record) {
    if (sessions_free() == 0) return SessionIndex::none;
    Owned& owned = owned_[raw(tunnel)];
    const std::uint16_t mask = tables_.locator.mask(tunnel);
    for (;;) {
        if (owned.free_locals.empty() && !take_block(tunnel)) return SessionIndex::none;
        const std::uint16_t local = owned.free_locals.front();
        owned.free_locals.pop_front();
        const SessionId wire{static_cast<std::uint16_t>(local ^ mask)};
        if (wire == SessionId::none) continue; // 0 means "no session" on the wire: that slot stays empty
        const SessionIndex index = tables_.locator.session(tunnel, wire);
        const Generation generation = next(tables_.sessions.get(raw(index), &shm::SessionRecord::generation));
        record = {};
        record.generation = generation;
        record.tunnel = tunnel;
        record.tunnel_generation = views_[raw(tunnel)].generation;
        record.local_id = wire;
        ++sessions_in_use_;
        ++views_[raw(tunnel)].sessions;
        return index;
    }
}

void Store::save(SessionIndex index, const shm::SessionRecord& record) {
    // An event that lets something leave in its middle commits before that, and mostly changes nothing more.
    if (index == saved_index_ && memcmp(&record, &saved_, sizeof record) == 0) return;
    note_user(index, record);
    tables_.sessions.write(raw(index), record);
    saved_index_ = index;
    memcpy(&saved_, &record, sizeof record);
    note_use(index, record.tunnel, use_of(record));
}

// Before the record is committed, so that no user is looked for in vain.
void Store::note_user(SessionIndex index, const shm::SessionRecord& record) {
    const std::uint32_t hash = shm::UserHashes::of(record.user.view());
    if (tables_.user_hashes.get(raw(index)) != hash) tables_.user_hashes.set(raw(index), hash);
}

Store::Use Store::use_of(const shm::SessionRecord& record) {
    if (record.state == shm::SessionState::open) return Use::online;
    return lingers(record) ? Use::lingering : Use::other;
}

void Store::note_use(SessionIndex index, TunnelIndex tunnel, Use use) {
    const Use before = std::exchange(uses_[raw(index)], use);
    if (use == before) return;
    count_use(tunnel, before, -1U);
    count_use(tunnel, use, 1U);
}

void Store::count_use(TunnelIndex tunnel, Use use, std::uint32_t by) {
    if (use == Use::online) views_[raw(tunnel)].online += by;
    if (use == Use::lingering) lingering_ += by;
}

void Store::free_session(SessionIndex index) {
    shm::SessionRecord record = session(index);
    const TunnelIndex tunnel = record.tunnel;
    const std::uint16_t local = local_of(record.local_id, tables_.locator.mask(tunnel));
    const Generation generation = record.generation;
    note_use(index, tunnel, Use::other);
    if (forward(index).state != shm::ForwardState::none) save(index, shm::ForwardRecord{});
    record = {};
    record.generation = generation;
    save(index, record);
    owned_[raw(tunnel)].free_locals.push_back(local);
    --sessions_in_use_;
    --views_[raw(tunnel)].sessions;
}

SessionIndex Store::find_session(TunnelIndex tunnel, SessionId id, shm::SessionRecord& record) const {
    const SessionIndex index = tables_.locator.session(tunnel, id);
    if (index == SessionIndex::none) return index;
    tables_.sessions.read(raw(index), record);
    const bool lives = record.state != shm::SessionState::free && record.tunnel == tunnel && record.local_id == id;
    return lives ? index : SessionIndex::none;
}

std::vector<SessionIndex> Store::sessions_in(TunnelIndex tunnel, std::size_t block) const {
    std::vector<SessionIndex> found;
    const std::uint32_t first = owned_[raw(tunnel)].blocks[block] * shm::kBlockSlots;
    for (std::uint32_t slot = first; slot < first + shm::kBlockSlots; ++slot)
        if (tables_.sessions.version(slot) != 0 &&
            tables_.sessions.get(slot, &shm::SessionRecord::state) != shm::SessionState::free)
            found.push_back(SessionIndex{slot});
    return found;
}

std::vector<SessionIndex> Store::sessions_of(TunnelIndex tunnel) const {
    std::vector<SessionIndex> found;
    for (std::size_t block = 0; block < blocks_of(tunnel); ++block) {
        const std::vector<SessionIndex> in_block = sessions_in(tunnel, block);
        found.insert(found.end(), in_block.begin(), in_block.end());
    }
    return found;
}

std::vector<SessionIndex> Store::all_sessions() const {
    std::vector<SessionIndex> found;
    for (std::uint32_t i = 1; i < tables_.tunnels.size(); ++i) {
        const std::vector<SessionIndex> of_tunnel = sessions_of(TunnelIndex{i});
        found.insert(found.end(), of_tunnel.begin(), of_tunnel.end());
    }
    return found;
}

} // namespace lns::sessiond
