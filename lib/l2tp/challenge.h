// SPDX-License-Identifier: ISC
// Tunnel authentication, RFC 2661 5.1.1.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/bytes.h"
#include "lib/base/digest.h"
#include "lib/l2tp/message_table.h"

namespace lns::l2tp {

inline constexpr std::size_t kChallengeSize = 16; // of ours
using OurChallenge = std::array<std::uint8_t, kChallengeSize>;

// What the Challenge Response in a message of type `carrier` (SCCRP, SCCCN) must be. The type is part of
// it (4.4.3), so an answer to one side cannot be played back as an answer to the other.
inline Md5Digest challenge_response(MessageType carrier, Bytes secret, Bytes challenge) {
    const std::array<std::uint8_t, 1> id{static_cast<std::uint8_t>(carrier)};
    return md5({id, secret, challenge});
}

} // namespace lns::l2tp
