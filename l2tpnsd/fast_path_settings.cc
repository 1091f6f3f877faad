// SPDX-License-Identifier: ISC
#include "l2tpnsd/fast_path_settings.h"

#include <algorithm>
#include <fstream>

#include "l2tpnsd/netlink.h"

namespace lns::parent {

namespace {

constexpr int kStrict = 1; // ip-sysctl, rp_filter

int read_number(const std::string& path, int otherwise) {
    std::ifstream file(path);
    int number = otherwise;
    return file >> number ? number : otherwise;
}

} // namespace

std::vector<std::string> settings_against_input(const std::string& interface, const std::string& conf) {
    std::vector<std::string> found;
    // The larger of both is in force.
    const int filter =
        std::max(read_number(conf + "/all/rp_filter", 0), read_number(conf + "/" + interface + "/rp_filter", 0));
    if (filter == kStrict)
        found.push_back("rp_filter is strict on " + interface + ": the kernel drops what subscribers send");
    if (read_number(conf + "/" + interface + "/forwarding", 1) == 0)
        found.push_back("forwarding is off on " + interface + ": the kernel drops what subscribers send");
    return found;
}

std::vector<std::string> rules_against_input(const std::string& tun) {
    auto netlink = Netlink::open();
    if (!netlink || !netlink->has_rule_for_input(tun)) return {};
    return {"a routing rule names " + tun + " as input: packets do not come from there"};
}

} // namespace lns::parent
