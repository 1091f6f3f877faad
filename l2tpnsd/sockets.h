// SPDX-License-Identifier: ISC
// The sockets the parent opens and workers use. All are non-blocking and close-on-exec, unless it says otherwise.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/inet.h"
#include "lib/base/result.h"

namespace lns::parent {

inline constexpr std::uint16_t kL2tpPort = 1701; // RFC 2661 8.1
inline constexpr unsigned kRadiusSockets = 16;   // 256 identifiers each (RFC 2865 3)

// `count` sockets of one SO_REUSEPORT group on that address (unset: all) and port. `alone`: fails when another
// process holds the port, even one that would share it; without, they join the group of workers of before.
Result<std::vector<UniqueFd>> open_l2tp_sockets(Ipv4 address, std::uint16_t port, unsigned count, bool alone);
// Whether the kernel may merge what arrives at one of them into trains (UDP GRO), before any program sees it. Alike for
// the whole group: when a card's driver hands over a datagram, the kernel asks one of the group, by a hash of the
// addresses and without the steering, so for all datagrams of a LAC another may answer than the one that they are
// queued on.
bool merge_arriving(int fd, bool merge);
[[nodiscard]] bool is_bound_to(int fd, Endpoint endpoint);
Result<UniqueFd> open_cli_listener(Ipv4 address, std::uint16_t port);
// Of nsctl. Blocking, unlike the others.
Result<UniqueFd> open_control_socket(Ipv4 address, std::uint16_t port);
Result<UniqueFd> open_radius_socket();
// Only sends, whole IPv4 packets: ICMP errors from our address, which a TUN device may not inject.
Result<UniqueFd> open_icmp_socket();
// Unbound UDP, only sends: copies of intercepted packets.
Result<UniqueFd> open_snoop_socket();
// For lib/imsg/relay.h.
Result<std::pair<UniqueFd, UniqueFd>> make_relay_pair();

} // namespace lns::parent
