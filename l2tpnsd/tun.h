// SPDX-License-Identifier: ISC
// The TUN device that carries the subscribers' packets.
#pragma once

#include <optional>
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
// More queues of a device that is there; nothing when it is not, an error when it is another kind of device.
Result<std::optional<Tun>> join_tun(const std::string& name, unsigned queues);

// The device by queues of it that are open already.
Result<std::optional<Tun>> keep_tun(const std::string& name, std::vector<UniqueFd> queues);

// Whether the device stays without queues.
Status<> set_persistent(int queue, bool persistent);
// Of an instance that left it; one that is gone already is success.
Status<> remove_tun(const std::string& name);

} // namespace lns::parent
