// SPDX-License-Identifier: ISC
// One request on its way through the servers: 3 tries a server, then the next one, within a time limit
// for the whole (DESIGN 7, RADIUS tries). Plain data and pure functions; requests.h executes them.
#pragma once

#include "lib/base/rng.h"
#include "radiusd-client/server_pool.h"

namespace lns::radius_client {

inline constexpr Clock::duration kLoginLimit = std::chrono::seconds(20);

struct Exchange {
    Tries tries{};
    std::uint8_t server = 0; // that it is at
    bool probe = false;
    MonoTime deadline{};   // of the whole
    MonoTime first_sent{}; // to that server
    MonoTime retry_at{};   // when timed_out() is due
};

enum class Step : std::uint8_t {
    send,    // a new packet to exchange.server
    resend,  // the same packet once more: identifier and authenticator stay (RFC 2865 2.5)
    give_up, // no server answered
};

// Chooses the first server. give_up: there is none.
Step begin(Exchange& exchange, ServerPool& pool, MonoTime deadline, MonoTime now, Rng& rng);
// retry_at has come. `died` tells that a server was found dead by this.
Step timed_out(Exchange& exchange, ServerPool& pool, MonoTime now, Rng& rng, bool& died);

} // namespace lns::radius_client
