// SPDX-License-Identifier: ISC
// Authentication by the file subscribers (auth_method local). Pure.
#pragma once

#include <optional>

#include "lib/conf/subscribers.h"
#include "lib/imsg/bodies.h"

namespace lns::radius_client {

// The verdict on a log-in; nothing when the file does not know the user.
std::optional<imsg::AuthReply> authenticate_locally(const imsg::AuthRequest& request,
                                                    const conf::Subscribers& subscribers);

// An answer to `request` with this verdict and nothing else.
imsg::AuthReply plain_reply(const imsg::AuthRequest& request, imsg::AuthVerdict verdict);

} // namespace lns::radius_client
