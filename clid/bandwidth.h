// SPDX-License-Identifier: ISC
// How much is forwarded, measured between two looks at the session counters.
#pragma once

#include "clid/format_uptime.h"
#include "clid/suite_view.h"

namespace lns::clid {

struct TrafficSample {
    MonoTime at{};
    shm::Counters64 totals;
};

// Of all slots of these blocks, whoever has them: the counters of a slot only grow.
TrafficSample take_sample(const SuiteView& view, const std::vector<std::uint32_t>& blocks);
Bandwidth bandwidth_between(const TrafficSample& first, const TrafficSample& second);

} // namespace lns::clid
