// SPDX-License-Identifier: ISC
// Cisco-AVPair: one `key=value` an attribute, as equipment sends it, or several in one as the manual
// has it: `key=value,key2=value2`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/inet.h"

namespace lns::radius {

struct AvPair {
    std::string_view key;
    std::string_view value;
};

// A comma ends a pair only where a key and `=` follow, so that a value may hold commas. A key is made
// of letters, digits and `-_:.#/`. Empty when the text does not start with a key and `=`.
std::vector<AvPair> split_avpairs(std::string_view text);

struct DnsServers {
    Ipv4 primary;
    Ipv4 secondary; // unset: none
};
// The value of ip:dns-servers (also dns-servers): one or two addresses separated by blanks or a comma.
std::optional<DnsServers> parse_dns_servers(std::string_view value);

} // namespace lns::radius
