// SPDX-License-Identifier: ISC
// What an operator can ask for about the traffic of a session, from the words he typed. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/base/inet.h"
#include "lib/base/result.h"

namespace lns::clid {

// `snoop USER`: the settings snoop_host and snoop_port say where to; else `snoop USER IP PORT`.
struct SnoopRequest {
    std::optional<Endpoint> to;
};
// The words behind the user.
Result<SnoopRequest> parse_snoop(std::span<const std::string_view> words);

// kbit/s; without either the setting throttle_speed. A direction that is not named stays as it is.
struct ThrottleRequest {
    std::optional<std::uint32_t> in;  // from the subscriber
    std::optional<std::uint32_t> out; // and to him
};
inline constexpr std::uint32_t kMaxThrottleRate = 100'000'000;
Result<ThrottleRequest> parse_throttle(std::span<const std::string_view> words);

} // namespace lns::clid
