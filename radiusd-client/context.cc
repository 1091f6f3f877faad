// SPDX-License-Identifier: ISC
#include "radiusd-client/context.h"

#include "lib/base/log.h"

namespace lns::radius_client {

void Context::complain(const char* what, MonoTime now) {
    if (const auto held_back = limiter.pass(what, now)) log_error("%s%s", what, more_like_this(*held_back).c_str());
}

void ContextOwner::transmit(std::uint16_t socket, Endpoint to, Bytes packet) {
    if (log_wanted(LogLevel::packet)) context_.trace("to", to, packet);
    context_.send(socket, to, packet);
}

void ContextOwner::server_died(Endpoint server) {
    context_.count(Counter::server_dead);
    log_warnx("RADIUS server %s does not answer", to_string(server).c_str());
}

void ContextOwner::server_revived(Endpoint server) {
    log_warnx("RADIUS server %s answers again", to_string(server).c_str());
}

std::int64_t ContextOwner::wall_time(MonoTime at, MonoTime now) const {
    return context_.wall() + whole_seconds(at - now);
}

} // namespace lns::radius_client
