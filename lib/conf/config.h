// SPDX-License-Identifier: ISC
// The settings of startup-config as plain data: the parent publishes it in shared memory, every
// worker reads it there. Secrets are kept apart and given only to the worker that needs them.
// Defaults here are the defaults of the manual page; lib/conf/key_table.h describes each key.
#pragma once

#include <cstdint>
#include <type_traits>

#include "lib/base/inet.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"

namespace lns::conf {

enum class AuthSource : std::uint8_t { by_default, radius, local, local_then_radius };
enum class Tristate : std::uint8_t { no, yes, automatic };

struct Config {
    // Log and process
    std::uint32_t debug = 0;
    FixedText<254> log_file;
    FixedText<254> pid_file;
    std::uint32_t setuid = 0; // 0: a user each
    std::uint32_t restart_grace = 120; // seconds
    FixedText<62> hostname;   // resolved by the parent when not set

    // Addresses and device
    Ipv4 bind_address;
    Ipv4 iftun_address;
    Ipv4 peer_address;
    FixedText<14> tundevicename;

    // Tables
    std::uint32_t max_sessions = 65535;
    std::uint32_t max_tunnels = 1024;

    // L2TP
    bool l2tp_require_auth = false;
    std::uint16_t l2tp_mtu = 1500;
    std::uint32_t l2tp_receive_window = 64;
    std::uint32_t l2tp_hello_interval = 60;    // seconds; 0 = none
    std::uint32_t max_half_open_tunnels = 256; // in all
    std::uint32_t max_half_open_per_source = 16;

    // PPP
    std::uint32_t ppp_restart_time = 3; // seconds
    std::uint32_t ppp_max_configure = 10;
    std::uint32_t ppp_max_failure = 5;
    std::uint32_t echo_timeout = 30;       // seconds of silence before an LCP echo
    std::uint32_t idle_echo_timeout = 240; // seconds of silence before the session is dropped
    Ipv4 primary_dns;
    Ipv4 secondary_dns;
    bool allow_duplicate_users = false;

    // Authentication and accounting
    AuthSource auth_method = AuthSource::by_default;
    bool auth_pap = true; // radius_authtypes, in the order of preference
    bool auth_chap = true;
    bool auth_chap_first = false;
    Ipv4 primary_radius;
    Ipv4 secondary_radius;
    std::uint16_t primary_radius_port = 1645;
    std::uint16_t secondary_radius_port = 1645;
    bool radius_accounting = false;
    std::uint32_t radius_interim = 0; // seconds; 0 = none
    Tristate radius_require_message_authenticator = Tristate::automatic;
    FixedText<254> accounting_spool;   // directory; empty: the built-in place
    FixedText<254> framed_route_allow; // prefixes, separated by commas; empty: all that are not refused anyway

    // Forwarding
    std::uint32_t datapath_workers = 0; // 0: one a core
    std::uint32_t multi_read_count = 10;
    std::uint32_t icmp_rate = 0; // a second

    // Operator
    Ipv4 cli_bind_address;
    std::uint16_t cli_port = 23;
    bool users_file_present = false; // found by the parent; not a key
};

static_assert(std::is_trivially_copyable_v<Config>);

// auth_method, resolved as the manual says when it is not set.
inline AuthSource auth_source(const Config& config) {
    if (config.auth_method != AuthSource::by_default) return config.auth_method;
    return config.primary_radius.is_set() ? AuthSource::radius : AuthSource::local;
}

struct Secrets {
    Secret l2tp_secret;
    Secret radius_secret;
};

struct Settings {
    Config config;
    Secrets secrets;
};

} // namespace lns::conf
