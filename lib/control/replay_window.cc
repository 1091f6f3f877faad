// SPDX-License-Identifier: ISC
#include "lib/control/replay_window.h"

#include <algorithm>

namespace lns::control {

ReplayWindow::Judgement ReplayWindow::judge(const Nonce& nonce, std::int64_t stamp, std::int64_t now) {
    floor_ = std::max(floor_, now - kBehindSeconds);
    std::erase_if(known_, [this](const auto& entry) { return entry.second.stamp <= floor_; });
    if (known_.contains(nonce)) return Judgement::repeated;
    if (stamp <= floor_) {
        const bool soon = stamp > started_ - kBehindSeconds && now <= started_ + kAheadSeconds + kBehindSeconds;
        return guarded_ && soon ? Judgement::starting : Judgement::stale;
    }
    if (stamp > now + kAheadSeconds) return Judgement::ahead;
    return known_.size() >= kMaxRemembered ? Judgement::full : Judgement::fresh;
}

void ReplayWindow::remember(const Nonce& nonce, std::int64_t stamp, std::vector<std::uint8_t> reply) {
    known_[nonce] = {stamp, std::move(reply)};
}

} // namespace lns::control
