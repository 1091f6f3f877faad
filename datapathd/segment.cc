// SPDX-License-Identifier: ISC
#include "datapathd/segment.h"

namespace lns::datapath {

void TcpSegmenter::write_head(std::size_t i, Writer& out) const noexcept {
    const bool first = i == 0;
    const bool last = i + 1 == count();
    const Bytes data = body(i);
    const std::size_t ip = out.size();
    const std::size_t tcp = ip + packet_.header_size;
    const auto transport_size = static_cast<std::uint16_t>(tcp_.header_size + data.size());
    const auto sequence = static_cast<std::uint32_t>(tcp_.sequence + i * mss_);

    out.bytes(packet_.header());
    const auto old_total = static_cast<std::uint16_t>(packet_.octets.size());
    const auto total = static_cast<std::uint16_t>(packet_.header_size + transport_size);
    const auto id = static_cast<std::uint16_t>(packet_.id + i);
    out.patch_u16(ip + kIpTotalLengthAt, total);
    out.patch_u16(ip + kIpIdAt, id);
    const std::uint16_t with_total = adjust_checksum(packet_.checksum, old_total, total);
    out.patch_u16(ip + kIpChecksumAt, adjust_checksum(with_total, packet_.id, id));

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

bool complete_checksum(std::span<std::uint8_t> packet, std::size_t start, std::size_t offset) noexcept {
    if (start > packet.size() || offset + 2 > packet.size() - start) return false;
    ChecksumSum sum; // the pseudo header's sum is in the field already
    sum.add(packet.subspan(start));
    std::uint16_t checksum = sum.finish();
    if (checksum == 0) checksum = 0xffff; // RFC 768: zero means "none"; for TCP the two are the same number
    packet[start + offset] = static_cast<std::uint8_t>(checksum >> 8);
    packet[start + offset + 1] = static_cast<std::uint8_t>(checksum);
    return true;
}

} // namespace lns::datapath
