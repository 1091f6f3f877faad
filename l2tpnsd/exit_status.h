// SPDX-License-Identifier: ISC
// Exit codes of l2tpnsd (DESIGN 11).
#pragma once

namespace lns::parent {

inline constexpr int kExitAsked = 0;         // to stop, or the check found nothing wrong
inline constexpr int kExitConfiguration = 1; // command line or configuration
inline constexpr int kExitSystem = 2;        // no TUN, port taken ...

} // namespace lns::parent
