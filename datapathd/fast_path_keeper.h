// SPDX-License-Identifier: ISC
// The fast path within the first datapathd: told of every record that is looked at, it keeps the maps in step, brings
// in what the kernel counted, and tells the parent where LACs are.
#pragma once

#include <deque>
#include <memory>
#include <unordered_set>

#include "datapathd/fast_path.h"
#include "datapathd/forward_sync.h"
#include "datapathd/forward_view.h"
#include "lib/worker/worker.h"

namespace lns::datapath {

class FastPathKeeper {
public:
    // None where the worker was given no maps.
    static std::unique_ptr<FastPathKeeper> make(worker::Worker& worker, const SessionTables& tables, ForwardView& view,
                                                ForwardSync& sync);
    FastPathKeeper(worker::Worker& worker, const FastPathMaps& maps, const SessionTables& tables, ForwardView& view,
                   ForwardSync& sync);

    void configure(const conf::Config& config) { fast_.set_burst(throttle_burst(config)); }

private:
    static constexpr std::chrono::milliseconds kFoldInterval{100}; // a round of all sessions takes FastPath::kRound
    static constexpr std::size_t kMostPeers = 65536;
    struct Leaving { // to be confirmed when nothing of it can be under way any more
        SessionIndex session{};
        Generation generation{};
        MonoTime when{};
    };
    void looked_at(SessionIndex session, const shm::ForwardRecord& record);
    bool hold_back(SessionIndex session, Generation generation);
    void confirm_due();
    void announce(Ipv4 peer);

    worker::Worker& worker_;
    ForwardSync& sync_;
    FastPath fast_;
    SessionIndex just_left_ = SessionIndex::none;
    std::deque<Leaving> leaving_;
    std::unordered_set<std::uint32_t> peers_; // that the parent was told of
    Timer fold_timer_;
    Timer leave_timer_;
};

} // namespace lns::datapath
