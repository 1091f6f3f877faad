// SPDX-License-Identifier: ISC
#include "clid/suite_view.h"

#include <algorithm>

#include "lib/base/escape.h"

namespace lns::clid {

namespace {

template <class Record>
void take(const TableMap& table, shm::TableId id, shm::TwoSlotReader<Record>& reader) {
    if (table.id == id) reader = table.map->reader<Record>();
}

// The reverse of shm::counters_instance().
ProcessCounters counters_of(const TableMap& table) {
    return {static_cast<Proc>(table.instance >> 8), static_cast<std::uint16_t>(table.instance & 0xff),
            table.map->view<std::uint64_t>()};
}

std::uint32_t first_slot(std::uint32_t block) { return block * shm::kBlockSlots; }

} // namespace

SuiteView make_view(const std::vector<TableMap>& maps) {
    SuiteView view;
    for (const TableMap& table : maps) {
        take(table, shm::TableId::tunnels, view.tunnels);
        take(table, shm::TableId::sessions, view.sessions);
        take(table, shm::TableId::session_aaa, view.session_aaa);
        take(table, shm::TableId::services, view.services);
        take(table, shm::TableId::processes, view.processes);
        take(table, shm::TableId::radius_requests, view.radius_requests);
        take(table, shm::TableId::leases, view.leases);
        take(table, shm::TableId::config, view.config);
        take(table, shm::TableId::operation, view.operation);
        take(table, shm::TableId::counter_baseline, view.baselines);
        take(table, shm::TableId::carried_counters, view.carried);
        take(table, shm::TableId::fast_path, view.fast_path);
        take(table, shm::TableId::memory, view.memory);
        if (table.id == shm::TableId::user_hashes)
            view.user_hashes = shm::UserHashes(table.map->view<const std::uint32_t>());
        if (table.id == shm::TableId::session_counters)
            view.counters.add_worker(table.map->view<shm::SessionCounters>());
        if (table.id == shm::TableId::rule_counters) view.rule_counters.push_back(table.map->view<shm::RuleCounter>());
        if (table.id == shm::TableId::process_counters) view.process_counters.push_back(counters_of(table));
    }
    for (const TableMap& table : maps) // needs the number of tunnels
        if (table.id == shm::TableId::locator)
            view.locator =
                shm::Locator(table.map->view<const std::uint32_t>(), static_cast<std::uint32_t>(view.tunnels.size()));
    std::sort(view.process_counters.begin(), view.process_counters.end(), [](const auto& a, const auto& b) {
        return std::pair(a.proc, a.instance) < std::pair(b.proc, b.instance);
    });
    return view;
}

std::vector<std::uint32_t> blocks_of_tunnel(const SuiteView& view, TunnelIndex tunnel) {
    std::vector<std::uint32_t> blocks;
    for (unsigned number = 0; number < shm::kBlocksPerTunnel; ++number) {
        const std::uint32_t block = view.locator.block(tunnel, number);
        if (block != 0) blocks.push_back(block);
    }
    std::sort(blocks.begin(), blocks.end());
    return blocks;
}

std::vector<std::uint32_t> blocks_in_use(const SuiteView& view) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t t = 1; t < view.tunnels.size(); ++t) {
        if (view.tunnels.version(t) == 0) continue; // never used
        const auto blocks = blocks_of_tunnel(view, TunnelIndex{t});
        all.insert(all.end(), blocks.begin(), blocks.end());
    }
    std::sort(all.begin(), all.end());
    // A block that changed hands during the walk was seen twice.
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

bool is_connected(shm::SessionState state) {
    return state != shm::SessionState::free && state != shm::SessionState::closing;
}
bool is_connected(const shm::SessionRecord& record) { return is_connected(record.state); }

void for_each_session(const SuiteView& view, const std::vector<std::uint32_t>& blocks, const SessionVisitor& visit) {
    shm::SessionRecord record;
    for (const std::uint32_t block : blocks) {
        for (std::uint32_t i = 0; i < shm::kBlockSlots; ++i) {
            const std::uint32_t slot = first_slot(block) + i;
            if (view.sessions.read(slot, record) == 0 || !is_connected(record)) continue;
            if (!visit(SessionIndex{slot}, record)) return;
        }
    }
}

bool is_user(const shm::SessionRecord& record, std::string_view name) {
    return record.user.view() == name || escape(record.user.view()) == name;
}

std::vector<SessionKey> sessions_of_user(const SuiteView& view, std::string_view name) {
    const std::uint32_t hash = shm::UserHashes::of(name);
    const bool escaped = name.find('\\') != std::string_view::npos; // perhaps of another, that looks so
    std::vector<SessionKey> found;
    shm::SessionRecord record;
    for (const std::uint32_t block : blocks_in_use(view)) {
        for (std::uint32_t slot = first_slot(block); slot < first_slot(block + 1); ++slot) {
            if (!escaped && view.user_hashes.get(slot) != hash) continue;
            view.sessions.read(slot, record);
            if (is_connected(record) && is_user(record, name)) found.push_back({SessionIndex{slot}, record.generation});
        }
    }
    return found;
}

std::optional<shm::SessionRecord> find_session(const SuiteView& view, const SessionKey& key) {
    shm::SessionRecord record;
    view.sessions.read(raw(key.sid), record);
    if (!is_connected(record) || record.generation != key.generation) return std::nullopt;
    return record;
}

void for_each_state(const SuiteView& view, const std::function<void(shm::SessionState)>& visit) {
    for (const std::uint32_t block : blocks_in_use(view))
        for (std::uint32_t i = 0; i < shm::kBlockSlots; ++i)
            visit(view.sessions.get(first_slot(block) + i, &shm::SessionRecord::state));
}

std::uint32_t count_sessions(const SuiteView& view, TunnelIndex tunnel) {
    std::uint32_t count = 0;
    for_each_session(view, blocks_of_tunnel(view, tunnel), [&](SessionIndex, const shm::SessionRecord& record) {
        if (record.tunnel == tunnel) ++count;
        return true;
    });
    return count;
}

std::optional<TunnelIndex> find_tunnel(const SuiteView& view, TunnelId id) {
    const TunnelIndex index = view.locator.tunnel(id);
    if (index == TunnelIndex::none || raw(index) >= view.tunnels.size()) return std::nullopt;
    return index;
}

const shm::TunnelRecord& TunnelOfSession::find(const shm::SessionRecord& session) {
    if (session.tunnel != index_ || session.tunnel_generation != generation_) {
        view_.tunnels.read(raw(session.tunnel), record_);
        index_ = session.tunnel;
        generation_ = session.tunnel_generation;
        if (record_.generation != session.tunnel_generation) record_ = {};
    }
    return record_;
}

} // namespace lns::clid
