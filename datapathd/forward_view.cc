// SPDX-License-Identifier: ISC
#include "datapathd/forward_view.h"

#include "datapathd/framed_routes.h"

namespace lns::datapath {

namespace {

std::vector<Prefix4> routes_of(const SessionTables& tables, SessionIndex session, const shm::ForwardRecord& record) {
    if (record.route_count == 0) return {};
    const shm::SessionAaa aaa = tables.aaa.get(raw(session));
    if (aaa.generation != record.generation) return {};
    std::vector<Prefix4> routes;
    for (std::size_t i = 0; i < framed_route_count(aaa); ++i)
        routes.push_back(framed_route(aaa, i));
    return routes;
}

} // namespace

ForwardView::ForwardView(const SessionTables& tables, std::size_t expected_sessions)
    : tables_(tables), hosts_(expected_sessions), entered_(tables.forward.size()),
      entered_blocks_(tables.forward.size() / shm::kBlockSlots + 1) {}

void ForwardView::refresh(SessionIndex session, const Removed& removed) {
    if (raw(session) == 0 || raw(session) >= entered_.size()) return;
    const shm::ForwardRecord record = tables_.forward.get(raw(session));
    if (record.state == shm::ForwardState::active)
        enter(session, record);
    else
        leave(session);
    if (watcher_) watcher_(session, record);
    if (record.state == shm::ForwardState::removing) removed(session, record.generation);
}

std::vector<bool> ForwardView::blocks_of_tunnels() const {
    std::vector<bool> blocks(entered_blocks_.size());
    for (std::uint32_t t = 1; t < tables_.locator.tunnels(); ++t)
        for (unsigned number = 0; number < shm::kBlocksPerTunnel; ++number)
            if (const std::uint32_t block = tables_.locator.block(TunnelIndex{t}, number); block < blocks.size())
                blocks[block] = true;
    blocks[0] = false; // "none"
    return blocks;
}

void ForwardView::rescan(const Removed& removed) {
    const std::vector<bool> owned = blocks_of_tunnels();
    for (std::uint32_t block = 0; block < owned.size(); ++block) {
        if (!owned[block] && !entered_blocks_[block]) continue;
        for (std::uint32_t low = 0; low < shm::kBlockSlots; ++low)
            refresh(SessionIndex{block * shm::kBlockSlots + low}, removed);
    }
}

void ForwardView::enter(SessionIndex session, const shm::ForwardRecord& record) {
    Entered& entered = entered_[raw(session)];
    if (entered.present && entered.address != record.address) hosts_.remove(entered.address, session);
    if (record.address.is_set()) hosts_.set(record.address, session);
    if (record.route_count > 0 || entered.present) routes_.set(session, routes_of(tables_, session, record));
    entered = {record.address, record.generation, true};
    entered_blocks_[raw(session) / shm::kBlockSlots] = true;
}

void ForwardView::leave(SessionIndex session) {
    Entered& entered = entered_[raw(session)];
    if (!entered.present) return;
    hosts_.remove(entered.address, session);
    routes_.remove(session);
    entered = {};
}

SessionIndex ForwardView::find(Ipv4 destination, shm::ForwardRecord& record) const noexcept {
    SessionIndex session = hosts_.find(destination);
    if (session != SessionIndex::none) {
        tables_.forward.read(raw(session), record);
        if (record.state == shm::ForwardState::active && record.address == destination) return session;
    }
    session = routes_.find(destination);
    if (session == SessionIndex::none) return session;
    tables_.forward.read(raw(session), record);
    const bool same_use = record.generation == entered_[raw(session)].generation;
    return record.state == shm::ForwardState::active && same_use ? session : SessionIndex::none;
}

} // namespace lns::datapath
