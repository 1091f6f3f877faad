// SPDX-License-Identifier: ISC
// Which socket of the 1701 group a datagram is queued on (DESIGN 5, steering is a hint): a small eBPF
// program chooses by fixed offsets, without parsing. Wrong or missing choices cost only a relay from one
// worker to the other. The program is a table of instructions, loaded by bpf(2) itself. And a smaller one for the
// queues of a TUN device that is being taken over.
#pragma once

#include <linux/bpf.h>
#include <span>
#include <vector>

#include "lib/base/result.h"

namespace lns::parent {

// Attaches the program to the SO_REUSEPORT group of these bound sockets: [0] gets control messages of tunnels and
// PPP control protocols, [1 + session id % workers] the data, and the last one control messages without a
// tunnel id, which are SCCRQs: their flood fills a queue of its own. An error (no permission, no such
// program type) leaves the group as it was: the kernel then spreads datagrams by a hash.
Status<> steer(std::span<const int> sockets);

// Sends what leaves by the TUN device to the `fresh` queues that were opened behind `old` ones, so that who reads those
// comes to an end of it. Any of its queues stands for the device; fresh 0: the kernel chooses as ever. When one of
// several old queues is closed the kernel numbers them anew, and a packet may yet meet another that is about to be.
Status<> steer_tun(int queue, unsigned old, unsigned fresh);

// The instructions, for `workers` data sockets between the two control sockets of that socket map.
std::vector<bpf_insn> steering_program(int map_fd, unsigned workers);

} // namespace lns::parent
