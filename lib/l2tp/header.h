// SPDX-License-Identifier: ISC
// The L2TP header, RFC 2661 3.1, of control and data messages. Used by the control plane and, for data
// alone, by the datapath: no heap, no exception.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/bytes.h"
#include "lib/base/ids.h"
#include "lib/base/result.h"
#include "lib/l2tp/wire_error.h"

namespace lns::l2tp {

inline constexpr std::uint16_t kFlagT = 0x8000; // control message
inline constexpr std::uint16_t kFlagL = 0x4000; // Length present
inline constexpr std::uint16_t kFlagS = 0x0800; // Ns and Nr present
inline constexpr std::uint16_t kFlagO = 0x0200; // Offset Size present
inline constexpr std::uint16_t kFlagP = 0x0100; // priority
inline constexpr std::uint16_t kVersionMask = 0x000f;
inline constexpr std::uint16_t kVersion2 = 2;

inline constexpr std::size_t kControlHeaderSize = 12;
inline constexpr std::size_t kDataHeaderSize = 6;     // what encode_data_header() writes
inline constexpr std::size_t kMaxDataHeaderSize = 14; // before the offset padding

struct Header {
    std::uint16_t flags = 0;          // kFlag… as on the wire, version included
    std::uint16_t length = 0;         // octets of the whole message: the Length field, or the datagram without one
    TunnelId tunnel = TunnelId::none; // ours: the sender puts the receiver's ids in the header
    SessionId session = SessionId::none;
    std::uint16_t ns = 0; // with kFlagS only
    std::uint16_t nr = 0; // with kFlagS only
    Bytes payload;        // into the datagram; AVPs (empty: a ZLB) or the PPP frame

    [[nodiscard]] bool control() const { return (flags & kFlagT) != 0; }
    [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

// One datagram. Octets behind Length are cut off; a Length beyond the datagram is an error, so nothing
// of an earlier packet can be taken for part of this one.
[[nodiscard]] Result<Header, WireError> parse_header(Bytes datagram) noexcept;

// Twelve octets; Length counts the header and `payload_size`. The ids are the receiver's.
void encode_control_header(Writer& out, PeerTunnelId tunnel, PeerSessionId session, std::uint16_t ns, std::uint16_t nr,
                           std::size_t payload_size);

// The shortest data header: no Length, Ns, Nr or offset.
[[nodiscard]] inline std::array<std::uint8_t, kDataHeaderSize> encode_data_header(PeerTunnelId tunnel,
                                                                                  PeerSessionId session) noexcept {
    const auto t = raw(tunnel);
    const auto s = raw(session);
    return {0,
            kVersion2,
            static_cast<std::uint8_t>(t >> 8),
            static_cast<std::uint8_t>(t),
            static_cast<std::uint8_t>(s >> 8),
            static_cast<std::uint8_t>(s)};
}

// What a sender of data may put in besides (tests, emulators, sequenced sessions).
struct DataOptions {
    bool length = false;
    bool sequence = false;
    bool offset = false;
    bool priority = false;
    std::uint16_t ns = 0;
    std::uint16_t nr = 0;
    std::uint16_t offset_size = 0; // octets of padding
};
void encode_data_header(Writer& out, PeerTunnelId tunnel, PeerSessionId session, const DataOptions& options,
                        std::size_t payload_size);

} // namespace lns::l2tp
