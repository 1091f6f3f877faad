// SPDX-License-Identifier: ISC
#include "clid/log_feed.h"

#include <algorithm>

namespace lns::clid {

LogFeed::LogFeed(imsg::Channel& parent) : parent_(parent) {
    parent_.on<imsg::LogCopy>([this](const imsg::LogCopy& line) {
        for (const auto& [connection, follower] : followers_)
            if (line.level <= follower.level) follower.line(line);
    });
}

void LogFeed::follow(std::uint32_t connection, std::uint32_t level, Line line) {
    followers_.insert_or_assign(connection, Follower{level, std::move(line)});
    ask();
}

void LogFeed::leave(std::uint32_t connection) {
    if (followers_.erase(connection) > 0) ask();
}

void LogFeed::ask() {
    std::int64_t wanted = -1;
    for (const auto& [connection, follower] : followers_)
        wanted = std::max<std::int64_t>(wanted, follower.level);
    if (wanted == asked_) return;
    const std::uint32_t level = wanted < 0 ? 0 : static_cast<std::uint32_t>(wanted);
    if (parent_.send(imsg::LogFollow{wanted < 0 ? 0U : 1U, level})) asked_ = wanted;
}

} // namespace lns::clid
