// SPDX-License-Identifier: ISC
// Puts TCP segments and UDP datagrams of one flow, arriving in order, together into large packets for the TUN device,
// which the kernel passes on, or cuts again, at the cost of one (generic receive offload, in user space). Only
// what cutting gives back octet by octet is joined, and only with checksums that were found right: a damaged
// segment leaves as it came. Pure: packets come out through a function.
#pragma once

#include <array>
#include <span>

#include "datapathd/inner_ip.h"
#include "datapathd/tun_port.h"
#include "lib/base/ids.h"

namespace lns::datapath {

class TunPacketSink {
public:
    virtual ~TunPacketSink() = default;
    virtual void deliver(const TunPacket& packet) = 0;
};

class Coalescer {
public:
    Coalescer(TunPacketSink& sink, bool join_udp) : sink_(sink), join_udp_(join_udp) {}

    // The packet's octets must stay where they are until flush(). Packets of one flow leave in the order of arrival.
    // `front`: octets right before the packet that may be overwritten until then; with room for the virtio header
    // there the packet leaves in one piece.
    void add(SessionIndex session, const Ipv4Packet& packet, std::span<std::uint8_t> front = {});
    void flush();

    static constexpr std::size_t kFlows = 32;
    static constexpr std::size_t kMaxSegments = 64;

private:
    struct Segment { // of TCP or UDP; what UDP does not have is 0
        Bytes header;
        Bytes data;
        std::uint32_t ports = 0;
        std::uint32_t sequence = 0;
        std::uint32_t acknowledgement = 0;
        std::uint16_t window = 0;
        std::uint8_t flags = 0;
    };
    struct Arrived {
        SessionIndex session = SessionIndex::none;
        Ipv4Packet packet;
        std::span<std::uint8_t> front;
    };
    struct Flow {
        Arrived first;
        Segment segment; // the first one's
        std::uint32_t segments = 0;
        std::uint64_t octets = 0;
        std::size_t data_size = 0;
        bool push = false; // the last segment had PSH
        std::array<Bytes, kMaxSegments> data;
    };
    static bool parse(const Ipv4Packet& packet, Segment& out);
    static bool parse_tcp(const Ipv4Packet& packet, Segment& out);
    static bool parse_udp(const Ipv4Packet& packet, Segment& out);
    static bool same_flow(const Flow& flow, const Arrived& arrived, const Segment& segment); // of the same session
    static bool continues(const Flow& flow, const Ipv4Packet& packet, const Segment& segment);
    static bool joins(const Flow& flow, const Ipv4Packet& packet, const Segment& segment);
    std::size_t slot_for(const Arrived& arrived, const Segment& segment);
    void start(std::size_t slot, const Arrived& arrived, const Segment& segment);
    void flush_session(SessionIndex session, std::uint8_t protocol);
    void deliver(std::size_t slot);
    void deliver_joined(const Flow& flow);
    void deliver_one(const Arrived& arrived);

    static constexpr unsigned kSetBits = 3; // of the hash that says where a flow may be
    static constexpr std::size_t kWays = kFlows >> kSetBits;
    TunPacketSink& sink_;
    bool join_udp_;
    std::array<SessionIndex, kFlows> sessions_{}; // whose flow is in the slot; none: free
    std::array<std::uint8_t, 1 << kSetBits> victims_{};
    std::array<Flow, kFlows> flows_{};
};

} // namespace lns::datapath
