// SPDX-License-Identifier: ISC
// What every request to a server says of us and of the call.
#pragma once

#include "lib/radius/access_request.h"
#include "radiusd-client/settings.h"

namespace lns::radius_client {

// By a message of sessiond, AuthRequest or AcctRequest, whose texts it refers to.
template <class Message>
radius::CallIdentity call_identity(const Settings& settings, const Message& message) {
    return {.nas_address = settings.nas_address,
            .nas_identifier = settings.nas_identifier,
            .nas_port = message.session,
            .acct_session_id = message.acct_session_id,
            .user = message.user.view(),
            .calling = message.calling.view(),
            .called = message.called.view(),
            .tx_speed = message.tx_speed,
            .rx_speed = message.rx_speed};
}

} // namespace lns::radius_client
