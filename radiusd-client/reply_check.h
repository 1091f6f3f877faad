// SPDX-License-Identifier: ISC
// Whether a reply may be believed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/radius/packet.h"

namespace lns::radius_client {

enum class Purpose : std::uint8_t { authentication, accounting };
std::string_view purpose_name(Purpose purpose);

// Why a datagram was dropped.
enum class Drop : std::uint8_t {
    malformed,
    foreign,   // not from a server's address and port
    unmatched, // no request of this identifier on this socket waits: late, twice, or forged
    wrong_code,
    wrong_authenticator,
    wrong_message_authenticator,
    no_message_authenticator, // though it is required
    proxy_state,              // though we sent none, and without Message-Authenticator
};
inline constexpr unsigned kDrops = 8;
std::string_view drop_text(Drop drop);

struct Judgement {
    std::optional<Drop> drop; // none: believe it
    radius::MessageAuthenticator message_authenticator = radius::MessageAuthenticator::absent;
};

// Message-Authenticator is a matter of Access-Accept, -Reject and -Challenge only.
Judgement judge_reply(const radius::PacketView& reply, Purpose purpose, const radius::Authenticator& request,
                      Bytes secret, bool require_message_authenticator);

} // namespace lns::radius_client
