// SPDX-License-Identifier: ISC
#include "l2tpnsd/log_tap.h"

#include <algorithm>

namespace lns::parent {

void LogTap::follow(const imsg::LogFollow& wish) {
    level_.reset();
    if (wish.on != 0) level_ = std::min(wish.level, static_cast<std::uint32_t>(LogLevel::packet));
}

void LogTap::copy(imsg::Channel* clid, LogLevel level, std::string_view line) {
    if (!level_ || static_cast<std::uint32_t>(level) > *level_) return;
    const bool room = clid != nullptr && clid->is_open() && clid->queued() < kMaxQueued;
    const imsg::LogCopy body{static_cast<std::uint32_t>(level), lost_, line};
    if (room && clid->send(body))
        lost_ = 0;
    else
        ++lost_;
}

} // namespace lns::parent
