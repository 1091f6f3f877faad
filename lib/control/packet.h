// SPDX-License-Identifier: ISC
// The datagrams between nsctl and clid, UDP 1702. Pure: bytes in, values out.
//
//   0  magic "LNSC"          8  HMAC-SHA256 of everything else, by control_secret
//   4  version (1)          40  nonce, 16 octets
//   5  kind                 56  request: unix seconds (8), words: each length (2) and octets
//   6  length of it all         reply: verdict (1), text
//
// An unauthenticated datagram is judged by its fixed part and its HMAC alone; nothing else of it is read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace lns::control {

inline constexpr std::uint16_t kPort = 1702;
inline constexpr std::size_t kMaxRequest = 1400; // fits a datagram without fragments
inline constexpr std::size_t kMaxReply = 16384;
inline constexpr std::size_t kMaxWords = 32;

// Chosen by the client; tells a repetition of a request from a second one.
using Nonce = std::array<std::uint8_t, 16>;

struct Request {
    Nonce nonce{};
    std::int64_t time = 0; // unix seconds, by the client's clock
    std::vector<std::string> words;
};

enum class Verdict : std::uint8_t {
    done = 0,
    failed = 1,  // the text says why
    refused = 2, // not carried out: the request is too old, too early or not known
};

struct Reply {
    Nonce nonce{}; // of the request
    Verdict verdict{};
    std::string text;
};

enum class WireError : std::uint8_t { malformed, version, wrong_mac };
std::string_view name(WireError error);

// Nothing when it does not fit into kMaxRequest or kMaxWords, or has no word.
std::optional<std::vector<std::uint8_t>> encode(const Request& request, const Secret& secret);
// A text that is too long is cut.
std::vector<std::uint8_t> encode(const Reply& reply, const Secret& secret);

Result<Request, WireError> decode_request(Bytes datagram, const Secret& secret);
Result<Reply, WireError> decode_reply(Bytes datagram, const Secret& secret);

} // namespace lns::control
