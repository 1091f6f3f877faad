// SPDX-License-Identifier: ISC
// Carries out each request once. A request counts while its time is near enough to ours; within that
// time its nonce and its reply are remembered, so that a repetition gets the same reply and has no effect.
// Pure: the time is passed in.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "lib/control/packet.h"

namespace lns::control {

inline constexpr std::int64_t kBehindSeconds = 60; // how far a client's clock may be behind ours
inline constexpr std::int64_t kAheadSeconds = 5;   // and ahead of it
inline constexpr std::size_t kMaxRemembered = 1024;

class ReplayWindow {
public:
    enum class Judgement : std::uint8_t {
        fresh,
        repeated, // reply_to() has the answer
        stale,    // older than the window
        ahead,    // from the future
        starting, // so soon after our start that a predecessor may have carried it out already
        full,     // too many requests to remember
    };

    // `guarded`: somebody could repeat what an earlier process with this secret has carried out.
    ReplayWindow(std::int64_t now, bool guarded)
        : floor_(guarded ? now + kAheadSeconds : now - kBehindSeconds), started_(now), guarded_(guarded) {}

    Judgement judge(const Nonce& nonce, std::int64_t stamp, std::int64_t now);
    // After `fresh`: what it was answered.
    void remember(const Nonce& nonce, std::int64_t stamp, std::vector<std::uint8_t> reply);
    [[nodiscard]] const std::vector<std::uint8_t>& reply_to(const Nonce& nonce) const { return known_.at(nonce).reply; }

private:
    struct Known {
        std::int64_t stamp;
        std::vector<std::uint8_t> reply;
    };
    std::map<Nonce, Known> known_;
    std::int64_t floor_; // whatever is not newer is refused; never goes back, even if the clock does
    std::int64_t started_;
    bool guarded_;
};

} // namespace lns::control
