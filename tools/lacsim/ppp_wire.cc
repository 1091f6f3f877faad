// SPDX-License-Identifier: ISC
#include "tools/lacsim/ppp_wire.h"

namespace lns::lacsim {

Malformed decode_frame(Bytes frame, Protocol& protocol, Bytes& information) {
    Reader r(frame);
    std::uint8_t first = 0;
    if (!r.u8(first)) return Malformed::frame_short;
    if (first == 0xff) { // RFC 1662 3.1: All-Stations, then Unnumbered Information
        std::uint8_t control = 0;
        if (!r.u8(control) || control != 0x03 || !r.u8(first)) return Malformed::frame_short;
    }
    std::uint16_t number = first;
    if ((first & 1) == 0) { // RFC 1661 2: the last octet is odd, the others are even
        std::uint8_t second = 0;
        if (!r.u8(second)) return Malformed::frame_short;
        if ((second & 1) == 0) return Malformed::protocol_number;
        number = static_cast<std::uint16_t>(first << 8 | second);
    }
    protocol = static_cast<Protocol>(number);
    information = r.rest();
    return Malformed::none;
}

std::size_t Compression::header_size(Protocol p) const {
    if (p == Protocol::lcp) return 4;
    const bool one_octet = protocol && static_cast<std::uint16_t>(p) < 0x100;
    return (address_control ? 0U : 2U) + (one_octet ? 1U : 2U);
}

void write_frame_header(Writer& w, Compression compression, Protocol protocol) {
    const std::size_t size = compression.header_size(protocol);
    const bool one_octet = size % 2 == 1;
    if (size >= 3) w.u16(0xff03);
    if (one_octet)
        w.u8(static_cast<std::uint8_t>(protocol));
    else
        w.u16(static_cast<std::uint16_t>(protocol));
}

Malformed decode_control(Bytes information, ControlPacket& out) {
    Reader r(information);
    std::uint16_t length = 0;
    if (!r.u8(out.code) || !r.u8(out.id) || !r.u16(length)) return Malformed::ppp_length;
    if (length < 4 || !r.bytes(length - 4U, out.data)) return Malformed::ppp_length;
    return Malformed::none;
}

Malformed next_option(Reader& options, std::uint8_t& type, Bytes& value) {
    std::uint8_t length = 0;
    if (!options.u8(type) || !options.u8(length) || length < 2 || !options.bytes(length - 2U, value))
        return Malformed::ppp_option;
    return Malformed::none;
}

} // namespace lns::lacsim
