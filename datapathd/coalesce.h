// SPDX-License-Identifier: ISC
// Puts TCP segments of one flow, arriving in order, together into large packets for the TUN device, which the
// kernel passes on, or cuts again, at the cost of one (generic receive offload, in user space). Only what cutting
// gives back octet by octet is joined, and only with checksums that were found right: a damaged segment
// leaves as it came. Pure: packets come out through a function.
#pragma once

#include <array>
#include <span>

#include "datapathd/inner_ip.h"
#include "datapathd/tun_port.h"
#include "lib/base/ids.h"

namespace lns::datapath {

// For the TUN device: virtio header and packet in parts, and what it counts.
struct TunPacket {
    SessionIndex session = SessionIndex::none;
    std::span<const iovec> parts;
    std::uint32_t packets = 0; // of the subscriber, in it
    std::uint64_t octets = 0;  // of these, headers included
};

class TunPacketSink {
public:
    virtual ~TunPacketSink() = default;
    virtual void deliver(const TunPacket& packet) = 0;
};

class Coalescer {
public:
    explicit Coalescer(TunPacketSink& sink) : sink_(sink) {}

    // The packet's octets must stay where they are until flush(). Packets of one flow leave in the order of arrival.
    void add(SessionIndex session, const Ipv4Packet& packet);
    void flush();

    static constexpr std::size_t kFlows = 8;
    static constexpr std::size_t kMaxSegments = 64;

private:
    struct Flow {
        SessionIndex session = SessionIndex::none; // none: free
        Ipv4Packet packet;                         // the first one
        TcpSegment tcp;
        std::uint32_t next_sequence = 0;
        std::uint32_t segments = 0;
        std::size_t data_size = 0;
        std::uint64_t octets = 0;
        bool push = false; // the last segment had PSH
        std::array<Bytes, kMaxSegments> data;
    };
    [[nodiscard]] Flow* find(SessionIndex session, const Ipv4Packet& packet, const TcpSegment& tcp);
    void flush_session(SessionIndex session);
    void start(SessionIndex session, const Ipv4Packet& packet, const TcpSegment& tcp);
    void deliver(Flow& flow);
    void deliver_one(SessionIndex session, const Ipv4Packet& packet);

    TunPacketSink& sink_;
    std::array<Flow, kFlows> flows_{};
    std::size_t victim_ = 0;
};

} // namespace lns::datapath
