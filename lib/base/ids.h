// SPDX-License-Identifier: ISC
// Identifiers are types, so that one cannot be passed for another.
#pragma once

#include <cstdint>
#include <type_traits>

namespace lns {

// What a tunnel or session is called on the wire (RFC 2661 3.1). 0 is "not assigned".
// "Local" ids are ours: the peer puts them in the header of what it sends to us.
enum class TunnelId : std::uint16_t { none = 0 };
enum class SessionId : std::uint16_t { none = 0 };
enum class PeerTunnelId : std::uint16_t { none = 0 };
enum class PeerSessionId : std::uint16_t { none = 0 };

// Index of a record in the shared tables, and the SID of the CLI. Slot 0 is never used.
enum class TunnelIndex : std::uint32_t { none = 0 };
enum class SessionIndex : std::uint32_t { none = 0 };

// Tells one use of a slot from the next; stands beside every index that is kept or sent.
enum class Generation : std::uint32_t { none = 0 };

template <class Id>
constexpr auto raw(Id id) {
    return static_cast<std::underlying_type_t<Id>>(id);
}

} // namespace lns
