// SPDX-License-Identifier: ISC
// One request to a server, repeated with the same nonce until it is answered or patience ends.
#pragma once

#include <chrono>

#include "lib/base/inet.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/control/packet.h"

namespace lns::nsctl {

// The first IPv4 address of a host.
Result<Ipv4> resolve(const std::string& host);

// Only a reply with the right HMAC and our nonce counts; all others are passed over.
Result<control::Reply> ask(Endpoint server, const control::Request& request, const Secret& secret,
                           std::chrono::milliseconds patience);

} // namespace lns::nsctl
