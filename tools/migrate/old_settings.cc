// SPDX-License-Identifier: ISC
#include "tools/migrate/old_settings.h"

#include <algorithm>
#include <array>

namespace lns::migrate {

namespace {

// Advice that several settings share.
constexpr std::string_view kPppoe = "this server has no PPPoE side: remove the line";
constexpr std::string_view kLac = "this server has no LAC side, it passes no session on: remove the line";
constexpr std::string_view kIpv6 = "IPv6 for subscribers is not there yet: they get IPv4 only";
constexpr std::string_view kAutomatic = "not needed: remove the line";

constexpr std::array kSettings{
    OldSetting{"debug", "0", ""},
    OldSetting{"log_file", "", ""},
    OldSetting{"pid_file", "", ""},
    OldSetting{"random_device", "/dev/urandom", "the kernel's generator is always used: remove the line"},
    OldSetting{"l2tp_secret", "", ""},
    OldSetting{"l2tp_mtu", "1500", ""},
    OldSetting{"ppp_restart_time", "3", ""},
    OldSetting{"ppp_max_configure", "10", ""},
    OldSetting{"ppp_max_failure", "5", ""},
    OldSetting{"ppp_keepalive", "yes", "an echo is sent only when nothing else was heard; see echo_timeout"},
    OldSetting{"primary_dns", "0.0.0.0", ""},
    OldSetting{"secondary_dns", "0.0.0.0", ""},
    OldSetting{"primary_radius", "0.0.0.0", ""},
    OldSetting{"secondary_radius", "0.0.0.0", ""},
    OldSetting{"primary_radius_port", "1812", "", "the server would be asked at another port", true},
    OldSetting{"secondary_radius_port", "1812", "", "the server would be asked at another port", true},
    OldSetting{"radius_accounting", "no", ""},
    OldSetting{"radius_interim", "0", ""},
    OldSetting{"radius_secret", "", ""},
    OldSetting{"radius_authtypes", "pap", "", "CHAP is accepted from those who do not want PAP"},
    OldSetting{"radius_dae_port", "3799", ""},
    OldSetting{"radius_bind_min", "0",
               "RADIUS requests leave from 16 ports of the kernel's choice: a filter that "
               "lets only certain ports out must be widened"},
    OldSetting{"radius_bind_max", "0",
               "RADIUS requests leave from 16 ports of the kernel's choice: a filter that "
               "lets only certain ports out must be widened"},
    OldSetting{"allow_duplicate_users", "no", ""},
    OldSetting{"kill_timedout_sessions", "yes", "a Session-Timeout of 0 means none here (RFC 2865): let RADIUS reject"},
    OldSetting{"guest_account", "", "users that may log in more than once: there is allow_duplicate_users for all"},
    OldSetting{"bind_address", "0.0.0.0", ""},
    OldSetting{"peer_address", "0.0.0.0", ""},
    OldSetting{"send_garp", "no", "", "our address is announced by gratuitous ARP when the suite starts to serve"},
    OldSetting{"throttle_speed", "28", "",
               "without it `throttle` is refused, even with a rate of its own; before it meant 28 kbit/s"},
    OldSetting{"throttle_buckets", "6000", kAutomatic},
    OldSetting{"accounting_dir", "", ""},
    OldSetting{"account_all_origin", "no", kLac},
    OldSetting{"dump_speed", "no", ""},
    OldSetting{"multi_read_count", "10", ""},
    OldSetting{"scheduler_fifo", "no", ""},
    OldSetting{"lock_pages", "no", ""},
    OldSetting{"icmp_rate", "0", ""},
    OldSetting{"packet_limit", "0", ""},
    OldSetting{"cluster_address", "239.192.13.13", ""},
    OldSetting{"cluster_port", "32792", "the port of the cluster is fixed: remove the line"},
    OldSetting{"cluster_interface", "eth0", ""},
    OldSetting{"cluster_mcast_ttl", "1", "packets of the cluster stay in their network: remove the line"},
    OldSetting{"cluster_hb_interval", "5", ""},
    OldSetting{"cluster_hb_timeout", "150", ""},
    OldSetting{"cluster_master_min_adv", "1", "there is no cluster yet"},
    OldSetting{"ipv6_prefix", "::", kIpv6},
    OldSetting{"cli_bind_address", "0.0.0.0", ""},
    OldSetting{"hostname", "", ""},
    OldSetting{"nexthop_address", "", "BGP is not there yet: routes have to be static"},
    OldSetting{"nexthop6_address", "", kIpv6},
    OldSetting{"nexthop", "", "BGP is not there yet: routes have to be static"},
    OldSetting{"nexthop6", "", kIpv6},
    OldSetting{"echo_timeout", "10", "",
               "an echo is sent less often: a dead subscriber is found as early as before, by "
               "idle_echo_timeout"},
    OldSetting{"idle_echo_timeout", "240", ""},
    OldSetting{"iftun_address", "", ""},
    OldSetting{"tundevicename", "", ""},
    OldSetting{"disable_lac_func", "no", "there is no LAC side to switch off: remove the line"},
    OldSetting{"auth_tunnel_change_addr_src", "no",
               "a tunnel stays with the address and port of its LAC: remove the "
               "line; a LAC behind a changing address opens a new tunnel"},
    OldSetting{"bind_address_remotelns", "", kLac},
    OldSetting{"bind_portremotelns", "65432", kLac},
    OldSetting{"pppoe_if_to_bind", "", kPppoe},
    OldSetting{"pppoe_service_name", "", kPppoe},
    OldSetting{"pppoe_ac_name", "l2tpns-pppoe", kPppoe},
    OldSetting{"disable_sending_hello", "no", "write `set l2tp_hello_interval 0` instead"},
    OldSetting{"disable_no_spoof", "no",
               "the source address of a subscriber is always checked: addresses behind him "
               "need a Framed-Route"},
    OldSetting{"bind_multi_address", "",
               "several addresses are served when bind_address is not set: remove the line and "
               "see bind_address"},
    OldSetting{"pppoe_only_equal_svc_name", "no", kPppoe},
    OldSetting{"multi_hostname", "", "there is one name: see hostname"},
    OldSetting{"no_throttle_local_IP", "no", "throttling makes no difference by destination: remove the line"},
    OldSetting{"dhcp6_preferred_lifetime", "0", kIpv6},
    OldSetting{"dhcp6_valid_lifetime", "0", kIpv6},
    OldSetting{"dhcp6_server_duid", "0", kIpv6},
    OldSetting{"dns6_lifetime", "1200", kIpv6},
    OldSetting{"primary_ipv6_dns", "::", kIpv6},
    OldSetting{"secondary_ipv6_dns", "::", kIpv6},
    OldSetting{"default_ipv6_domain_list", "", kIpv6},
    // Of 2.1 only
    OldSetting{"save_state", "no", ""},
    OldSetting{"setuid", "0", ""},
    OldSetting{"cleanup_interval", "60", ""},
    OldSetting{"as_number", "", ""},
    OldSetting{"bgp_peer1", "", ""},
    OldSetting{"bgp_peer1_as", "", ""},
    OldSetting{"bgp_peer2", "", ""},
    OldSetting{"bgp_peer2_as", "", ""},
    OldSetting{"snoop_host", "", ""},
    OldSetting{"snoop_port", "", ""},
};

constexpr std::string_view kBgp = "BGP is not there yet: routes to the pool have to be static, or come from a BGP "
                                  "program that reads the kernel's";

constexpr std::array kCommands{
    OldCommand{"router bgp", kBgp},
    OldCommand{"neighbour", kBgp},
    OldCommand{"neighbor", kBgp},
    OldCommand{"no neighbour", kBgp},
    OldCommand{"no ip access-list", "remove the line, and the list above it"},
    OldCommand{"setforward", kLac},
    OldCommand{"no setforward", kLac},
    OldCommand{"exit", "not needed: remove the line"},
    OldCommand{"end", "not needed: remove the line"},
};

constexpr bool names_are_unique() {
    for (std::size_t i = 0; i < kSettings.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (kSettings[i].name == kSettings[k].name) return false;
    return true;
}
static_assert(names_are_unique());

// Whether the line begins with those words, between which there may be several blanks.
bool begins_with(std::string_view line, std::string_view words) {
    while (!words.empty()) {
        const auto blank = std::min(words.find(' '), words.size());
        if (!line.starts_with(words.substr(0, blank))) return false;
        line.remove_prefix(blank);
        if (!line.empty() && line.front() != ' ' && line.front() != '\t') return false;
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        words.remove_prefix(std::min(blank + 1, words.size()));
    }
    return true;
}

} // namespace

std::span<const OldSetting> old_settings() { return kSettings; }

const OldSetting* find_old_setting(std::string_view name) {
    const auto row = std::ranges::find(kSettings, name, &OldSetting::name);
    return row == kSettings.end() ? nullptr : &*row;
}

const OldCommand* find_old_command(std::string_view line) {
    const auto row = std::ranges::find_if(kCommands, [&](const OldCommand& c) { return begins_with(line, c.words); });
    return row == kCommands.end() ? nullptr : &*row;
}

} // namespace lns::migrate
