// SPDX-License-Identifier: ISC
// Which socket of the 1701 group a datagram is queued on (DESIGN 5, steering is a hint): a small eBPF
// program chooses by fixed offsets, without parsing. Wrong or missing choices cost only a relay from one
// worker to the other. The program is a table of instructions, loaded by bpf(2) itself. And a smaller one for the
// queues of a TUN device that is being taken over.
#pragma once

#include <linux/bpf.h>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/result.h"

namespace lns::parent {

// Attaches the program to the SO_REUSEPORT group of these bound sockets: [0] gets control messages of tunnels and
// PPP control protocols, [1 + session id % workers] the data, and the last one control messages without a
// tunnel id, which are SCCRQs: their flood fills a queue of its own. An error (no permission, no such
// program type) leaves the group as it was: the kernel then spreads datagrams by a hash.
Status<> steer(std::span<const int> sockets);

// Sends all that leaves by the TUN device to the queue of that number, counted in the order they were opened; without
// one the kernel chooses as ever. Any queue stands for the device. When a queue is closed the last one takes its
// number, and a number beyond the last is counted on from the first. So, while the queues 0 to n-1 are closed in
// whatever order, n is always one of those that were opened behind them, if those are no fewer.
Status<> steer_tun(int queue, std::optional<unsigned> to);

// The instructions, for `workers` data sockets between the two control sockets of that socket map.
std::vector<bpf_insn> steering_program(int map_fd, unsigned workers);

} // namespace lns::parent
