// SPDX-License-Identifier: ISC
// What network cards call interrupt moderation: where packets come fast but each look finds only a few, a short pause
// lets some gather. Then a system call and a wake-up serve many, and what belongs to one flow is there to be joined.
// A flood, of which each look finds much, and traffic too thin to gather are never delayed.
#pragma once

#include <cstddef>

#include "lib/base/clock.h"

namespace lns::datapath {

class Moderation {
public:
    static constexpr std::chrono::microseconds kPause{100};
    static constexpr std::size_t kEnough = 32; // packets: so many at once are cheap already
    static constexpr std::size_t kWorth = 4;   // packets that have to be expected during a pause

    // After a look, begun at `now`, that found `packets`: is a pause worth it before the next?
    [[nodiscard]] bool worth_a_pause(std::size_t packets, MonoTime now) noexcept {
        const auto since = now - last_;
        last_ = now;
        return packets < kEnough && since * kWorth <= kPause * packets;
    }

private:
    MonoTime last_{};
};

} // namespace lns::datapath
