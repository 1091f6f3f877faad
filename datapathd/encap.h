// SPDX-License-Identifier: ISC
// What stands in front of a subscriber's packet on its way to the LAC: the shortest L2TP data header
// (RFC 2661 3.1: no Length, and Ns and Nr only where the LAC requires them) and an uncompressed PPP header (RFC 1661 2,
// RFC 1662 3.1).
#pragma once

#include <array>

#include "lib/base/bytes.h"
#include "lib/l2tp/header.h"
#include "lib/ppp/frame.h"
#include "shm/records.h"

namespace lns::datapath {

inline constexpr std::size_t kEncapsulationSize = l2tp::kDataHeaderSize + 4;
inline constexpr std::size_t kNsAt = l2tp::kDataHeaderSize; // with kFlagS and without Length
inline constexpr std::size_t kMostEncapsulation = kEncapsulationSize + 4;

constexpr std::size_t encapsulation_size(const shm::ForwardRecord& record) noexcept {
    return record.has(shm::kSequenced) ? kMostEncapsulation : kEncapsulationSize;
}

inline std::array<std::uint8_t, kEncapsulationSize> encapsulation(const shm::ForwardRecord& record) noexcept {
    const auto l2tp = l2tp::encode_data_header(record.peer_tunnel, record.peer_session);
    constexpr auto protocol = static_cast<std::uint16_t>(ppp::Protocol::IP);
    return {l2tp[0],
            l2tp[1],
            l2tp[2],
            l2tp[3],
            l2tp[4],
            l2tp[5],
            ppp::kAllStations,
            ppp::kUnnumbered,
            static_cast<std::uint8_t>(protocol >> 8),
            static_cast<std::uint8_t>(protocol & 0xff)};
}

// The same with an Ns, to be filled in when the message is to be sent. Nr is reserved in data messages (RFC 2661 5.4).
inline void write_sequenced(Writer& out, const shm::ForwardRecord& record) noexcept {
    l2tp::encode_data_header(out, record.peer_tunnel, record.peer_session, {.sequence = true}, 0);
    out.u8(ppp::kAllStations);
    out.u8(ppp::kUnnumbered);
    out.u16(static_cast<std::uint16_t>(ppp::Protocol::IP));
}

} // namespace lns::datapath
