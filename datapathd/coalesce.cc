// SPDX-License-Identifier: ISC
#include "datapathd/coalesce.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lns::datapath {

namespace {

constexpr std::size_t kMaxPacket = 65535;

bool same_octets(Bytes a, Bytes b) { return a.size() == b.size() && memcmp(a.data(), b.data(), a.size()) == 0; }

iovec part(Bytes octets) { return {const_cast<std::uint8_t*>(octets.data()), octets.size()}; }

std::uint32_t both(std::uint16_t source, std::uint16_t destination) {
    return std::uint32_t{source} << 16 | destination;
}

} // namespace

// Data, acknowledged, and nothing that has a meaning of its own for one segment.
bool Coalescer::parse_tcp(const Ipv4Packet& packet, Segment& out) {
    const auto tcp = parse_tcp_segment(packet);
    if (!tcp || (tcp->flags & ~kTcpPsh) != kTcpAck || tcp->data.empty()) return false;
    out = {tcp->header, tcp->data, both(tcp->source, tcp->destination), tcp->sequence, tcp->acknowledgement,
           tcp->window, tcp->flags};
    return true;
}

bool Coalescer::parse_udp(const Ipv4Packet& packet, Segment& out) {
    const auto udp = parse_udp_datagram(packet);
    if (!udp || udp->checksum == 0 || udp->data.empty()) return false;
    out = {udp->header, udp->data, both(udp->source, udp->destination), 0, 0, 0, 0};
    return true;
}

bool Coalescer::parse(const Ipv4Packet& packet, Segment& out) {
    if (packet.is_fragment() || packet.header_size != kIpv4HeaderSize) return false;
    return packet.protocol == kProtocolTcp ? parse_tcp(packet, out) : parse_udp(packet, out);
}

bool Coalescer::same_flow(const Flow& flow, const Arrived& arrived, const Segment& segment) {
    const Ipv4Packet& first = flow.first.packet;
    const Ipv4Packet& packet = arrived.packet;
    return flow.segment.ports == segment.ports && first.protocol == packet.protocol && first.source == packet.source &&
           first.destination == packet.destination;
}

// Would segmenting the joined packet give back exactly this segment behind those it has?
bool Coalescer::continues(const Flow& flow, const Ipv4Packet& packet, const Segment& segment) {
    const Ipv4Packet& first = flow.first.packet;
    const bool same_ip = packet.tos == first.tos && packet.ttl == first.ttl && packet.fragment == first.fragment;
    // With DF the identification means nothing (RFC 6864 4.1); without, the segments made of it must keep theirs.
    const bool id_follows = packet.dont_fragment() || packet.id == static_cast<std::uint16_t>(first.id + flow.segments);
    if (!same_ip || !id_follows || segment.data.size() > flow.segment.data.size()) return false;
    if (packet.protocol == kProtocolUdp) return true;
    return segment.sequence == static_cast<std::uint32_t>(flow.segment.sequence + flow.data_size) &&
           segment.acknowledgement == flow.segment.acknowledgement && segment.window == flow.segment.window &&
           same_octets(segment.header.subspan(kTcpHeaderSize), flow.segment.header.subspan(kTcpHeaderSize));
}

bool Coalescer::joins(const Flow& flow, const Ipv4Packet& packet, const Segment& segment) {
    return flow.segments < kMaxSegments &&
           kIpv4HeaderSize + flow.segment.header.size() + flow.data_size + segment.data.size() <= kMaxPacket &&
           continues(flow, packet, segment) && (flow.segments > 1 || transport_checksum_holds(flow.first.packet)) &&
           transport_checksum_holds(packet);
}

// Where the flow is, or a slot free for it.
std::size_t Coalescer::slot_for(const Arrived& arrived, const Segment& segment) {
    const std::size_t set = ((raw(arrived.session) ^ segment.ports) * 0x9e3779b9U) >> (32 - kSetBits);
    std::size_t free = kFlows;
    for (std::size_t i = set * kWays; i < (set + 1) * kWays; ++i) {
        if (sessions_[i] == SessionIndex::none)
            free = i;
        else if (sessions_[i] == arrived.session && same_flow(flows_[i], arrived, segment))
            return i;
    }
    if (free == kFlows) {
        free = set * kWays + victims_[set]++ % kWays;
        deliver(free);
    }
    return free;
}

