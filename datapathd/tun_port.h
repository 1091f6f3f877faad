// SPDX-License-Identifier: ISC
// One queue of the TUN device as the packet path sees it; tun_queue.h is the real one, tests have their own.
#pragma once

#include <cstdint>
#include <span>
#include <sys/uio.h>

#include "lib/base/ids.h"

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

// One packet for the device: the first part begins with the virtio header.
struct TunPacket {
    SessionIndex session = SessionIndex::none; // whose it is
    std::span<const iovec> parts;
    std::uint32_t packets = 0; // of the subscriber, in it
    std::uint64_t octets = 0;  // of these, headers included
};

class TunResults {
public:
    virtual ~TunResults() = default;
    // What became of a packet, once for each. Its parts are not to be looked at any more.
    virtual void written(const TunPacket& packet, bool taken) = 0;
};

class TunPort {
public:
    virtual ~TunPort() = default;
    // One packet behind its virtio header; the octets taken, 0 when nothing waits. `buffer` holds
    // kMaxRead octets.
    virtual std::size_t read(std::span<std::uint8_t> buffer) = 0;
    // Gives the packet to the kernel, now or, where it is in one part, by the next flush() at the latest: until then
    // its octets stay as they are. Packets leave in the order they came. Results come meanwhile.
    virtual void write(const TunPacket& packet, TunResults& results) = 0;
    virtual void flush(TunResults& results) = 0;
    // May datagrams of a UDP flow be written as one? (Linux 6.2)
    [[nodiscard]] virtual bool takes_joined_udp() const = 0;

    static constexpr std::size_t kMaxRead = kVirtioHeaderSize + 65535;
};

} // namespace lns::datapath
