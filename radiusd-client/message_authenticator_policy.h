// SPDX-License-Identifier: ISC
// radius_require_message_authenticator: yes, no, or auto, which asks it of a server from the first valid
// one on that it has sent, since a server that sends it does so always (DESIGN 7).
#pragma once

#include <set>

#include "lib/base/inet.h"
#include "lib/conf/config.h"

namespace lns::radius_client {

class MessageAuthenticatorPolicy {
public:
    void set_mode(conf::Tristate mode) { mode_ = mode; }
    // From an earlier run.
    void recall(const std::set<Endpoint>& servers) { known_.insert(servers.begin(), servers.end()); }

    [[nodiscard]] bool required(Endpoint server) const {
        return mode_ == conf::Tristate::yes || (mode_ == conf::Tristate::automatic && known_.contains(server));
    }
    // A believed reply with a valid one came from `server`. True when that is news, to be remembered.
    bool seen(Endpoint server) { return known_.insert(server).second; }
    // A believed reply without one: worth a warning?
    [[nodiscard]] bool worrying() const { return mode_ == conf::Tristate::automatic; }

private:
    conf::Tristate mode_ = conf::Tristate::automatic;
    std::set<Endpoint> known_;
};

} // namespace lns::radius_client