void Coalescer::add(SessionIndex session, const Ipv4Packet& packet, std::span<std::uint8_t> front) {
    const Arrived arrived{session, packet, front};
    Segment segment;
    if (packet.protocol != kProtocolTcp && !(join_udp_ && packet.protocol == kProtocolUdp)) return deliver_one(arrived);
    if (!parse(packet, segment)) {
        flush_session(session, packet.protocol); // whatever flow it is of, it does not overtake
        return deliver_one(arrived);
    }
    const std::size_t slot = slot_for(arrived, segment);
    if (sessions_[slot] == SessionIndex::none) return start(slot, arrived, segment);
    Flow& flow = flows_[slot];
    if (!joins(flow, packet, segment)) {
        deliver(slot);
        return start(slot, arrived, segment);
    }
    flow.data[flow.segments++] = segment.data;
    flow.data_size += segment.data.size();
    flow.octets += packet.octets.size();
    flow.push = (segment.flags & kTcpPsh) != 0;
    if (flow.push || segment.data.size() < flow.segment.data.size()) deliver(slot); // cutting puts both at the end
}

void Coalescer::start(std::size_t slot, const Arrived& arrived, const Segment& segment) {
    if ((segment.flags & kTcpPsh) != 0) return deliver_one(arrived);
    sessions_[slot] = arrived.session;
    Flow& flow = flows_[slot];
    flow.first = arrived;
    flow.segment = segment;
    flow.segments = 1;
    flow.octets = arrived.packet.octets.size();
    flow.data_size = segment.data.size();
    flow.push = false;
    flow.data[0] = segment.data;
}

void Coalescer::flush_session(SessionIndex session, std::uint8_t protocol) {
    for (std::size_t i = 0; i < kFlows; ++i)
        if (sessions_[i] == session && flows_[i].first.packet.protocol == protocol) deliver(i);
}

void Coalescer::flush() {
    for (std::size_t i = 0; i < kFlows; ++i)
        if (sessions_[i] != SessionIndex::none) deliver(i);
}

void Coalescer::deliver(std::size_t slot) {
    sessions_[slot] = SessionIndex::none;
    const Flow& flow = flows_[slot];
    if (flow.segments == 1)
        deliver_one(flow.first);
    else
        deliver_joined(flow);
}

void Coalescer::deliver_one(const Arrived& arrived) {
    const Bytes octets = arrived.packet.octets;
    if (arrived.front.size() >= kVirtioHeaderSize) {
        const std::span<std::uint8_t> header = arrived.front.last(kVirtioHeaderSize);
        std::ranges::fill(header, std::uint8_t{0});
        const iovec whole{header.data(), kVirtioHeaderSize + octets.size()};
        return sink_.deliver({arrived.session, {&whole, 1}, 1, octets.size()});
    }
    VirtioHeader none{};
    const std::array<iovec, 2> parts{{{&none, sizeof none}, part(octets)}};
    sink_.deliver({arrived.session, parts, 1, octets.size()});
}

void Coalescer::deliver_joined(const Flow& flow) {
    const bool tcp = flow.first.packet.protocol == kProtocolTcp;
    const std::size_t checksum_at = tcp ? kTcpChecksumAt : kUdpChecksumAt;
    const auto transport_size = static_cast<std::uint16_t>(flow.segment.header.size() + flow.data_size);

    std::array<std::uint8_t, kIpv4HeaderSize + kMaxTcpHeaderSize> head;
    Writer w(head);
    w.bytes(flow.first.packet.header());
    w.patch_u16(kIpTotalLengthAt, static_cast<std::uint16_t>(kIpv4HeaderSize + transport_size));
    w.patch_u16(kIpChecksumAt, 0);
    ChecksumSum sum;
    sum.add(w.written());
    w.patch_u16(kIpChecksumAt, sum.finish());
    w.bytes(flow.segment.header);
    if (flow.push) w.patch_u8(kIpv4HeaderSize + kTcpFlagsAt, flow.segment.flags | kTcpPsh);
    if (!tcp) w.patch_u16(kIpv4HeaderSize + kUdpLengthAt, transport_size);
    // The kernel completes it from here (checksum offload).
    w.patch_u16(kIpv4HeaderSize + checksum_at, pseudo_header_sum(flow.first.packet, transport_size).sum());

    VirtioHeader header{};
    header.flags = kVirtioNeedsChecksum;
    header.gso_type = tcp ? kVirtioGsoTcp4 : kVirtioGsoUdp;
    header.hdr_len = static_cast<std::uint16_t>(w.size());
    header.gso_size = static_cast<std::uint16_t>(flow.segment.data.size());
    header.csum_start = kIpv4HeaderSize;
    header.csum_offset = static_cast<std::uint16_t>(checksum_at);

    std::array<iovec, 2 + kMaxSegments> parts;
    parts[0] = {&header, sizeof header};
    parts[1] = part(w.written());
    for (std::size_t i = 0; i < flow.segments; ++i)
        parts[2 + i] = part(flow.data[i]);
    sink_.deliver({flow.first.session, std::span(parts).first(2 + flow.segments), flow.segments, flow.octets});
}

} // namespace lns::datapath
