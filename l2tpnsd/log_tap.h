// SPDX-License-Identifier: ISC
// Copies of log lines for operators who look at the log: goes to clid's master while one of them does.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/log.h"
#include "lib/imsg/channel.h"

namespace lns::parent {

class LogTap {
public:
    // Nobody looks: a new clid begins so.
    void close() { level_.reset(); }
    void follow(const imsg::LogFollow& wish);
    // The highest level that is wanted; 0 when none is.
    [[nodiscard]] std::uint32_t level() const { return level_.value_or(0); }
    // `clid` may be nullptr. What does not fit is counted and told with the next line.
    void copy(imsg::Channel* clid, LogLevel level, std::string_view line);

    static constexpr std::size_t kMaxQueued = 256;

private:
    std::optional<std::uint32_t> level_;
    std::uint32_t lost_ = 0;
};

} // namespace lns::parent
