// SPDX-License-Identifier: ISC
#include "datapathd/downstream.h"

#include <algorithm>
#include <cstring>

#include "datapathd/fragment.h"
#include "datapathd/mss_clamp.h"
#include "datapathd/segment.h"
#include "lib/base/log.h"

namespace lns::datapath {

namespace {

static_assert(kVirtioHeaderSize == kEncapsulationSize, "the one is overwritten by the other, in place");

constexpr std::uint16_t kDefaultMru = 1500;                // RFC 1661 6.1
constexpr std::size_t kBufferSize = 5 * TunPort::kMaxRead; // small packets lie close together in it
constexpr std::size_t kAlignment = 64;

std::size_t align(std::size_t n) { return (n + kAlignment - 1) & ~(kAlignment - 1); }

} // namespace

Downstream::Downstream(const ForwardView& view, Ports ports, Services& services, SessionCounting& sessions,
                       shm::CounterWords& counters)
    : view_(view), ports_(ports), services_(services), sessions_(sessions), counters_(counters), buffer_(kBufferSize),
      whole_(TunPort::kMaxRead) {
    read_.reserve(UdpPort::kMaxTrain * 4);
}

void Downstream::configure(const DownstreamSettings& settings) {
    settings_ = settings;
    unreachable_limit_.set(settings.unreachable);
}

namespace {

// Where a packet from the TUN device, behind its virtio header, wants to go; unset when it is too short to say.
Ipv4 destination_of(Bytes with_header) {
    Ipv4 destination;
    Reader r(with_header);
    if (!r.skip(kVirtioHeaderSize + kIpDestinationAt) || !r.u32(destination.value)) return {};
    return destination;
}

} // namespace

std::size_t Downstream::run(std::size_t most, MonoTime now) {
    now_ = now;
    services_.next_batch();
    std::size_t taken = 0;
    std::size_t at = 0;
    for (; taken < most; ++taken) {
        if (buffer_.size() - at < TunPort::kMaxRead) {
            handle_read();
            at = 0;
        }
        const std::span<std::uint8_t> room = std::span(buffer_).subspan(at, TunPort::kMaxRead);
        const std::size_t size = ports_.tun.read(room);
        if (size == 0) break;
        read_.push_back(room.first(size));
        view_.prefetch_address(destination_of(read_.back()));
        at = align(at + size);
    }
    handle_read();
    return taken;
}

void Downstream::handle_read() {
    constexpr std::size_t kAhead = 4; // a packet costs little here
    for (std::size_t i = 0; i < read_.size() + kAhead; ++i) {
        if (i < read_.size()) {
            const SessionIndex session = view_.prefetch_record(destination_of(read_[i]));
            sessions_.prefetch(session);
            services_.prefetch(session);
        }
        if (i >= kAhead) handle(read_[i - kAhead]);
    }
    read_.clear();
    send();
}

void Downstream::drop(Counter reason, SessionIndex session) {
    counters_.add(reason);
    if (session != SessionIndex::none) sessions_.down_dropped(session);
}

bool Downstream::permit(const Destination& to, const conf::PacketFacts& packet) {
    const auto reason = services_.filter_down(to.served(), packet);
    if (reason) drop(*reason, to.session);
    return !reason;
}

bool Downstream::admit(const Destination& to, std::size_t octets) {
    if (to.record.is_plain()) return true;
    const auto reason = services_.to_subscriber(to.served(), octets, now_);
    if (reason) drop(*reason, to.session);
    return !reason;
}

void Downstream::handle(std::span<std::uint8_t> with_header) {
    counters_.add(Counter::down_packets);
    if (with_header.size() < kVirtioHeaderSize) return drop(Counter::down_bad_offload);
    VirtioHeader header;
    memcpy(&header, with_header.data(), sizeof header);
    const auto packet = parse_ipv4_packet(with_header.subspan(kVirtioHeaderSize));
    if (!packet) return drop(Counter::down_bad_ip);
    Destination to;
    to.session = view_.find(packet->destination, to.record);
    if (to.session == SessionIndex::none) return no_session(*packet);
    if (log_wanted(LogLevel::packet)) log_packet("to session " + std::to_string(raw(to.session)), packet->octets);
    to.mru = std::max(to.record.mru == 0 ? kDefaultMru : to.record.mru, kMinimumMtu);
    if (header.gso_type != kVirtioGsoNone) return forward_segments(to, header, *packet);
    forward(to, header, with_header, *packet);
}

namespace {

// The front of a datagram: encapsulation, then what `write` appends.
template <class Write>
void write_head(OutDatagram& d, const shm::ForwardRecord& record, Bytes body, Write write) {
    Writer w(d.head);
    if (record.has(shm::kSequenced))
        write_sequenced(w, record);
    else
        w.bytes(encapsulation(record));
    write(w);
    d.head_size = static_cast<std::uint16_t>(w.size());
    d.body = body;
    d.ip_size = static_cast<std::uint16_t>(w.size() - d.front_size + body.size());
}

void patch_ns(std::span<std::uint8_t> message, std::uint16_t ns) { Writer(message.subspan(kNsAt)).u16(ns); }

} // namespace

void Downstream::number(const Destination& to, OutDatagram& datagram) {
    if (to.record.has(shm::kSequenced)) patch_ns(datagram.head, services_.take_ns(to.session, to.record.generation));
}

void Downstream::from_sessiond(const imsg::Datagram& datagram) {
    numbered_.assign(datagram.payload.begin(), datagram.payload.end());
    const auto header = l2tp::parse_header(numbered_);
    if (!header || header->flags != (l2tp::kFlagS | l2tp::kVersion2)) return counters_.add(Counter::numbered_bad);
    patch_ns(numbered_, services_.take_ns(datagram.session, datagram.generation));
    std::array<iovec, 2> parts{{{numbered_.data(), numbered_.size()}, {nullptr, 0}}};
    SendTrain train{datagram.peer, datagram.local, static_cast<std::uint16_t>(numbered_.size()), 1, parts, 0, false, 0};
    ports_.udp.send({&train, 1});
    counters_.add(train.sent != 0 ? Counter::numbered_sent : Counter::numbered_lost);
}

void Downstream::forward(const Destination& to, const VirtioHeader& header, std::span<std::uint8_t> with_header,
                         const Ipv4Packet& packet) {
    const std::size_t size = packet.octets.size();
    // Behind the IP header, which was judged already and must stay as it was.
    if ((header.flags & kVirtioNeedsChecksum) != 0 &&
        (header.csum_start < packet.header_size ||
         !complete_checksum(with_header.subspan(kVirtioHeaderSize, size), header.csum_start, header.csum_offset)))
        return drop(Counter::down_bad_offload, to.session);
    if (!to.record.is_plain() && !permit(to, facts_of(packet))) return;
    if (is_tcp_syn(packet) && clamp_mss(with_header.subspan(kVirtioHeaderSize, size), packet, to.mru))
        counters_.add(Counter::mss_clamped);
    if (size > to.mru) {
        if (packet.dont_fragment()) return too_big(to, packet, packet.octets);
        return forward_fragments(to, packet);
    }
    if (!admit(to, size)) return;
    make_room(1);
    OutDatagram& d = batch_.add(to.session, to.record);
    if (to.record.has(shm::kSequenced)) { // there is no room in front of the packet
        write_head(d, to.record, packet.octets, [](Writer&) {});
        return number(to, d);
    }
    const auto encapsulated = encapsulation(to.record);
    memcpy(with_header.data(), encapsulated.data(), encapsulated.size());
    d.ip_size = static_cast<std::uint16_t>(size);
    d.body = with_header.first(kEncapsulationSize + size);
}

void Downstream::forward_segments(const Destination& to, const VirtioHeader& header, const Ipv4Packet& packet) {
    const unsigned type = header.gso_type & ~unsigned{kVirtioGsoEcn};
    if (header.gso_size == 0 || packet.is_fragment()) return drop(Counter::down_bad_offload, to.session);
    if (type == kVirtioGsoTcp4 && packet.protocol == kProtocolTcp) return forward_tcp(to, packet, header.gso_size);
    if (type == kVirtioGsoUdp && packet.protocol == kProtocolUdp) return forward_udp(to, packet, header.gso_size);
    drop(Counter::down_bad_offload, to.session);
}

void Downstream::forward_tcp(const Destination& to, const Ipv4Packet& packet, std::uint16_t mss) {
    const auto tcp = parse_tcp_segment(packet);
    if (!tcp) return drop(Counter::down_bad_offload, to.session);
    const std::size_t heads = std::size_t{packet.header_size} + tcp->header_size;
    const std::size_t largest = heads + std::min<std::size_t>(mss, tcp->data.size());
    if (largest <= to.mru) return send_segments(to, packet, TcpSegmenter(packet, *tcp, mss));
    // Nobody has seen the segments yet: without DF they are made to fit, instead of fragmenting each.
    if (!packet.dont_fragment() && heads < to.mru)
        return send_segments(to, packet, TcpSegmenter(packet, *tcp, static_cast<std::uint16_t>(to.mru - heads)));
    too_big_segments(to, packet, TcpSegmenter(packet, *tcp, mss));
}

void Downstream::forward_udp(const Destination& to, const Ipv4Packet& packet, std::uint16_t size) {
    const auto udp = parse_udp_datagram(packet);
    if (!udp) return drop(Counter::down_bad_offload, to.session);
    const UdpSegmenter segmenter(packet, *udp, size);
    const std::size_t largest = packet.header_size + kUdpHeaderSize + segmenter.body(0).size();
    if (largest <= to.mru) return send_segments(to, packet, segmenter);
    if (packet.dont_fragment()) return too_big_segments(to, packet, segmenter);
    counters_.add(Counter::down_extra, segmenter.count() - 1);
    for (std::size_t i = 0; i < segmenter.count(); ++i) { // each is put together, to be fragmented
        Writer w(whole_);
        segmenter.write_head(i, w);
        w.bytes(segmenter.body(i));
        const Ipv4Packet whole = *parse_ipv4_packet(w.written());
        if (!to.record.is_plain() && !permit(to, facts_of(whole))) continue;
        forward_fragments(to, whole);
        send();
    }
}

template <class Segmenter>
void Downstream::too_big_segments(const Destination& to, const Ipv4Packet& packet, const Segmenter& segmenter) {
    if (!to.record.is_plain() && !permit(to, facts_of(packet))) return;
    std::array<std::uint8_t, kMaxIcmpError> quote; // the first segment, as it would have been sent
    Writer w(quote);
    segmenter.write_head(0, w);
    w.bytes(segmenter.body(0).first(std::min(segmenter.body(0).size(), w.room())));
    too_big(to, packet, w.written());
}

template <class Segmenter>
void Downstream::send_segments(const Destination& to, const Ipv4Packet& packet, const Segmenter& segmenter) {
    const std::size_t count = segmenter.count();
    if (!make_room(count)) return drop(Counter::down_too_big, to.session);
    counters_.add(Counter::down_extra, count - 1);
    conf::PacketFacts facts;
    if (!to.record.is_plain()) facts = facts_of(packet);
    for (std::size_t i = 0; i < count; ++i) {
        OutDatagram& d = batch_.add(to.session, to.record);
        write_head(d, to.record, segmenter.body(i), [&](Writer& w) { segmenter.write_head(i, w); });
        if (to.record.is_plain()) continue;
        if (facts.has_flags) facts.tcp_flags = d.head[d.front_size + packet.header_size + kTcpFlagsAt];
        if (permit(to, facts) && admit(to, d.ip_size))
            number(to, d);
        else
            batch_.take_back();
    }
}

void Downstream::forward_fragments(const Destination& to, const Ipv4Packet& packet) {
    Fragmenter fragmenter(packet, to.mru);
    if (!make_room(fragmenter.most())) return drop(Counter::down_too_big, to.session);
    Fragment fragment;
    std::uint64_t made = 0;
    for (; !fragmenter.done(); ++made) {
        fragmenter.next(fragment);
        OutDatagram& d = batch_.add(to.session, to.record);
        write_head(d, to.record, fragment.body,
                   [&](Writer& w) { w.bytes(Bytes(fragment.header).first(fragment.header_size)); });
        if (admit(to, d.ip_size))
            number(to, d);
        else
            batch_.take_back();
    }
    counters_.add(Counter::down_extra, made - 1);
}

void Downstream::no_session(const Ipv4Packet& packet) {
    drop(Counter::down_no_session);
    if (unreachable_limit_.off()) return;
    if (!settings_.tun_address.is_set() || !may_be_answered(packet)) return counters_.add(Counter::icmp_suppressed);
    if (!unreachable_limit_.take(now_)) return counters_.add(Counter::icmp_limited);
    answer(packet.source, host_unreachable(settings_.tun_address, packet.source, packet.octets),
           Counter::icmp_unreachable);
}

void Downstream::too_big(const Destination& to, const Ipv4Packet& packet, Bytes quote) {
    drop(Counter::down_too_big, to.session);
    if (!settings_.tun_address.is_set() || !may_be_answered(packet)) return counters_.add(Counter::icmp_suppressed);
    if (!too_big_limit_.take(now_)) return counters_.add(Counter::icmp_limited);
    answer(packet.source, fragmentation_needed(settings_.tun_address, packet.source, quote, to.mru),
           Counter::icmp_too_big);
}

void Downstream::answer(Ipv4 sender, const IcmpError& error, Counter as) {
    counters_.add(ports_.icmp.send(sender, error.bytes()) ? as : Counter::icmp_suppressed);
}

// Sends what there is when `datagrams` do not fit behind it. Packets in the buffer stay valid.
bool Downstream::make_room(std::size_t datagrams) {
    if (batch_.room() < datagrams) send();
    return batch_.room() >= datagrams;
}

void Downstream::send() {
    if (batch_.size() == 0) return;
    const auto trains = batch_.trains();
    ports_.udp.send(trains);
    for (const SendTrain& train : trains)
        counters_.add(Counter::down_messages, train.messages);
    batch_.each_outcome([this](const OutDatagram& d, bool sent, bool queue_full) {
        if (!sent) return drop(queue_full ? Counter::down_send_queue_full : Counter::down_send_refused, d.session);
        counters_.add(Counter::down_sent);
        counters_.add(Counter::down_octets, d.ip_size);
        sessions_.down(d.session, 1, d.ip_size, now_);
        if (d.intercepted != Generation::none) {
            const auto [front, rest] = d.packet();
            services_.was_sent({d.session, d.intercepted, shm::kSnooped}, front, rest);
        }
    });
    services_.flush_copies();
    batch_.clear();
}

} // namespace lns::datapath
