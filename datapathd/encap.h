// SPDX-License-Identifier: ISC
// What stands in front of a subscriber's packet on its way to the LAC: the shortest L2TP data header
// (RFC 2661 3.1: no Length, no sequence) and an uncompressed PPP header (RFC 1661 2, RFC 1662 3.1).
#pragma once

#include <array>

#include "lib/l2tp/header.h"
#include "lib/ppp/frame.h"
#include "shm/records.h"

namespace lns::datapath {

inline constexpr std::size_t kEncapsulationSize = l2tp::kDataHeaderSize + 4;

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

} // namespace lns::datapath
