// SPDX-License-Identifier: ISC
// What an operator can ask for about the traffic of a session, from the words he typed. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/inet.h"
#include "lib/base/result.h"
#include "lib/imsg/bodies.h"

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

// Names of access lists; a direction that is not named stays as it is.
struct FilterRequest {
    std::optional<std::string_view> in;  // from the subscriber
    std::optional<std::string_view> out; // and to him
};
Result<FilterRequest> parse_filter(std::span<const std::string_view> words);

// The same for sessiond.
imsg::ServiceChange service_change(const SnoopRequest& request);
imsg::ServiceChange service_change(const ThrottleRequest& request);
imsg::ServiceChange service_change(const FilterRequest& request);
imsg::ServiceChange end_of_snoop();
imsg::ServiceChange end_of_throttle();
imsg::ServiceChange end_of_filters();

// For the log.
std::string describe_service_change(const imsg::CliServices& asked);

} // namespace lns::clid
