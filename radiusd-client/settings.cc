// SPDX-License-Identifier: ISC
#include "radiusd-client/settings.h"

#include "lib/base/log.h"

namespace lns::radius_client {

namespace {

void add_server(Settings& out, Ipv4 address, std::uint16_t port) {
    const Endpoint auth{address, port};
    const bool known = !out.auth_servers.empty() && out.auth_servers.front() == auth;
    if (!address.is_set() || known) return;
    out.auth_servers.push_back(auth);
    out.acct_servers.push_back({address, static_cast<std::uint16_t>(port + 1)}); // manual, primary_radius_port
    out.routes.protect.push_back(address);
}

} // namespace

Settings make_settings(const conf::Config& config, const Secret& secret) {
    Settings out;
    out.source = conf::auth_source(config);
    out.secret = secret;
    out.accounting = config.radius_accounting;
    out.require_message_authenticator = config.radius_require_message_authenticator;
    out.nas_address = config.bind_address;
    out.nas_identifier = config.hostname.str();
    for (const Ipv4 own : {config.bind_address, config.iftun_address, config.peer_address})
        if (own.is_set()) out.routes.protect.push_back(own);
    add_server(out, config.primary_radius, config.primary_radius_port);
    add_server(out, config.secondary_radius, config.secondary_radius_port);
    if (auto allow = radius::parse_prefix_list(config.framed_route_allow.view())) {
        out.routes.allow = std::move(*allow);
    } else { // the parent has checked it; refusing all is the safe reading of what cannot be read
        log_error("framed_route_allow is not a list of prefixes: framed routes are refused");
        out.routes.allow = {Prefix4{Ipv4{}, 32}};
    }
    return out;
}

} // namespace lns::radius_client
