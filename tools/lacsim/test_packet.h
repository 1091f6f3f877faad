// SPDX-License-Identifier: ISC
// The packets traffic tests send: IPv4, UDP, a header that says whose packet it is, and a pattern. Everything can
// be checked by whoever receives one.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/inet.h"

namespace lns::lacsim {

enum class Kind : std::uint8_t {
    up = 1,       // subscriber to reflector, counted there
    echo_request, // to be sent back
    echo_reply,   // the same, turned round
    down,         // source to subscriber
    query,        // subscriber asks the reflector what it counted of this run
    query_reply,  // a Tally follows the header
};

// In front of the UDP payload, network byte order.
struct TestHeader {
    static constexpr std::size_t kSize = 32;

    std::uint32_t run = 0;      // a random number of the sender's run
    std::uint32_t flow = 0;     // subscriber number, or index of the destination at a source
    Ipv4 address{};             // of the subscriber
    std::uint32_t sequence = 0; // within the flow, from 0
    Kind kind = Kind::up;
    MonoTime sent{}; // by the clock all namespaces of a host share
};

inline constexpr std::size_t kIpUdpHeader = 28;

// The pattern behind the header, in place; its octet depends on the place only.
void fill_pattern(std::span<std::uint8_t> payload);
void write_header(Writer& w, const TestHeader& header);
// False when it is not a test payload or its pattern is damaged.
bool read_payload(Bytes payload, TestHeader& header);
// A payload of ours, whatever became of its pattern.
bool is_test_payload(Bytes payload);

// Makes IPv4+UDP packets of one size. The buffers given to stamp() must have had fill() once.
class PacketMaker {
public:
    PacketMaker(std::size_t size, std::uint16_t source_port, Endpoint destination);
    [[nodiscard]] std::size_t size() const { return size_; }
    void fill(std::span<std::uint8_t> packet) const { fill_pattern(packet.subspan(kIpUdpHeader)); }
    void stamp(std::span<std::uint8_t> packet, Ipv4 source, const TestHeader& header);

private:
    std::size_t size_;
    std::uint16_t source_port_;
    Endpoint destination_;
    std::uint16_t id_ = 0;
    std::uint64_t pattern_sum_;
};

// An IPv4 packet taken apart.
struct InnerPacket {
    Ipv4 source, destination;
    std::uint8_t protocol = 0;
    Bytes transport; // UDP header and payload, ICMP message ...
};
enum class InnerFault : std::uint8_t { none, version, length, header_checksum, udp_length, udp_checksum };
// Fragments are returned with protocol 0.
InnerFault decode_inner(Bytes packet, InnerPacket& out);
// The payload of a UDP datagram whose length and checksum are right.
InnerFault decode_udp(const InnerPacket& packet, std::uint16_t& source_port, Bytes& payload);

} // namespace lns::lacsim
