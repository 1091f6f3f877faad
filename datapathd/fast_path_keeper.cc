// SPDX-License-Identifier: ISC
#include "datapathd/fast_path_keeper.h"

#include "lib/base/log.h"

namespace lns::datapath {

namespace {

FastPathMaps maps_of(worker::Worker& worker) {
    using imsg::MapKind;
    FastPathMaps maps{worker.map<LnsFastTunnelId>(MapKind::tunnel_ids), worker.map<LnsFastTunnel>(MapKind::tunnels),
                      worker.map<LnsFastSession>(MapKind::sessions),    worker.map<LnsFastHosts>(MapKind::hosts),
                      worker.map<LnsFastCounters>(MapKind::counters),   worker.map<LnsFastLost>(MapKind::lost)};
    return maps;
}

} // namespace

std::unique_ptr<FastPathKeeper> FastPathKeeper::make(worker::Worker& worker, const SessionTables& tables,
                                                     ForwardView& view, ForwardSync& sync) {
    const FastPathMaps maps = maps_of(worker);
    if (!maps.complete()) return nullptr;
    return std::make_unique<FastPathKeeper>(worker, maps, tables, view, sync);
}

FastPathKeeper::FastPathKeeper(worker::Worker& worker, const FastPathMaps& maps, const SessionTables& tables,
                               ForwardView& view, ForwardSync& sync)
    : worker_(worker), sync_(sync),
      fast_(maps, tables,
            worker.table(shm::TableId::session_counters, shm::kFastPathCounters).view<shm::SessionCounters>(),
            worker.counters()),
      fold_timer_(worker.loop(),
                  [this] {
                      fast_.fold_some();
                      fold_timer_.arm(kFoldInterval);
                  }),
      leave_timer_(worker.loop(), [this] { confirm_due(); }) {
    configure(worker.config().config);
    fast_.attach();
    view.watch([this](SessionIndex session, const shm::ForwardRecord& record) { looked_at(session, record); });
    sync.hold_back([this](SessionIndex session, Generation generation) { return hold_back(session, generation); });
    fold_timer_.arm(kFoldInterval);
    if (fast_.sessions() > 0) log_info("%zu sessions are fast already", fast_.sessions());
}

void FastPathKeeper::looked_at(SessionIndex session, const shm::ForwardRecord& record) {
    just_left_ = fast_.refresh(session, record) ? session : SessionIndex::none;
    if (may_be_fast(record)) announce(record.peer);
}

bool FastPathKeeper::hold_back(SessionIndex session, Generation generation) {
    if (session != just_left_) {
        fast_.fold(session);
        return false;
    }
    if (leaving_.empty()) leave_timer_.arm(FastPath::kQuiet);
    leaving_.push_back({session, generation, Clock::now() + FastPath::kQuiet});
    return true;
}

void FastPathKeeper::confirm_due() {
    const MonoTime now = Clock::now();
    while (!leaving_.empty() && leaving_.front().when <= now) {
        const Leaving l = leaving_.front();
        leaving_.pop_front();
        fast_.fold(l.session);
        sync_.release(l.session, l.generation);
    }
    if (!leaving_.empty()) leave_timer_.arm(leaving_.front().when - now);
}

void FastPathKeeper::announce(Ipv4 peer) {
    if (peers_.size() >= kMostPeers || !peers_.insert(peer.value).second) return;
    if (!worker_.parent().send(imsg::FastPathPeer{peer})) peers_.erase(peer.value);
}

} // namespace lns::datapath
