// SPDX-License-Identifier: ISC
// Datagrams of port 1701 as the log may have them at level 5. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/base/bytes.h"

namespace lns::sessiond {

// A copy with stars for what may be a password: a PAP packet from its name on, and the Proxy Authen Response AVP. What
// cannot be told apart is left as it is: nobody takes it for a log-in either.
std::vector<std::uint8_t> without_passwords(Bytes datagram);

} // namespace lns::sessiond
