// SPDX-License-Identifier: ISC
// save_state: everything that lives, as the octets of a state file.
#pragma once

#include "sessiond/context.h"
#include "sessiond/saved_state.h"

namespace lns::sessiond {

struct StateTally {
    std::uint32_t tunnels = 0;
    std::uint32_t sessions = 0;
    std::uint32_t leases = 0;
};

// Every record as it is at `cx.now`; the sink gets the octets in pieces.
StateTally write_state(const Context& cx, const shm::TwoSlotReader<shm::LeaseRecord>& leases,
                       const state::Encoder::Sink& sink);

} // namespace lns::sessiond
