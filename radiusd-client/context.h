// SPDX-License-Identifier: ISC
// What log-ins and accounting share: settings, the way out, counters, log limits.
#pragma once

#include <cstdint>
#include <functional>

#include "lib/base/rng.h"
#include "radiusd-client/counters.h"
#include "radiusd-client/log_limiter.h"
#include "radiusd-client/request_board.h"
#include "radiusd-client/requests.h"
#include "radiusd-client/settings.h"
#include "shm/counters.h"

namespace lns::radius_client {

struct Context {
    Rng& rng;
    shm::CounterWords& counters;
    RequestBoard& board;
    std::uint16_t sockets = 0;
    std::function<void(std::uint16_t socket, Endpoint to, Bytes packet)> send;
    std::function<std::int64_t()> wall; // unix seconds
    // Level 5 of the log: a packet `to` or `from` a server.
    std::function<void(const char* direction, Endpoint server, Bytes packet)> trace = [](auto...) {};
    Settings settings;
    LogLimiter limiter{std::chrono::seconds(60)};

    void count(Counter counter, std::uint64_t times = 1) { counters.add(counter, times); }
    // log_error, at most one a minute for each text; `what` is one of a fixed set.
    void complain(const char* what, MonoTime now);
};

// The part of a RequestOwner that is the same for both purposes.
class ContextOwner : public RequestOwner {
public:
    explicit ContextOwner(Context& context) : context_(context) {}
    void transmit(std::uint16_t socket, Endpoint to, Bytes packet) override;
    void server_died(Endpoint server) override;
    void server_revived(Endpoint server) override;

protected:
    // The unix time that `at` will be.
    [[nodiscard]] std::int64_t wall_time(MonoTime at, MonoTime now) const;
    void count_sent(bool again) { context_.count(again ? Counter::packets_resent : Counter::packets_sent); }

    Context& context_;
};

} // namespace lns::radius_client
