// SPDX-License-Identifier: ISC
// The settings of startup-config as plain data: the parent publishes it in shared memory, every
// worker reads it there. Secrets are kept apart and given only to the worker that needs them.
// Defaults here are the defaults of the manual page; lib/conf/key_table.h describes each key.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/conf/access_rule.h"

namespace lns::conf {

enum class AuthSource : std::uint8_t { by_default, radius, local, local_then_radius };
enum class Tristate : std::uint8_t { no, yes, automatic };
enum class FastPath : std::uint8_t { automatic, tc, stack, redirect, off };

struct Config {
    // Log and process
    std::uint32_t debug = 0;
    FixedText<254> log_file;
    FixedText<254> pid_file;
    bool dump_speed = false;
    std::uint32_t setuid = 0;          // 0: a user each
    std::uint32_t restart_grace = 120; // seconds
    bool scheduler_fifo = false;
    bool lock_pages = false;
    bool save_state = false;
    std::uint32_t cleanup_interval = 60; // seconds
    FixedText<62> hostname;              // resolved by the parent when not set

    // Addresses and device
    Ipv4 bind_address;
    Ipv4 iftun_address;
    Ipv4 peer_address;
    FixedText<14> tundevicename;
    bool send_garp = true;

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
    std::uint16_t radius_dae_port = 3799;
    Tristate radius_require_message_authenticator = Tristate::automatic;
    FixedText<254> accounting_spool;   // directory; empty: the built-in place
    FixedText<254> framed_route_allow; // prefixes, separated by commas; empty: all that are not refused anyway
    FixedText<254> accounting_dir;

    // Forwarding
    std::uint32_t datapath_workers = 0; // 0: one a core
    std::uint32_t multi_read_count = 10;
    std::uint32_t icmp_rate = 0;        // a second
    std::uint32_t throttle_speed = 0;   // kbit/s; 0: no throttling
    std::uint32_t throttle_burst = 250; // milliseconds at the rate
    std::uint32_t packet_limit = 0;     // to a subscriber in a tenth of a second; 0: none
    Ipv4 snoop_host;
    std::uint16_t snoop_port = 0;
    FastPath fast_path = FastPath::automatic;
    FixedText<254> fast_path_interfaces; // separated by commas; empty: those of the routes to live LACs

    // Cluster
    Ipv4 cluster_address{0xefc00d0d}; // 239.192.13.13
    FixedText<14> cluster_interface = "eth0";
    std::uint32_t cluster_hb_interval = 5;  // tenths of a second
    std::uint32_t cluster_hb_timeout = 150; // tenths of a second

    // BGP
    std::uint32_t as_number = 0; // 0: no BGP
    FixedText<254> bgp_peer1;
    std::uint32_t bgp_peer1_as = 0;
    FixedText<254> bgp_peer2;
    std::uint32_t bgp_peer2_as = 0;

    // Operator
    Ipv4 cli_bind_address;
    std::uint16_t cli_port = 23;
    Ipv4 control_bind_address; // of nsctl
    std::uint16_t control_port = 1702;
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
    Secret cluster_secret;
    Secret control_secret;
};

inline bool bgp_is_configured(const Config& config) {
    return config.as_number != 0 && (!config.bgp_peer1.empty() || !config.bgp_peer2.empty());
}

struct Settings {
    Config config;
    Secrets secrets;
    std::vector<std::string> plugins; // `load plugin NAME`, in the order of the lines
    std::vector<AccessList> access_lists;
};

} // namespace lns::conf
