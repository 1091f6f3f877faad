// SPDX-License-Identifier: ISC
// `clear counters`. Counters only grow; what they said when they were cleared stands in a table of clid's
// own, which outlives it, and is taken off when they are shown. Nobody who writes or samples counters notices.
#pragma once

#include "clid/suite_view.h"
#include "shm/process_counts.h"

namespace lns::clid {

// The master's side.
void clear_counters(shm::TwoSlotWriter<shm::CounterValues>& table, const SuiteView& view, std::int64_t now);

shm::ProcessCounts counts_of(const SuiteView& view, const ProcessCounters& counters);

// When counters were cleared last, unix seconds; 0: never.
std::int64_t last_cleared(const SuiteView& view);

} // namespace lns::clid
