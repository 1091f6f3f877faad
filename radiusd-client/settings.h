// SPDX-License-Identifier: ISC
// The part of the configuration that radiusd-client acts on, in the form it needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/secret.h"
#include "lib/conf/config.h"
#include "lib/radius/framed_route.h"

namespace lns::radius_client {

struct Settings {
    conf::AuthSource source = conf::AuthSource::local; // never by_default
    std::vector<Endpoint> auth_servers;                // primary first
    std::vector<Endpoint> acct_servers;                // the same hosts, the next port
    Secret secret;
    bool accounting = false;
    conf::Tristate require_message_authenticator = conf::Tristate::automatic;
    Ipv4 nas_address;
    std::string nas_identifier;
    radius::RoutePolicy routes; // protects our own addresses and the servers'
};

Settings make_settings(const conf::Config& config, const Secret& secret);

} // namespace lns::radius_client
