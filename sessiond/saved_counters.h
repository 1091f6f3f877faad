// SPDX-License-Identifier: ISC
// The counters of all processes beyond a boot or a release: into a state file by their names, and from it into the
// table that is added to what they count anew.
#pragma once

#include <vector>

#include "lib/worker/worker.h"
#include "sessiond/saved_state.h"

namespace lns::sessiond {

// What each process has counted since counters were cleared.
std::vector<SavedCounters> saved_counters(worker::Worker& worker);

// Those that this release has, as far as a process of the kind runs; the counters of one that runs no more are those of
// the first of its kind. What was carried before is gone.
void carry_counters(worker::Worker& worker, const std::vector<SavedCounters>& saved);

} // namespace lns::sessiond
