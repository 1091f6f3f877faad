// SPDX-License-Identifier: ISC
// A large TCP or UDP packet of the kernel (TSO, USO) as the packets it stands for: header fields as RFC 9293 and
// RFC 768 want them in each, checksums made here.
#pragma once

#include "datapathd/inner_ip.h"

namespace lns::datapath {

// What both have in common. The packet is a view that must outlive this.
class Segmenter {
public:
    [[nodiscard]] std::size_t count() const { return data_.empty() ? 1 : (data_.size() + size_ - 1) / size_; }
    [[nodiscard]] Bytes body(std::size_t i) const {
        const std::size_t at = std::min(i * size_, data_.size());
        return data_.subspan(at, std::min<std::size_t>(size_, data_.size() - at));
    }

protected:
    // `size`: octets of data in each but the last; not 0.
    Segmenter(const Ipv4Packet& packet, Bytes data, std::uint16_t size) : packet_(packet), data_(data), size_(size) {}
    void write_ip_header(std::size_t i, std::uint16_t transport_size, Writer& out) const noexcept;

    const Ipv4Packet& packet_;
    Bytes data_;
    std::size_t size_;
};

class TcpSegmenter : public Segmenter {
public:
    // `tcp` must outlive this too.
    TcpSegmenter(const Ipv4Packet& packet, const TcpSegment& tcp, std::uint16_t mss)
        : Segmenter(packet, tcp.data, mss), tcp_(tcp) {}
    // IPv4 and TCP header of segment i, appended.
    void write_head(std::size_t i, Writer& out) const noexcept;

private:
    const TcpSegment& tcp_;
};

class UdpSegmenter : public Segmenter {
public:
    UdpSegmenter(const Ipv4Packet& packet, const UdpDatagram& udp, std::uint16_t size)
        : Segmenter(packet, udp.data, size), ports_(udp.header.first(kUdpLengthAt)) {}
    // IPv4 and UDP header of datagram i, appended.
    void write_head(std::size_t i, Writer& out) const noexcept;

private:
    Bytes ports_;
};

// Completes the checksum of a packet that has only the pseudo header's sum in its place (virtio NEEDS_CSUM): covers
// `start` to the end, stands `offset` octets behind `start`. False when that is not inside.
bool complete_checksum(std::span<std::uint8_t> packet, std::size_t start, std::size_t offset) noexcept;

} // namespace lns::datapath
