// SPDX-License-Identifier: ISC
// PPP frames and the packets of its control protocols (RFC 1661 2, 5, 6; RFC 1334, 1994, 1332, 1877) as a
// subscriber reads and writes them. Not lib/ppp, for the reason l2tp_wire.h gives.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/bytes.h"
#include "tools/lacsim/malformed.h"

namespace lns::lacsim {

enum class Protocol : std::uint16_t {
    ip = 0x0021,
    ipv6 = 0x0057,
    ipcp = 0x8021,
    ipv6cp = 0x8057,
    ccp = 0x80fd,
    lcp = 0xc021,
    pap = 0xc023,
    chap = 0xc223,
};

enum class Code : std::uint8_t { // RFC 1661 5
    ConfigureRequest = 1,
    ConfigureAck = 2,
    ConfigureNak = 3,
    ConfigureReject = 4,
    TerminateRequest = 5,
    TerminateAck = 6,
    CodeReject = 7,
    ProtocolReject = 8,
    EchoRequest = 9,
    EchoReply = 10,
    DiscardRequest = 11,
};
enum class PapCode : std::uint8_t { AuthenticateRequest = 1, AuthenticateAck = 2, AuthenticateNak = 3 };
enum class ChapCode : std::uint8_t { Challenge = 1, Response = 2, Success = 3, Failure = 4 };

namespace option {
inline constexpr std::uint8_t kMru = 1, kAccm = 2, kAuthentication = 3, kMagicNumber = 5, kPfc = 7, kAcfc = 8;
inline constexpr std::uint8_t kIpAddress = 3, kPrimaryDns = 129, kSecondaryDns = 131; // IPCP
inline constexpr std::uint8_t kInterfaceId = 1;                                       // IPV6CP
inline constexpr std::uint8_t kMppe = 18;                                             // CCP
} // namespace option

// Address, control and protocol fields, each compressed or not.
Malformed decode_frame(Bytes frame, Protocol& protocol, Bytes& information);

// What may be left out in front of a frame we send.
struct Compression {
    bool address_control = false;
    bool protocol = false;

    // RFC 1661 6.5, 6.6: never for LCP.
    [[nodiscard]] std::size_t header_size(Protocol p) const;
};
void write_frame_header(Writer& w, Compression compression, Protocol protocol);

// Code, identifier, data: the form shared by all control protocols. Octets behind Length are padding.
struct ControlPacket {
    std::uint8_t code = 0;
    std::uint8_t id = 0;
    Bytes data;
};
Malformed decode_control(Bytes information, ControlPacket& out);

// Writes a control packet; the length is patched by finish().
class ControlWriter {
public:
    ControlWriter(std::uint8_t code, std::uint8_t id) : writer_(buffer_) {
        writer_.u8(code);
        writer_.u8(id);
        writer_.u16(0);
    }
    ControlWriter(const ControlWriter&) = delete;
    ControlWriter& operator=(const ControlWriter&) = delete;
    Writer& data() { return writer_; }
    void option_u16(std::uint8_t type, std::uint16_t v) {
        writer_.u8(type);
        writer_.u8(4);
        writer_.u16(v);
    }
    void option_u32(std::uint8_t type, std::uint32_t v) {
        writer_.u8(type);
        writer_.u8(6);
        writer_.u32(v);
    }
    void option(std::uint8_t type, Bytes value) {
        writer_.u8(type);
        writer_.u8(static_cast<std::uint8_t>(2 + value.size()));
        writer_.bytes(value);
    }
    [[nodiscard]] bool empty() const { return writer_.size() <= 4; }
    Bytes finish() {
        writer_.patch_u16(2, static_cast<std::uint16_t>(writer_.size()));
        return writer_.written();
    }

private:
    std::array<std::uint8_t, 1500> buffer_{};
    Writer writer_;
};

// One configuration option (RFC 1661 6): type, length, value. none, or ppp_option; the reader moves on.
Malformed next_option(Reader& options, std::uint8_t& type, Bytes& value);

} // namespace lns::lacsim
