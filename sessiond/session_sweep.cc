// SPDX-License-Identifier: ISC
// The regular clean-up, in parts: a million sessions must not keep the event loop from a single LAC.
#include <algorithm>

#include "sessiond/sessions.h"

namespace lns::sessiond {

void Sessions::begin_sweep() {
    sweep_ = Sweep{};
    sweep_->routed.resize(cx_.store.session_slots());
    routes_.begin_sync();
}

std::size_t Sessions::sweep_some() {
    std::size_t corrected = 0;
    std::size_t slots = 0;
    Sweep& at = *sweep_;
    while (at.tunnel < cx_.store.tunnel_slots() && slots < kSweepPart) {
        const TunnelIndex tunnel{at.tunnel};
        if (at.block >= cx_.store.blocks_of(tunnel)) {
            ++slots; // an empty one costs a look, too
            ++at.tunnel;
            at.block = 0;
            continue;
        }
        slots += shm::kBlockSlots;
        for (const SessionIndex session : cx_.store.sessions_in(tunnel, at.block++))
            corrected += sweep_one(session);
    }
    if (at.tunnel < cx_.store.tunnel_slots()) return corrected;
    corrected += sweep_pool(kSweepPart - std::min(slots, kSweepPart));
    if (at.place < pool_.places()) return corrected;
    routes_.end_sync();
    sweep_.reset();
    return corrected;
}

std::size_t Sessions::sweep_one(SessionIndex session) {
    if (load(session).record.state != shm::SessionState::open) tick(session); // half-made: is it time to give up?
    const Work w = load(session);
    if (w.record.state == shm::SessionState::free || !w.record.address.is_set()) return 0;
    if ((w.record.state == shm::SessionState::open || w.record.forwarding) && !sweep_->routed[raw(session)])
        add_routes(w);
    if (pool_.keeps(w.record.address, session)) return 0;
    pool_.take(w.record.address, session, w.record.generation, w.record.user.view());
    return 1;
}

// What is held for a session that does not say so.
std::size_t Sessions::sweep_pool(std::size_t most) {
    std::size_t released = 0;
    for (; most > 0 && sweep_->place < pool_.places(); --most)
        released += pool_.release_unless(
            sweep_->place++,
            [this](Ipv4 address, SessionIndex session) { return cx_.store.session(session).address == address; },
            cx_.now);
    return released;
}

} // namespace lns::sessiond
