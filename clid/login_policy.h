// SPDX-License-Identifier: ISC
// How fast passwords may be tried. Each wrong one makes its source wait longer: the answer is held
// back, and no other password of that source is checked until then, on whatever connection it comes.
// Login and enable count together; a right password takes nothing off, or the owner of one account could
// guess another's at full speed. Pure: the time is passed in.
#pragma once

#include <unordered_map>

#include "lib/base/clock.h"
#include "lib/base/inet.h"

namespace lns::clid {

class LoginPolicy {
public:
    // Before this moment no password from that source is checked; in the past when it need not wait.
    [[nodiscard]] MonoTime next_check(Ipv4 source) const;
    // A password that was checked at `now` was wrong. Returns when to say so.
    MonoTime failed(Ipv4 source, MonoTime now);
    [[nodiscard]] std::size_t sources() const { return sources_.size(); }

    // 1, 2, 4 and then always 8 seconds.
    static Clock::duration delay(unsigned failures);
    // After so long without a failure a source starts anew.
    static constexpr Clock::duration kForgetAfter = std::chrono::minutes(10);
    static constexpr std::size_t kMaxSources = 1024;

private:
    struct Source {
        unsigned failures = 0;
        MonoTime last{};
        MonoTime next_check{};
    };
    void make_room(MonoTime now);

    std::unordered_map<Ipv4, Source> sources_;
};

} // namespace lns::clid
