// SPDX-License-Identifier: ISC
// A TUN device that is one subscriber's network interface, so that real programs use its session.
#pragma once

#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/fd.h"
#include "lib/base/inet.h"

namespace lns::lacsim {

class Tun {
public:
    // Makes the device in the current network namespace; it vanishes with the object. Throws std::system_error.
    explicit Tun(const std::string& name);

    // Address, peer (unset: none, and so no route to it), MTU, routes through the device, and up.
    void configure(Ipv4 local, Ipv4 peer, std::uint16_t mtu, const std::vector<Prefix4>& routes);
    [[nodiscard]] int fd() const { return fd_.get(); }
    // The next packet the kernel sent to the device; empty when there is none.
    [[nodiscard]] Bytes read(std::span<std::uint8_t> buffer) const;
    // A packet of the subscriber; false when the kernel refused it.
    [[nodiscard]] bool write(Bytes packet) const;

private:
    std::string name_;
    UniqueFd fd_;
};

} // namespace lns::lacsim
