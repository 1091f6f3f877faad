// SPDX-License-Identifier: ISC
#include "clid/speed_log.h"

#include "lib/base/log.h"

namespace lns::clid {

namespace {

constexpr Clock::duration kPeriod = std::chrono::seconds(1);

} // namespace

SpeedLog::SpeedLog(EventLoop& loop, const SuiteView& view) : view_(view), timer_(loop, [this] { finish(); }) {}

void SpeedLog::turn(bool on) {
    if (on == last_.has_value()) return;
    last_.reset();
    timer_.cancel();
    if (on) begin();
}

void SpeedLog::begin() {
    blocks_ = blocks_in_use(view_);
    last_ = take_sample(view_, blocks_);
    timer_.arm(kPeriod);
}

void SpeedLog::finish() {
    const Bandwidth rate = bandwidth_between(*last_, take_sample(view_, blocks_));
    log_at(LogLevel::asked, "%s", format_bandwidth(rate).c_str());
    begin();
}

} // namespace lns::clid
