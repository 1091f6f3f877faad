// SPDX-License-Identifier: ISC
#include "sessiond/forwarding.h"

namespace lns::sessiond {

Forwarding::Forwarding(Context& context, std::uint16_t workers, std::function<void(SessionIndex, Generation)> removed)
    : cx_(context), workers_(workers), removed_(std::move(removed)), rescan_owed_(workers, false) {
    cx_.worker.on_peer(Proc::datapath, [this](imsg::Channel& channel) { connected(channel); });
}

void Forwarding::connected(imsg::Channel& channel) {
    // A datapathd scans the table whenever its channel is new, so nothing needs to be said.
    const std::uint16_t instance = channel.peer_instance();
    if (instance >= workers_) return;
    rescan_owed_[instance] = false;
    channel.on<imsg::ForwardRemoved>([this, instance](const imsg::ForwardRemoved& b) {
        confirmed(SessionIndex{b.session}, Generation{b.generation}, instance);
    });
    channel.on_drained([this, instance] {
        imsg::Channel* peer = cx_.worker.peer(Proc::datapath, instance);
        if (peer != nullptr && rescan_owed_[instance]) rescan_owed_[instance] = !peer->send(imsg::Rescan{});
    });
}

void Forwarding::activate(SessionIndex session, const shm::ForwardRecord& record) {
    pending_.erase(session); // a removal that was not confirmed yet is taken back
    shm::ForwardRecord active = record;
    active.state = shm::ForwardState::active;
    cx_.store.save(session, active);
    hint(session, record.generation);
}

void Forwarding::remove(SessionIndex session, Generation generation) {
    shm::ForwardRecord record = cx_.store.forward(session);
    record.generation = generation; // of a session that died before activate(), another's is there
    record.state = shm::ForwardState::removing;
    cx_.store.save(session, record);
    pending_[session] = {record.generation, (1U << workers_) - 1};
    hint(session, record.generation);
}

void Forwarding::hint(SessionIndex session, Generation generation) {
    for (std::uint16_t i = 0; i < workers_; ++i) {
        imsg::Channel* peer = cx_.worker.peer(Proc::datapath, i);
        if (peer != nullptr && !peer->send(imsg::ForwardChanged{raw(session), raw(generation)})) rescan_owed_[i] = true;
    }
}

void Forwarding::confirmed(SessionIndex session, Generation generation, std::uint16_t worker) {
    const auto found = pending_.find(session);
    if (found == pending_.end() || found->second.generation != generation) return;
    found->second.waiting &= ~(1U << worker);
    if (found->second.waiting != 0) return;
    pending_.erase(found);
    removed_(session, generation);
}

} // namespace lns::sessiond
