// SPDX-License-Identifier: ISC
// Named access lists as data: `ip access-list extended NAME` and its lines (`permit tcp any any eq 80`). A rule is
// plain and fit for messages. lib/conf/access_list.h reads, prints and applies them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/inet.h"

namespace lns::conf {

enum class AccessKind : std::uint8_t { standard = 1, extended };
enum class AccessAction : std::uint8_t { permit = 1, deny };
enum class PortTest : std::uint16_t { any, eq, neq, gt, lt, range };
enum class FlagTest : std::uint8_t { none, established, match_any, match_all };

struct AddressMatch { // `any` is 0.0.0.0 255.255.255.255
    Ipv4 address;
    Ipv4 wildcard; // a set bit is not compared

    friend bool operator==(const AddressMatch&, const AddressMatch&) = default;
};
struct PortMatch {
    PortTest test = PortTest::any;
    std::uint16_t first = 0;
    std::uint16_t last = 0; // of a range

    friend bool operator==(const PortMatch&, const PortMatch&) = default;
};

struct AccessRule {
    AccessAction action = AccessAction::deny;
    std::uint8_t protocol = 0; // 0: any
    FlagTest flag_test = FlagTest::none;
    std::uint8_t flags_set = 0;   // TCP flags that match_any and match_all want set
    std::uint8_t flags_clear = 0; // and those they want clear
    std::uint8_t fragments = 0;   // 1: only fragments but the first
    std::uint16_t unused = 0;
    AddressMatch source;
    AddressMatch destination;
    PortMatch source_port;
    PortMatch destination_port;

    friend bool operator==(const AccessRule&, const AccessRule&) = default;
};

struct AccessList {
    std::string name;
    AccessKind kind = AccessKind::standard;
    std::vector<AccessRule> rules; // the first that matches decides; behind the last, all is denied

    friend bool operator==(const AccessList&, const AccessList&) = default;
};

} // namespace lns::conf
