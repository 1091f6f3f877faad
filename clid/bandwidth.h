// SPDX-License-Identifier: ISC
// How much is forwarded, measured between two looks at the counters of the datapathds: what that costs does not depend
// on how many sessions there are.
#pragma once

#include "clid/format_uptime.h"
#include "clid/suite_view.h"

namespace lns::clid {

struct TrafficSample {
    MonoTime at{};
    shm::Counters64 totals;
};

TrafficSample take_sample(const SuiteView& view);
Bandwidth bandwidth_between(const TrafficSample& first, const TrafficSample& second);

} // namespace lns::clid
