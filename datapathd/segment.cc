// SPDX-License-Identifier: ISC
#include "datapathd/segment.h"

namespace lns::datapath {

void Segmenter::write_ip_header(std::size_t i, std::uint16_t transport_size, Writer& out) const noexcept {
    const std::size_t ip = out.size();
    out.bytes(packet_.header());
    const auto old_total = static_cast<std::uint16_t>(packet_.octets.size());
    const auto total = static_cast<std::uint16_t>(packet_.header_size + transport_size);
    const auto id = static_cast<std::uint16_t>(packet_.id + i);
    out.patch_u16(ip + kIpTotalLengthAt, total);
    out.patch_u16(ip + kIpIdAt, id);
    const std::uint16_t with_total = adjust_checksum(packet_.checksum, old_total, total);
    out.patch_u16(ip + kIpChecksumAt, adjust_checksum(with_total, packet_.id, id));
}

void TcpSegmenter::write_head(std::size_t i, Writer& out) const noexcept {
    const bool first = i == 0;
    const bool last = i + 1 == count();
    const Bytes data = body(i);
    const auto transport_size = static_cast<std::uint16_t>(tcp_.header_size + data.size());
    const auto sequence = static_cast<std::uint32_t>(tcp_.sequence + i * size_);

    write_ip_header(i, transport_size, out);
    const std::size_t tcp = out.size();
    out.bytes(tcp_.header);
    out.patch_u16(tcp + kTcpSequenceAt, static_cast<std::uint16_t>(sequence >> 16));
    out.patch_u16(tcp + kTcpSequenceAt + 2, static_cast<std::uint16_t>(sequence));
    // PSH and FIN belong to the end of the data, CWR to its beginning (RFC 3168 6.1.2).
    std::uint8_t flags = tcp_.flags;
    if (!last) flags &= static_cast<std::uint8_t>(~(kTcpFin | kTcpPsh));
    if (!first) flags &= static_cast<std::uint8_t>(~kTcpCwr);
    out.patch_u8(tcp + kTcpFlagsAt, flags);
    out.patch_u16(tcp + kTcpChecksumAt, 0);
    ChecksumSum sum = pseudo_header_sum(packet_, transport_size);
    sum.add(out.written().subspan(tcp));
    sum.add(data);
    out.patch_u16(tcp + kTcpChecksumAt, sum.finish());
}

void UdpSegmenter::write_head(std::size_t i, Writer& out) const noexcept {
    const Bytes data = body(i);
    const auto transport_size = static_cast<std::uint16_t>(kUdpHeaderSize + data.size());

    write_ip_header(i, transport_size, out);
    const std::size_t udp = out.size();
    out.bytes(ports_);
    out.u16(transport_size);
    out.u16(0);
    ChecksumSum sum = pseudo_header_sum(packet_, transport_size);
    sum.add(out.written().subspan(udp));
    sum.add(data);
    out.patch_u16(udp + kUdpChecksumAt, sum.finish_udp());
}

bool complete_checksum(std::span<std::uint8_t> packet, std::size_t start, std::size_t offset) noexcept {
    if (start > packet.size() || offset + 2 > packet.size() - start) return false;
    ChecksumSum sum; // the pseudo header's sum is in the field already
    sum.add(packet.subspan(start));
    const std::uint16_t checksum = sum.finish_udp(); // for TCP both zeros are the same number
    packet[start + offset] = static_cast<std::uint8_t>(checksum >> 8);
    packet[start + offset + 1] = static_cast<std::uint8_t>(checksum);
    return true;
}

} // namespace lns::datapath
