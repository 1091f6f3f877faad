// SPDX-License-Identifier: ISC
// Datagrams of port 1701 in the log, at level 5.
#pragma once

#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/inet.h"

namespace lns::sessiond {

// The datagram with the octets of passwords replaced: those of PAP (RFC 1334 2.2.1), and a LAC's copy of them in
// Proxy Authen Response (RFC 2661 4.4.5). What is CHAP's or hidden tells nothing.
std::vector<std::uint8_t> without_passwords(Bytes datagram);

// `direction` is "from" or "to". Nothing below level 5.
void log_datagram(std::string_view direction, Endpoint peer, Bytes datagram);

} // namespace lns::sessiond
