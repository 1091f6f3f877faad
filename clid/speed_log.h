// SPDX-License-Identifier: ISC
// The manual's dump_speed: the bandwidth in the log, each second.
#pragma once

#include <optional>

#include "clid/bandwidth.h"
#include "lib/base/event.h"

namespace lns::clid {

class SpeedLog {
public:
    // The view must outlive it.
    SpeedLog(EventLoop& loop, const SuiteView& view);
    void turn(bool on);

private:
    void begin();
    void finish();

    const SuiteView& view_;
    Timer timer_;
    // The blocks of the sample are those of the next one too: one that came up meanwhile is no burst.
    std::vector<std::uint32_t> blocks_;
    std::optional<TrafficSample> last_; // set: it is on
};

} // namespace lns::clid
