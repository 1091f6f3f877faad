// SPDX-License-Identifier: ISC
#include "datapathd/mss_clamp.h"

namespace lns::datapath {

namespace {

constexpr std::uint8_t kEndOfOptions = 0; // RFC 9293 3.2
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kMaximumSegmentSize = 2;
constexpr std::uint8_t kMaximumSegmentSizeLength = 4;

// Where the value of the option stands in `options`; their size when there is none, or they are malformed before it.
std::size_t find_mss(Bytes options) {
    Reader r(options);
    std::uint8_t kind = 0;
    while (r.u8(kind) && kind != kEndOfOptions) {
        if (kind == kNoOperation) continue;
        std::uint8_t length = 0;
        if (!r.u8(length) || length < 2) break;
        if (kind == kMaximumSegmentSize && length == kMaximumSegmentSizeLength && r.size() >= 2)
            return options.size() - r.size();
        if (!r.skip(length - 2U)) break;
    }
    return options.size();
}

std::uint16_t swapped(std::uint16_t v) { return static_cast<std::uint16_t>(v << 8 | v >> 8); }

std::uint16_t read_u16(Bytes octets, std::size_t at) {
    std::uint16_t v = 0;
    Reader r(octets);
    return r.skip(at) && r.u16(v) ? v : std::uint16_t{0};
}

void write_u16(std::span<std::uint8_t> octets, std::size_t at, std::uint16_t v) {
    Writer w(octets.subspan(at, 2));
    w.u16(v);
}

} // namespace

bool clamp_mss(std::span<std::uint8_t> octets, const Ipv4Packet& packet, std::uint16_t mtu) noexcept {
    const auto tcp = parse_tcp_segment(packet);
    constexpr std::size_t kHeaders = kIpv4HeaderSize + kTcpHeaderSize; // RFC 6691: whatever options there are
    if (!tcp || mtu <= kHeaders) return false;
    const std::size_t in_options = find_mss(tcp->options());
    if (in_options == tcp->options().size()) return false;
    const std::size_t in_segment = kTcpHeaderSize + in_options;
    const std::size_t at = packet.header_size + in_segment;
    const std::uint16_t announced = read_u16(octets, at);
    const auto most = static_cast<std::uint16_t>(mtu - kHeaders);
    if (announced <= most) return false;
    write_u16(octets, at, most);
    const bool odd = in_segment % 2 != 0; // then its octets are in two words of the sum
    const std::size_t checksum_at = packet.header_size + kTcpChecksumAt;
    write_u16(octets, checksum_at,
              adjust_checksum(read_u16(octets, checksum_at), odd ? swapped(announced) : announced,
                              odd ? swapped(most) : most));
    return true;
}

} // namespace lns::datapath
