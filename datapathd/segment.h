// SPDX-License-Identifier: ISC
// A large TCP packet of the kernel (TSO) as the packets it stands for: header fields as RFC 9293 wants them
// in each, checksums made here.
#pragma once

#include "datapathd/inner_ip.h"

namespace lns::datapath {

class TcpSegmenter {
public:
    // `mss`: octets of data in each but the last; not 0. Both arguments are views that must outlive this.
    TcpSegmenter(const Ipv4Packet& packet, const TcpSegment& tcp, std::uint16_t mss)
        : packet_(packet), tcp_(tcp), mss_(mss) {}

    [[nodiscard]] std::size_t count() const { return tcp_.data.empty() ? 1 : (tcp_.data.size() + mss_ - 1) / mss_; }
    [[nodiscard]] Bytes body(std::size_t i) const {
        const std::size_t at = std::min(i * mss_, tcp_.data.size());
        return tcp_.data.subspan(at, std::min<std::size_t>(mss_, tcp_.data.size() - at));
    }
    [[nodiscard]] std::size_t head_size() const { return std::size_t{packet_.header_size} + tcp_.header_size; }
    // IPv4 and TCP header of segment i, appended.
    void write_head(std::size_t i, Writer& out) const noexcept;

private:
    const Ipv4Packet& packet_;
    const TcpSegment& tcp_;
    std::size_t mss_;
};

// Completes the checksum of a packet that has only the pseudo header's sum in its place (virtio NEEDS_CSUM): covers
// `start` to the end, stands `offset` octets behind `start`. False when that is not inside.
bool complete_checksum(std::span<std::uint8_t> packet, std::size_t start, std::size_t offset) noexcept;

} // namespace lns::datapath
