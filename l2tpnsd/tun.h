// SPDX-License-Identifier: ISC
// The TUN device that carries the subscribers' packets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace lns::parent {

struct Tun {
    std::string name;
    unsigned index = 0;           // of the interface
    std::vector<UniqueFd> queues; // one a datapathd, non-blocking; packets begin with a virtio_net_hdr
};

// Makes the device; it goes when the last queue is closed. An empty name lets the kernel pick.
Result<Tun> create_tun(std::string_view name, unsigned queues);

} // namespace lns::parent
