// SPDX-License-Identifier: ISC
#include "tools/lacsim/test_packet.h"

#include <algorithm>

#include "tools/lacsim/checksum.h"

namespace lns::lacsim {
namespace {

constexpr std::uint32_t kMagic = 0x4c41434d; // "LACM"
constexpr std::uint8_t kUdp = 17;

std::array<std::uint8_t, 4096> make_pattern() {
    std::array<std::uint8_t, 4096> p{};
    for (std::size_t i = 0; i < p.size(); ++i)
        p[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8) * 31 + 90);
    return p;
}
const std::array<std::uint8_t, 4096> kPattern = make_pattern();

std::uint64_t address_sum(Ipv4 a) { return (a.value >> 16) + (a.value & 0xffff); }

} // namespace

void fill_pattern(std::span<std::uint8_t> payload) {
    const std::span<std::uint8_t> rest = payload.subspan(TestHeader::kSize);
    std::copy_n(kPattern.begin(), std::min(rest.size(), kPattern.size()), rest.begin());
}

void write_header(Writer& w, const TestHeader& h) {
    w.u32(kMagic);
    w.u32(h.run);
    w.u32(h.flow);
    w.u32(h.address.value);
    w.u32(h.sequence);
    w.u8(static_cast<std::uint8_t>(h.kind));
    w.zeros(3);
    w.u64(static_cast<std::uint64_t>(h.sent.time_since_epoch().count()));
}

bool is_test_payload(Bytes payload) {
    Reader r(payload);
    std::uint32_t magic = 0;
    return r.u32(magic) && magic == kMagic && payload.size() >= TestHeader::kSize;
}

bool read_payload(Bytes payload, TestHeader& h) {
    Reader r(payload);
    std::uint32_t magic = 0;
    std::uint8_t kind = 0;
    std::uint64_t sent = 0;
    if (!r.u32(magic) || magic != kMagic || !r.u32(h.run) || !r.u32(h.flow) || !r.u32(h.address.value)) return false;
    if (!r.u32(h.sequence) || !r.u8(kind) || !r.skip(3) || !r.u64(sent)) return false;
    h.kind = static_cast<Kind>(kind);
    h.sent = MonoTime(Clock::duration(static_cast<std::int64_t>(sent)));
    if (h.kind == Kind::query || h.kind == Kind::query_reply) return true;
    return r.size() <= kPattern.size() && std::equal(r.rest().begin(), r.rest().end(), kPattern.begin());
}

PacketMaker::PacketMaker(std::size_t size, std::uint16_t source_port, Endpoint destination)
    : size_(size), source_port_(source_port), destination_(destination),
      pattern_sum_(checksum_add(Bytes(kPattern).first(size - kIpUdpHeader - TestHeader::kSize))) {}

void PacketMaker::stamp(std::span<std::uint8_t> packet, Ipv4 source, const TestHeader& header) {
    const auto udp_length = static_cast<std::uint16_t>(size_ - 20);
    Writer w(packet.first(kIpUdpHeader + TestHeader::kSize));
    w.u16(0x4500); // version, header length, no TOS
    w.u16(static_cast<std::uint16_t>(size_));
    w.u16(id_++);
    w.u16(0);      // may be fragmented
    w.u16(0x4011); // TTL 64, UDP
    w.u16(0);
    w.u32(source.value);
    w.u32(destination_.address.value);
    w.u16(source_port_);
    w.u16(destination_.port);
    w.u16(udp_length);
    w.u16(0);
    write_header(w, header);
    w.patch_u16(10, checksum_fold(checksum_add(packet.first(20))));
    const std::uint64_t pseudo = address_sum(source) + address_sum(destination_.address) + kUdp + udp_length;
    const std::uint16_t sum =
        checksum_fold(checksum_add(packet.subspan(20, 8 + TestHeader::kSize), pseudo + pattern_sum_));
    w.patch_u16(26, sum == 0 ? std::uint16_t{0xffff} : sum); // RFC 768: 0 means none
}

InnerFault decode_inner(Bytes packet, InnerPacket& out) {
    Reader r(packet);
    std::uint8_t version = 0, tos = 0, ttl = 0;
    std::uint16_t length = 0, id = 0, fragment = 0, checksum = 0;
    if (!r.u8(version) || version >> 4 != 4) return InnerFault::version;
    if (!r.u8(tos) || !r.u16(length) || !r.u16(id) || !r.u16(fragment) || !r.u8(ttl) || !r.u8(out.protocol) ||
        !r.u16(checksum) || !r.u32(out.source.value) || !r.u32(out.destination.value))
        return InnerFault::length;
    const std::size_t header = (version & 15U) * 4U;
    // Nothing may hang behind the packet either: PPP has no minimum size.
    if (header < 20 || length != packet.size() || !r.skip(header - 20)) return InnerFault::length;
    if (checksum_fold(checksum_add(packet.first(header))) != 0) return InnerFault::header_checksum;
    if ((fragment & 0x3fff) != 0) out.protocol = 0;
    out.transport = r.rest();
    return InnerFault::none;
}

InnerFault decode_udp(const InnerPacket& packet, std::uint16_t& source_port, Bytes& payload) {
    Reader r(packet.transport);
    std::uint16_t destination_port = 0, length = 0, checksum = 0;
    if (!r.u16(source_port) || !r.u16(destination_port) || !r.u16(length) || !r.u16(checksum))
        return InnerFault::udp_length;
    if (length != packet.transport.size()) return InnerFault::udp_length;
    payload = r.rest();
    if (checksum == 0) return InnerFault::none;
    const std::uint64_t pseudo = address_sum(packet.source) + address_sum(packet.destination) + kUdp + length;
    return checksum_fold(checksum_add(packet.transport, pseudo)) == 0 ? InnerFault::none : InnerFault::udp_checksum;
}

} // namespace lns::lacsim
