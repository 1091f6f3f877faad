// SPDX-License-Identifier: ISC
// The 1701 socket as the packet path sees it; udp_socket.h is the real one, tests have their own.
#pragma once

#include <cstdint>
#include <span>
#include <sys/uio.h>

#include "lib/base/bytes.h"
#include "lib/base/inet.h"

namespace lns::datapath {

// What one receive gave: a datagram, or a train of them that the kernel merged (UDP GRO). Steering saw the
// first one of a train only (DESIGN 5).
struct ReceivedTrain {
    Endpoint peer;
    Ipv4 local;                     // our address it was sent to
    std::span<std::uint8_t> octets; // valid until the next receive(), and free to be overwritten
    std::uint16_t size = 0;         // of each datagram but the last, which may be shorter; 0: only one
};

// Datagrams of one size for one peer; the last may be shorter. Each is two parts, the second may be empty.
struct SendTrain {
    Endpoint peer;
    Ipv4 local; // source address
    std::uint16_t size = 0;
    std::uint16_t count = 0;
    std::span<iovec> parts;     // 2 * count
    std::uint16_t messages = 0; // out: socket messages the kernel took
    bool queue_full = false;    // out: why not all were sent
    std::uint64_t sent = 0;     // out: bit i: datagram i was taken by the kernel
};

class UdpPort {
public:
    virtual ~UdpPort() = default;
    // At most `most` trains that wait now; empty when nothing does. One with empty octets stands for what had to be
    // thrown away (truncated, or without addresses).
    virtual std::span<const ReceivedTrain> receive(std::size_t most) = 0;
    virtual void send(std::span<SendTrain> trains) = 0;

    static constexpr std::size_t kMaxTrain = 64;        // datagrams (UDP_MAX_SEGMENTS of older kernels)
    static constexpr std::size_t kMaxTrainSize = 65507; // octets of UDP payload in one IPv4 packet
};

} // namespace lns::datapath
