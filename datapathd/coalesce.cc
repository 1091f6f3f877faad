// SPDX-License-Identifier: ISC
#include "datapathd/coalesce.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lns::datapath {

namespace {

constexpr std::size_t kMaxPacket = 65535;

bool same_octets(Bytes a, Bytes b) { return a.size() == b.size() && memcmp(a.data(), b.data(), a.size()) == 0; }

// Data, acknowledged, and nothing that has a meaning of its own for one segment.
bool may_be_joined(const Ipv4Packet& packet, const TcpSegment& tcp) {
    return packet.header_size == kIpv4HeaderSize && (tcp.flags & ~kTcpPsh) == kTcpAck && !tcp.data.empty();
}

iovec part(Bytes octets) { return {const_cast<std::uint8_t*>(octets.data()), octets.size()}; }

} // namespace

Coalescer::Flow* Coalescer::find(SessionIndex session, const Ipv4Packet& packet, const TcpSegment& tcp) {
    for (Flow& flow : flows_)
        if (flow.session == session && flow.tcp.source == tcp.source && flow.tcp.destination == tcp.destination &&
            flow.packet.source == packet.source && flow.packet.destination == packet.destination)
            return &flow;
    return nullptr;
}

namespace {

// Would segmenting the joined packet give back exactly this segment behind those it has?
bool continues(const Ipv4Packet& first, const TcpSegment& first_tcp, std::uint32_t next_sequence,
               std::uint32_t segments, const Ipv4Packet& packet, const TcpSegment& tcp) {
    const bool same_ip = packet.tos == first.tos && packet.ttl == first.ttl && packet.fragment == first.fragment;
    // With DF the identification means nothing (RFC 6864 4.1); without, the segments made of it must keep theirs.
    const bool id_follows = packet.dont_fragment() || packet.id == static_cast<std::uint16_t>(first.id + segments);
    return same_ip && id_follows && tcp.sequence == next_sequence && tcp.acknowledgement == first_tcp.acknowledgement &&
           tcp.window == first_tcp.window && tcp.data.size() <= first_tcp.data.size() &&
           same_octets(tcp.options(), first_tcp.options());
}

} // namespace

void Coalescer::add(SessionIndex session, const Ipv4Packet& packet) {
    if (packet.protocol != kProtocolTcp) return deliver_one(session, packet);
    const auto tcp = packet.is_fragment() ? std::nullopt : parse_tcp_segment(packet);
    if (!tcp || !may_be_joined(packet, *tcp)) {
        flush_session(session); // whatever flow it is of, it does not overtake
        return deliver_one(session, packet);
    }
    Flow* flow = find(session, packet, *tcp);
    if (flow == nullptr) return start(session, packet, *tcp);
    const bool joins =
        flow->segments < kMaxSegments &&
        flow->packet.octets.size() + flow->data_size - flow->tcp.data.size() + tcp->data.size() <= kMaxPacket &&
        continues(flow->packet, flow->tcp, flow->next_sequence, flow->segments, packet, *tcp) &&
        (flow->segments > 1 || tcp_checksum_holds(flow->packet)) && tcp_checksum_holds(packet);
    if (!joins) {
        deliver(*flow);
        return start(session, packet, *tcp);
    }
    flow->data[flow->segments++] = tcp->data;
    flow->data_size += tcp->data.size();
    flow->octets += packet.octets.size();
    flow->next_sequence += static_cast<std::uint32_t>(tcp->data.size());
    flow->push = (tcp->flags & kTcpPsh) != 0;
    if (flow->push || tcp->data.size() < flow->tcp.data.size()) deliver(*flow); // cutting puts both at the end
}

void Coalescer::start(SessionIndex session, const Ipv4Packet& packet, const TcpSegment& tcp) {
    if ((tcp.flags & kTcpPsh) != 0) return deliver_one(session, packet);
    auto flow =
        std::find_if(flows_.begin(), flows_.end(), [](const Flow& f) { return f.session == SessionIndex::none; });
    if (flow == flows_.end()) {
        flow = flows_.begin() + static_cast<std::ptrdiff_t>(victim_);
        victim_ = (victim_ + 1) % kFlows;
        deliver(*flow);
    }
    flow->session = session;
    flow->packet = packet;
    flow->tcp = tcp;
    flow->next_sequence = tcp.sequence + static_cast<std::uint32_t>(tcp.data.size());
    flow->segments = 1;
    flow->data_size = tcp.data.size();
    flow->octets = packet.octets.size();
    flow->push = false;
    flow->data[0] = tcp.data;
}

void Coalescer::flush_session(SessionIndex session) {
    for (Flow& flow : flows_)
        if (flow.session == session) deliver(flow);
}

void Coalescer::flush() {
    for (Flow& flow : flows_)
        if (flow.session != SessionIndex::none) deliver(flow);
}

void Coalescer::deliver_one(SessionIndex session, const Ipv4Packet& packet) {
    VirtioHeader none{};
    const std::array<iovec, 2> parts{{{&none, sizeof none}, part(packet.octets)}};
    sink_.deliver({session, parts, 1, packet.octets.size()});
}

void Coalescer::deliver(Flow& flow) {
    const SessionIndex session = std::exchange(flow.session, SessionIndex::none);
    if (flow.segments == 1) return deliver_one(session, flow.packet);
    const std::size_t head_size = std::size_t{flow.packet.header_size} + flow.tcp.header_size;
    const auto transport_size = static_cast<std::uint16_t>(flow.tcp.header_size + flow.data_size);

    std::array<std::uint8_t, kIpv4HeaderSize + kMaxTcpHeaderSize> head;
    Writer w(head);
    w.bytes(flow.packet.header());
    w.patch_u16(kIpTotalLengthAt, static_cast<std::uint16_t>(flow.packet.header_size + transport_size));
    w.patch_u16(kIpChecksumAt, 0);
    ChecksumSum sum;
    sum.add(w.written());
    w.patch_u16(kIpChecksumAt, sum.finish());
    w.bytes(flow.tcp.header);
    if (flow.push) w.patch_u8(kIpv4HeaderSize + kTcpFlagsAt, flow.tcp.flags | kTcpPsh);
    // The kernel completes it from here (checksum offload).
    w.patch_u16(kIpv4HeaderSize + kTcpChecksumAt, pseudo_header_sum(flow.packet, transport_size).sum());

    VirtioHeader header{};
    header.flags = kVirtioNeedsChecksum;
    header.gso_type = kVirtioGsoTcp4;
    header.hdr_len = static_cast<std::uint16_t>(head_size);
    header.gso_size = static_cast<std::uint16_t>(flow.tcp.data.size());
    header.csum_start = kIpv4HeaderSize;
    header.csum_offset = kTcpChecksumAt;

    std::array<iovec, 2 + kMaxSegments> parts;
    parts[0] = {&header, sizeof header};
    parts[1] = part(w.written());
    for (std::size_t i = 0; i < flow.segments; ++i)
        parts[2 + i] = part(flow.data[i]);
    sink_.deliver({session, std::span(parts).first(2 + flow.segments), flow.segments, flow.octets});
}

} // namespace lns::datapath
