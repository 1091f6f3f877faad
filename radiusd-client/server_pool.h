// SPDX-License-Identifier: ISC
// The RADIUS servers of one purpose (authentication, accounting), in the order of preference, and which
// of them seem dead. Pure: time is passed in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lib/base/clock.h"
#include "lib/base/inet.h"

namespace lns::radius_client {

inline constexpr std::size_t kMaxServers = 2; // primary, secondary
inline constexpr std::uint8_t kTriesPerServer = 3;
// How long a server that seems dead is left alone while another one answers.
inline constexpr Clock::duration kDeadTime = std::chrono::seconds(30);

using Tries = std::array<std::uint8_t, kMaxServers>; // of one request, by server

struct Server {
    Endpoint endpoint;
    bool dead = false;
    MonoTime probe_at{};   // when dead: the next new request after this tries it
    MonoTime last_reply{}; // valid ones only
};

struct Choice {
    std::uint8_t server = 0;
    bool probe = false; // a dead server's second chance: one try, since another one is alive
};

class ServerPool {
public:
    // Keeps what is known of a server whose endpoint stays. True when anything changed.
    bool configure(std::span<const Endpoint> endpoints);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const Server& server(std::uint8_t i) const { return servers_[i]; }
    [[nodiscard]] std::optional<std::uint8_t> find(Endpoint endpoint) const;
    [[nodiscard]] bool all_dead() const;

    // The server for a request that had `tries`: the first that is alive and was not tried enough; when
    // all are dead, the one tried least. A new request (no tries) may be the probe of a dead one.
    std::optional<Choice> choose(const Tries& tries, MonoTime now);

    // True when it was dead until now.
    bool replied(std::uint8_t server, MonoTime now);
    // All tries since `first_sent` went unanswered. True when that made the server count as dead: one that
    // answered somebody since then only lost these packets.
    bool silent(std::uint8_t server, MonoTime first_sent, MonoTime now);

private:
    std::array<Server, kMaxServers> servers_{};
    std::size_t size_ = 0;
};

} // namespace lns::radius_client
