// SPDX-License-Identifier: ISC
// Tells the datapathd workers what to forward. The forward table is the truth; messages are hints, and a
// worker that lost some is told to scan. A slot is given back only when every worker has confirmed
// that it counts nothing for it any more (DESIGN 4).
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "sessiond/context.h"

namespace lns::sessiond {

class Forwarding {
public:
    // `removed` runs when the last worker has confirmed a remove().
    Forwarding(Context& context, std::uint16_t workers, std::function<void(SessionIndex, Generation)> removed);

    void activate(SessionIndex session, const shm::ForwardRecord& record);
    void remove(SessionIndex session, Generation generation);

private:
    struct Pending {
        Generation generation;
        std::uint32_t waiting; // one bit a worker
    };
    void connected(imsg::Channel& channel);
    void hint(SessionIndex session, Generation generation);
    void confirmed(SessionIndex session, Generation generation, std::uint16_t worker);

    Context& cx_;
    std::uint16_t workers_;
    std::function<void(SessionIndex, Generation)> removed_;
    std::unordered_map<SessionIndex, Pending> pending_;
    std::vector<bool> rescan_owed_;
};

} // namespace lns::sessiond
