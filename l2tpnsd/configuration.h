// SPDX-License-Identifier: ISC
// The configuration directory as a whole: read and checked before anything is opened.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/result.h"
#include "lib/conf/config.h"
#include "lib/conf/ip_pool.h"
#include "lib/imsg/bodies.h"

namespace lns::parent {

struct Configuration {
    conf::Settings settings;
    conf::PoolPlan pool;
    std::map<imsg::FileKind, Secret> files; // as they were checked: workers get these texts, whenever they start
    bool users_present = false;
    std::vector<std::string> complaints; // of all files, "file:line: message", warnings among them
    bool has_errors = false;             // then only the complaints are of use
};

inline constexpr const char* kStartupConfig = "startup-config";
inline constexpr const char* kUsers = "users";
inline constexpr const char* kIpPool = "ip_pool";
inline constexpr const char* kSubscribers = "subscribers";

// The files that go to workers.
inline constexpr std::array kCheckedFiles{imsg::FileKind::users, imsg::FileKind::ip_pool, imsg::FileKind::subscribers,
                                          imsg::FileKind::access_lists};
const char* file_name(imsg::FileKind kind);
// nullptr when there is no such file.
const Secret* find_file(const Configuration& configuration, imsg::FileKind kind);

// Makes the text for workers of the access lists in the settings, which is no file of its own.
void keep_access_lists(Configuration& configuration);

Configuration read_configuration(const std::string& confdir);

// What the configuration leaves to the machine.
struct Machine {
    std::string hostname;        // without domain
    std::optional<Ipv4> primary; // its primary address
    unsigned cores = 1;
};

// The settings as workers see them: every default that depends on the machine is filled in. Fails when
// there is no address to serve from.
Result<conf::Config> resolve(const Configuration& configuration, const Machine& machine, unsigned verbose);

// Octets of IPv4, UDP, L2TP and PPP around a subscriber's packet; the TUN's MTU follows.
inline constexpr std::uint16_t kL2tpOverhead = 20 + 8 + 6 + 4;
constexpr std::uint32_t tun_mtu(const conf::Config& config) { return config.l2tp_mtu - std::uint32_t{kL2tpOverhead}; }

// The prefixes of framed_route_allow.
std::vector<Prefix4> allowed_routes(const conf::Config& config);

} // namespace lns::parent
