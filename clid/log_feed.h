// SPDX-License-Identifier: ISC
// The master's side of `debug`: who looks at the log, and how much of it the parent is asked for.
#pragma once

#include <functional>
#include <map>

#include "lib/imsg/channel.h"

namespace lns::clid {

class LogFeed {
public:
    using Line = std::function<void(const imsg::LogCopy& line)>;

    explicit LogFeed(imsg::Channel& parent);

    // From now on lines up to this level.
    void follow(std::uint32_t connection, std::uint32_t level, Line line);
    void leave(std::uint32_t connection);

private:
    struct Follower {
        std::uint32_t level;
        Line line;
    };
    void ask();

    imsg::Channel& parent_;
    std::map<std::uint32_t, Follower> followers_;
    std::int64_t asked_ = -1; // -1: for nothing
};

} // namespace lns::clid
