// SPDX-License-Identifier: ISC
// One queue of the TUN device, non-blocking, with virtio headers and segmentation of TCP and UDP both ways.
#pragma once

#include <memory>
#include <string>

#include "datapathd/tun_port.h"
#include "datapathd/write_ring.h"
#include "lib/base/fd.h"
#include "lib/base/inet.h"

namespace lns::datapath {

class TunQueue final : public TunPort {
public:
    // A queue opened with IFF_TUN, IFF_NO_PI, IFF_VNET_HDR and IFF_MULTI_QUEUE; ends the process when it was
    // not: a device re-opened without the virtio flag works, silently, with packets 10 octets off.
    explicit TunQueue(UniqueFd fd);

    // Ends the process when the device was removed.
    std::size_t read(std::span<std::uint8_t> buffer) override;
    void write(const TunPacket& packet, TunResults& results) override;
    void flush(TunResults& results) override;
    [[nodiscard]] bool takes_joined_udp() const override { return joined_udp_; }
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    UniqueFd fd_;
    std::string name_;
    bool joined_udp_ = false;
    std::unique_ptr<WriteRing> ring_; // where the kernel has one
};

// The address of an interface as the kernel has it, asked through any socket; unset when it has none.
Ipv4 interface_address(int socket, const std::string& name);

} // namespace lns::datapath
