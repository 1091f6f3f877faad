// SPDX-License-Identifier: ISC
// One queue of the TUN device as the packet path sees it; tun_queue.h is the real one, tests have their own.
#pragma once

#include <cstdint>
#include <span>
#include <sys/uio.h>

namespace lns::datapath {

// In front of every packet both ways: the header of virtio 1.2 5.1.6 in its legacy form, ten octets in the machine's
// own byte order. (linux/virtio_net.h of our kernel headers is no C++.)
struct VirtioHeader {
    std::uint8_t flags = 0;
    std::uint8_t gso_type = 0;
    std::uint16_t hdr_len = 0;     // IP and TCP or UDP header
    std::uint16_t gso_size = 0;    // octets of data a segment
    std::uint16_t csum_start = 0;  // where the checksum begins to cover
    std::uint16_t csum_offset = 0; // from there to the checksum field
};
inline constexpr std::size_t kVirtioHeaderSize = 10;
static_assert(sizeof(VirtioHeader) == kVirtioHeaderSize);
inline constexpr std::uint8_t kVirtioNeedsChecksum = 1; // flags: the field holds the pseudo header's sum only
inline constexpr std::uint8_t kVirtioGsoNone = 0;
inline constexpr std::uint8_t kVirtioGsoTcp4 = 1;
inline constexpr std::uint8_t kVirtioGsoUdp = 5;    // datagrams of gso_size octets of data each (UDP_L4)
inline constexpr std::uint8_t kVirtioGsoEcn = 0x80; // added to the type

class TunPort {
public:
    virtual ~TunPort() = default;
    // One packet behind its virtio header; the octets taken, 0 when nothing waits. `buffer` holds
    // kMaxRead octets.
    virtual std::size_t read(std::span<std::uint8_t> buffer) = 0;
    // One packet in parts, the first begins with the virtio header. False when the kernel did not take it.
    virtual bool write(std::span<const iovec> parts) = 0;
    // May datagrams of a UDP flow be written as one? (Linux 6.2)
    [[nodiscard]] virtual bool takes_joined_udp() const = 0;

    static constexpr std::size_t kMaxRead = kVirtioHeaderSize + 65535;
};

} // namespace lns::datapath
