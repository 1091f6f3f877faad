// SPDX-License-Identifier: ISC
#include "lib/l2tp/header.h"

namespace lns::l2tp {

Result<Header, WireError> parse_header(Bytes datagram) noexcept {
    if (datagram.size() > UINT16_MAX) return Failure{WireError::length_long}; // no UDP payload: it must not be cut
    Header h;
    Reader r(datagram);
    if (!r.u16(h.flags)) return Failure{WireError::header_short};
    const std::uint16_t version = h.flags & kVersionMask;
    if (version != kVersion2) return Failure{version == 3 ? WireError::version_3 : WireError::version};
    // 3.1: Length and sequence are a must in control messages, offset and priority for data only.
    constexpr std::uint16_t must = kFlagL | kFlagS;
    constexpr std::uint16_t must_not = kFlagO | kFlagP;
    if (h.control() && ((h.flags & must) != must || (h.flags & must_not) != 0))
        return Failure{WireError::control_flags};

    std::uint16_t length = 0;
    if (h.has(kFlagL)) {
        if (!r.u16(length)) return Failure{WireError::header_short};
        if (length > datagram.size()) return Failure{WireError::length_long};
        if (length < datagram.size() - r.size()) return Failure{WireError::length_short};
        r = Reader(datagram.first(length).subspan(datagram.size() - r.size()));
    }
    // What is missing now is missing from the datagram, or was cut off by a Length that is too short.
    const WireError short_by =
        h.has(kFlagL) && length < datagram.size() ? WireError::length_short : WireError::header_short;
    std::uint16_t tunnel = 0;
    std::uint16_t session = 0;
    if (!r.u16(tunnel) || !r.u16(session)) return Failure{short_by};
    if (h.has(kFlagS) && (!r.u16(h.ns) || !r.u16(h.nr))) return Failure{short_by};
    if (h.has(kFlagO)) {
        std::uint16_t offset = 0;
        if (!r.u16(offset)) return Failure{short_by};
        if (!r.skip(offset)) return Failure{WireError::offset};
    }
    h.tunnel = TunnelId{tunnel};
    h.session = SessionId{session};
    h.length = h.has(kFlagL) ? length : static_cast<std::uint16_t>(datagram.size());
    h.payload = r.rest();
    return h;
}

void encode_control_header(Writer& out, PeerTunnelId tunnel, PeerSessionId session, std::uint16_t ns, std::uint16_t nr,
                           std::size_t payload_size) {
    out.u16(kFlagT | kFlagL | kFlagS | kVersion2);
    out.u16(static_cast<std::uint16_t>(kControlHeaderSize + payload_size));
    out.u16(raw(tunnel));
    out.u16(raw(session));
    out.u16(ns);
    out.u16(nr);
}

void encode_data_header(Writer& out, PeerTunnelId tunnel, PeerSessionId session, const DataOptions& options,
                        std::size_t payload_size) {
    std::uint16_t flags = kVersion2;
    std::size_t size = kDataHeaderSize;
    if (options.length) flags |= kFlagL, size += 2;
    if (options.sequence) flags |= kFlagS, size += 4;
    if (options.offset) flags |= kFlagO, size += 2U + options.offset_size;
    if (options.priority) flags |= kFlagP;
    out.u16(flags);
    if (options.length) out.u16(static_cast<std::uint16_t>(size + payload_size));
    out.u16(raw(tunnel));
    out.u16(raw(session));
    if (options.sequence) {
        out.u16(options.ns);
        out.u16(options.nr);
    }
    if (options.offset) {
        out.u16(options.offset_size);
        out.zeros(options.offset_size);
    }
}

} // namespace lns::l2tp
