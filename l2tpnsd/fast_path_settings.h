// SPDX-License-Identifier: ISC
// What of the machine's own settings does not go with a fast path whose packets enter by the interfaces towards LACs
// and not by the TUN device. Sentences for the operator.
#pragma once

#include <string>
#include <vector>

namespace lns::parent {

// Of an interface that packets of subscribers arrive at, decapsulated. `conf`: where /proc/sys/net/ipv4/conf is.
std::vector<std::string> settings_against_input(const std::string& interface,
                                                const std::string& conf = "/proc/sys/net/ipv4/conf");
// Of the routing rules.
std::vector<std::string> rules_against_input(const std::string& tun);

} // namespace lns::parent
