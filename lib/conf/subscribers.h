// SPDX-License-Identifier: ISC
// The file subscribers, for auth_method local: name:password[:address[:route,route...]].
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/secret.h"
#include "lib/conf/diagnostic.h"

namespace lns::conf {

// What fits into a login message (lib/imsg/bodies.h).
inline constexpr std::size_t kMaxSubscriberName = 126;
inline constexpr std::size_t kMaxSubscriberPassword = 126;
inline constexpr std::size_t kMaxSubscriberRoutes = 10;

struct Subscriber {
    Secret password; // plain: CHAP cannot be checked against a hash
    std::optional<Ipv4> address;
    std::vector<Prefix4> routes;
};

using Subscribers = std::map<std::string, Subscriber, std::less<>>;

struct SubscribersFile {
    Subscribers subscribers;
    Diagnostics diagnostics;
};

SubscribersFile parse_subscribers(std::string_view text, std::string_view file);

} // namespace lns::conf
