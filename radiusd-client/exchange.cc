// SPDX-License-Identifier: ISC
#include "radiusd-client/exchange.h"

#include <algorithm>

namespace lns::radius_client {

namespace {

using std::chrono::milliseconds;

constexpr std::array<milliseconds, kTriesPerServer> kWaits{milliseconds(2000), milliseconds(4000), milliseconds(4000)};

// 10 % either way, so that requests lost together do not come back together.
Clock::duration jittered(milliseconds wait, Rng& rng) { return wait * (900 + rng.below(201)) / 1000; }

void arm(Exchange& exchange, MonoTime now, Rng& rng) {
    std::uint8_t& tries = exchange.tries[exchange.server];
    const auto wait = kWaits[std::min<std::size_t>(tries, kWaits.size() - 1)];
    ++tries;
    exchange.retry_at = std::min(now + jittered(wait, rng), exchange.deadline);
}

Step go_to(Exchange& exchange, Choice choice, MonoTime now, Rng& rng) {
    const bool stays = exchange.first_sent != MonoTime{} && choice.server == exchange.server;
    exchange.server = choice.server;
    exchange.probe = choice.probe;
    if (!stays) exchange.first_sent = now;
    arm(exchange, now, rng);
    return stays ? Step::resend : Step::send;
}

} // namespace

Step begin(Exchange& exchange, ServerPool& pool, MonoTime deadline, MonoTime now, Rng& rng) {
    exchange = Exchange{.deadline = deadline};
    const auto choice = pool.choose(exchange.tries, now);
    if (!choice || now >= deadline) return Step::give_up;
    return go_to(exchange, *choice, now, rng);
}

Step timed_out(Exchange& exchange, ServerPool& pool, MonoTime now, Rng& rng, bool& died) {
    const std::uint8_t at = exchange.server;
    const bool exhausted = exchange.tries[at] >= kTriesPerServer;
    const bool alive = !pool.server(at).dead;
    died = exhausted && alive && pool.silent(at, exchange.first_sent, now);
    if (now >= exchange.deadline) return Step::give_up;
    if (alive && !exhausted && !exchange.probe) return go_to(exchange, {at, false}, now, rng);
    // Dead, or tried enough: another one, and the same again only when there is no better.
    const auto choice = pool.choose(exchange.tries, now);
    return choice ? go_to(exchange, *choice, now, rng) : Step::give_up;
}

} // namespace lns::radius_client
