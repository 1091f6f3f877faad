// SPDX-License-Identifier: ISC
#include "lib/conf/key_table.h"

#include <algorithm>
#include <array>

#include "lib/conf/fast_path_text.h"
#include "lib/conf/value_rules.h"

namespace lns::conf {
namespace {

constexpr std::array kKeys{
    // Log and process
    ConfigKey{.name = "debug",
              .slot = &Config::debug,
              .effect = Effect::live,
              .max = 5,
              .doc = "What is logged, from 0 (least) to 5 (most):\n"
                     "0 critical errors, 1 errors, 2 warnings, 3 information such as the parameters of control\n"
                     "packets and who logs in, 4 calls, for following what the program does,\n"
                     "5 packets, each with a hex dump (stars for passwords).\n"
                     "The higher the level the slower the program."},
    ConfigKey{.name = "log_file",
              .slot = &Config::log_file,
              .effect = Effect::live,
              .text_rule = require_log_destination,
              .doc = "Where log lines go: the absolute path of a file, or\n"
                     ".Ql syslog: Ns Ar facility\n"
                     "with one of the facilities of\n"
                     ".Xr syslog 3 ,\n"
                     "such as\n"
                     ".Ql syslog:local5 .\n"
                     "Without it they go to standard output."},
    ConfigKey{.name = "pid_file",
              .slot = &Config::pid_file,
              .effect = Effect::restart,
              .text_rule = require_file_path,
              .doc = "Absolute path of a file that the process id is written to."},
    ConfigKey{.name = "dump_speed",
              .slot = &Config::dump_speed,
              .effect = Effect::live,
              .doc = "Log the bandwidth each second, whatever\n"
                     ".Cm debug\n"
                     "says, in the form of the second line of\n"
                     ".Ic uptime ,\n"
                     "which shows it as well when this is off."},
    ConfigKey{.name = "setuid",
              .slot = &Config::setuid,
              .effect = Effect::restart,
              .max = 4294967294U,
              .doc = "One user id for all worker processes.\n"
                     "0 stands for the better choice, a user of its own for each kind of worker."},
    ConfigKey{.name = "restart_grace",
              .slot = &Config::restart_grace,
              .effect = Effect::live,
              .max = 86400,
              .doc = "How many seconds the workers go on serving when\n"
                     ".Xr l2tpnsd 8\n"
                     "was stopped for a restart, or was killed.\n"
                     "Started again within that time, it goes on with every session; after it, the sessions that it\n"
                     "finds are closed and accounted.\n"
                     "With 0 the workers stop at once."},
    ConfigKey{.name = "scheduler_fifo",
              .slot = &Config::scheduler_fifo,
              .effect = Effect::restart,
              .doc = "Run the processes that carry packets under SCHED_FIFO, so that they are served before all\n"
                     "ordinary ones.\n"
                     "Ignored where there is only one processor."},
    ConfigKey{.name = "lock_pages",
              .slot = &Config::lock_pages,
              .effect = Effect::restart,
              .doc = "Keep all memory that the workers use from being swapped out."},
    ConfigKey{.name = "save_state",
              .slot = &Config::save_state,
              .effect = Effect::live,
              .doc = "Write tunnels, sessions with their traffic and accounting, the addresses remembered for\n"
                     "users and all counters to disk at SIGTERM or SIGINT, and go on with them at the next start.\n"
                     "This survives a reboot of the machine and a new release, provided that the LACs have not\n"
                     "given up the tunnels meanwhile, which takes them a minute or so;\n"
                     "sessions that they have given up end by themselves.\n"
                     "See FILES in\n"
                     ".Xr l2tpnsd 8 ."},
    ConfigKey{.name = "cleanup_interval",
              .slot = &Config::cleanup_interval,
              .effect = Effect::live,
              .min = 1,
              .max = 86400,
              .doc = "Seconds between regular clean-ups: routes in the kernel, addresses held and calls half\n"
                     "made are compared with the sessions that live."},
    ConfigKey{.name = "hostname",
              .slot = &Config::hostname,
              .effect = Effect::new_sessions,
              .text_rule = require_host_name,
              .doc = "The name told to LACs, to CHAP peers and to RADIUS servers, and shown in the prompt.\n"
                     "Without it: the name of the machine, up to the first dot."},

    // Addresses and device
    ConfigKey{.name = "bind_address",
              .slot = &Config::bind_address,
              .effect = Effect::restart,
              .address_rule = require_reachable,
              .doc = "The address that L2TP packets are received on, that the TUN device is given, and that\n"
                     "RADIUS servers are told as NAS-IP-Address.\n"
                     "Without it packets are received on all addresses, and the machine's primary address\n"
                     "stands in the other two places.\n"
                     "Replies leave from the address that the LAC used in any case."},
    ConfigKey{.name = "iftun_address",
              .slot = &Config::iftun_address,
              .effect = Effect::restart,
              .address_rule = require_unicast,
              .doc = "The address of the TUN device, when it is not to be\n"
                     ".Cm bind_address ."},
    ConfigKey{.name = "peer_address",
              .slot = &Config::peer_address,
              .effect = Effect::new_sessions,
              .address_rule = require_unicast,
              .doc = "Our address as subscribers see it in IPCP, when it is not to be that of the TUN device."},
    ConfigKey{.name = "tundevicename",
              .slot = &Config::tundevicename,
              .effect = Effect::restart,
              .text_rule = require_device_name,
              .doc = "The name of the TUN device.\n"
                     "Without it the kernel takes the next free one, such as\n"
                     ".Ql tun0 ."},
    ConfigKey{.name = "send_garp",
              .slot = &Config::send_garp,
              .effect = Effect::restart,
              .doc = "Send a gratuitous ARP for\n"
                     ".Cm bind_address\n"
                     "when the server is ready, on the interface whose network holds the address.\n"
                     "Ignored when BGP is configured."},

    // Tables
    ConfigKey{.name = "max_sessions",
              .slot = &Config::max_sessions,
              .effect = Effect::restart,
              .min = 1,
              .max = 1048576,
              .doc = "How many sessions there can be at once.\n"
                     "Those that have ended, and whose LAC only has not acknowledged it, do not count.\n"
                     "The tables are made for that many at start, and take memory as sessions use them: 1.4 KiB for\n"
                     "each that is connected, 0.7 KiB more where RADIUS gave it Class, Framed-Route or Filter-Id.\n"
                     "Besides, the processes need 70 octets a session that there could be, and the maps of\n"
                     ".Cm fast_path\n"
                     "190.\n"
                     "So 1000000 need 1.5 GiB when all are connected, 2.2 GiB with such attributes.\n"
                     ".Ic show memory\n"
                     "tells what is in use."},
    ConfigKey{.name = "max_tunnels",
              .slot = &Config::max_tunnels,
              .effect = Effect::restart,
              .min = 1,
              .max = 65535,
              .doc = "How many tunnels there can be at once.\n"
                     "Each takes 4 KiB, and room for 256 sessions more in the tables."},

    // L2TP
    ConfigKey{.name = "l2tp_secret",
              .slot = &Secrets::l2tp_secret,
              .effect = Effect::new_sessions,
              .doc = "The secret shared with the LACs.\n"
                     "A LAC that asks for tunnel authentication must have the same one, or no tunnel comes up;\n"
                     "it is then asked in turn."},
    ConfigKey{.name = "l2tp_require_auth",
              .slot = &Config::l2tp_require_auth,
              .effect = Effect::new_sessions,
              .doc = "Refuse a LAC that does not ask for tunnel authentication.\n"
                     "When false such a LAC is let in, with a warning once for each.\n"
                     "Needs\n"
                     ".Cm l2tp_secret ."},
    ConfigKey{.name = "l2tp_mtu",
              .slot = &Config::l2tp_mtu,
              .effect = Effect::new_sessions,
              .min = 576,
              .max = 2600,
              .doc = "The MTU, in octets, of the path to the LACs.\n"
                     "The MRU offered to subscribers is 38 octets smaller, and 1492 at most."},
    ConfigKey{.name = "l2tp_receive_window",
              .slot = &Config::l2tp_receive_window,
              .effect = Effect::new_sessions,
              .min = 16,
              .max = 256,
              .doc = "How many control messages a LAC may send before it waits for an acknowledgement."},
    ConfigKey{.name = "l2tp_hello_interval",
              .slot = &Config::l2tp_hello_interval,
              .effect = Effect::live,
              .max = 3600,
              .doc = "Seconds of silence on a tunnel before a HELLO is sent.\n"
                     "0: none is sent."},
    ConfigKey{.name = "max_half_open_tunnels",
              .slot = &Config::max_half_open_tunnels,
              .effect = Effect::live,
              .min = 1,
              .max = 65535,
              .doc = "How many tunnels may be in the making at once.\n"
                     "Above it a request takes a place only when the LAC has replied to our answer, which is not\n"
                     "repeated: a flood cannot fill the table, keeps nobody out, and draws no more than it sends."},
    ConfigKey{.name = "max_half_open_per_source",
              .slot = &Config::max_half_open_per_source,
              .effect = Effect::live,
              .min = 1,
              .max = 65535,
              .doc = "The same for the tunnels of one address.\n"
                     "Above it no more than 64 answers a second go there."},

    // PPP
    ConfigKey{.name = "ppp_restart_time",
              .slot = &Config::ppp_restart_time,
              .effect = Effect::new_sessions,
              .min = 1,
              .max = 60,
              .doc = "Seconds before an LCP or IPCP request is repeated."},
    ConfigKey{.name = "ppp_max_configure",
              .slot = &Config::ppp_max_configure,
              .effect = Effect::new_sessions,
              .min = 1,
              .max = 100,
              .doc = "How often a Configure-Request is sent before the session is given up."},
    ConfigKey{.name = "ppp_max_failure",
              .slot = &Config::ppp_max_failure,
              .effect = Effect::new_sessions,
              .min = 1,
              .max = 100,
              .doc = "How many Configure-Naks are sent before an option is rejected instead."},
    ConfigKey{.name = "echo_timeout",
              .slot = &Config::echo_timeout,
              .effect = Effect::live,
              .min = 1,
              .max = 3600,
              .doc = "Seconds without a packet from a subscriber before an LCP echo is sent."},
    ConfigKey{.name = "idle_echo_timeout",
              .slot = &Config::idle_echo_timeout,
              .effect = Effect::live,
              .min = 2,
              .max = 86400,
              .doc = "Seconds without any packet from a subscriber before the session is dropped.\n"
                     "Must be more than\n"
                     ".Cm echo_timeout ."},
    ConfigKey{.name = "primary_dns",
              .slot = &Config::primary_dns,
              .effect = Effect::new_sessions,
              .address_rule = require_unicast,
              .doc = "The first name server that subscribers are told.\n"
                     "0.0.0.0: none."},
    ConfigKey{.name = "secondary_dns",
              .slot = &Config::secondary_dns,
              .effect = Effect::new_sessions,
              .address_rule = require_unicast,
              .doc = "The second name server.\n"
                     "0.0.0.0: none."},
    ConfigKey{.name = "allow_duplicate_users",
              .slot = &Config::allow_duplicate_users,
              .effect = Effect::new_sessions,
              .doc = "Let one user have several sessions.\n"
                     "When false a new session ends the older one of the same user."},

    // Authentication and accounting
    ConfigKey{.name = "auth_method",
              .slot = &Config::auth_method,
              .effect = Effect::new_sessions,
              .doc = "Who decides on a login:\n"
                     ".Ql radius ,\n"
                     "the file\n"
                     ".Xr subscribers 5\n"
                     "by\n"
                     ".Ql local ,\n"
                     "or both by\n"
                     ".Ql local,radius :\n"
                     "RADIUS for users that the file does not have.\n"
                     "Without it: RADIUS when\n"
                     ".Cm primary_radius\n"
                     "is set, else the file."},
    ConfigKey{.name = "radius_authtypes",
              .slot = AuthTypes{},
              .effect = Effect::new_sessions,
              .doc = "The PPP authentication protocols, the preferred one first."},
    ConfigKey{.name = "primary_radius",
              .slot = &Config::primary_radius,
              .effect = Effect::live,
              .address_rule = require_reachable,
              .doc = "The RADIUS server for authentication and accounting."},
    ConfigKey{.name = "secondary_radius",
              .slot = &Config::secondary_radius,
              .effect = Effect::live,
              .address_rule = require_reachable,
              .doc = "The server tried when the primary one does not respond."},
    ConfigKey{.name = "primary_radius_port",
              .slot = &Config::primary_radius_port,
              .effect = Effect::live,
              .min = 1,
              .max = 65534,
              .doc = "UDP port for authentication on the primary server.\n"
                     "Accounting uses the next higher one.\n"
                     "Most servers of today want 1812."},
    ConfigKey{.name = "secondary_radius_port",
              .slot = &Config::secondary_radius_port,
              .effect = Effect::live,
              .min = 1,
              .max = 65534,
              .doc = "The same on the secondary server."},
    ConfigKey{.name = "radius_secret",
              .slot = &Secrets::radius_secret,
              .effect = Effect::live,
              .doc = "The secret shared with both RADIUS servers.\n"
                     "Without it RADIUS queries fail."},
    ConfigKey{.name = "radius_require_message_authenticator",
              .slot = &Config::radius_require_message_authenticator,
              .effect = Effect::live,
              .doc = "Drop an answer to an Access-Request that has no Message-Authenticator.\n"
                     "With\n"
                     ".Ql auto\n"
                     "it is required of a server once that has sent a valid one, and until then its lack is\n"
                     "warned about once an hour."},
    ConfigKey{.name = "radius_accounting",
              .slot = &Config::radius_accounting,
              .effect = Effect::new_sessions,
              .doc = "Send accounting records: Start when a session is authenticated and has its address,\n"
                     "Stop when it ends.\n"
                     "A record that no server acknowledges is kept on disk and sent later."},
    ConfigKey{.name = "radius_interim",
              .slot = &Config::radius_interim,
              .effect = Effect::new_sessions,
              .max = 86400,
              .doc = "Seconds between Interim-Update records of a session.\n"
                     "0: none.\n"
                     "Acct-Interim-Interval in an Access-Accept takes precedence."},
    ConfigKey{.name = "radius_dae_port",
              .slot = &Config::radius_dae_port,
              .effect = Effect::restart,
              .max = 65535,
              .acts = false,
              .doc = "UDP port for requests of RADIUS servers to change or end a session (RFC 5176).\n"
                     "0: none are taken."},
    ConfigKey{.name = "accounting_spool",
              .slot = &Config::accounting_spool,
              .effect = Effect::restart,
              .text_rule = require_absolute_path,
              .doc = "Absolute path of the directory that keeps the accounting records which are not\n"
                     "acknowledged yet.\n"
                     "Without it a place chosen when the program was built."},
    ConfigKey{.name = "framed_route_allow",
              .slot = &Config::framed_route_allow,
              .effect = Effect::new_sessions,
              .text_rule = require_prefix_list,
              .doc = "Prefixes, separated by commas.\n"
                     "A Framed-Route outside them is refused.\n"
                     "Without it all are accepted, save those that are always refused:\n"
                     "routes over the addresses of this machine, of a LAC or of a RADIUS server, over loopback or\n"
                     "multicast addresses, and the default route."},
    ConfigKey{.name = "accounting_dir",
              .slot = &Config::accounting_dir,
              .effect = Effect::live,
              .text_rule = require_absolute_path,
              .acts = false,
              .doc = "Absolute path of a directory that gets a file with the usage of every connected user\n"
                     "every five minutes."},

    // Forwarding
    ConfigKey{.name = "datapath_workers",
              .slot = &Config::datapath_workers,
              .effect = Effect::restart,
              .max = 16,
              .doc = "How many processes forward packets.\n"
                     "0: one for each processor core."},
    ConfigKey{.name = "multi_read_count",
              .slot = &Config::multi_read_count,
              .effect = Effect::live,
              .min = 1,
              .max = 1024,
              .doc = "How many packets are read at once from a socket or from the TUN device before the\n"
                     "other ones get their turn.\n"
                     "Values below 64 count as 64, values above 256 as 256."},
    ConfigKey{.name = "icmp_rate",
              .slot = &Config::icmp_rate,
              .effect = Effect::live,
              .max = 1000000,
              .doc = "How many ICMP unreachable messages are sent in a second at most.\n"
                     "0: none."},
    ConfigKey{.name = "throttle_speed",
              .slot = &Config::throttle_speed,
              .effect = Effect::new_sessions,
              .max = 10000000,
              .doc = "The speed, in kbit/s of 1000 bits, that a throttled session is limited to in each direction,\n"
                     "unless other rates are named with the order to throttle it.\n"
                     "The octets of its IP packets count.\n"
                     "0: there is no throttling at all, and an order to throttle is refused.\n"
                     "A session that is throttled keeps its rates when this changes."},
    ConfigKey{.name = "throttle_burst",
              .slot = &Config::throttle_burst,
              .effect = Effect::live,
              .min = 1,
              .max = 10000,
              .doc = "How many milliseconds at its rate a throttled session that was silent may send at once,\n"
                     "but never less than three packets of 1500 octets, which at 64 kbit/s are 563 milliseconds:\n"
                     "with less, TCP waits for time-outs.\n"
                     "More lets TCP come closer to the rate, less keeps the first seconds closer to it."},
    ConfigKey{.name = "packet_limit",
              .slot = &Config::packet_limit,
              .effect = Effect::new_sessions,
              .max = 1000000,
              .doc = "How many packets each subscriber is sent in a tenth of a second at most.\n"
                     "What is more is dropped and counted.\n"
                     "0: no limit."},
    ConfigKey{.name = "snoop_host",
              .slot = &Config::snoop_host,
              .effect = Effect::live,
              .address_rule = require_reachable,
              .doc = "Where the packets of an intercepted session are sent, unless a destination is named with\n"
                     "the order to intercept it.\n"
                     "A session that is intercepted keeps its destination when this changes."},
    ConfigKey{.name = "snoop_port",
              .slot = &Config::snoop_port,
              .effect = Effect::live,
              .max = 65535,
              .doc = "The UDP port there.\n"
                     "0: not set."},
    ConfigKey{.name = "fast_path", .slot = &Config::fast_path, .effect = Effect::restart, .doc = kFastPathText},
    ConfigKey{.name = "fast_path_interfaces",
              .slot = &Config::fast_path_interfaces,
              .effect = Effect::restart,
              .text_rule = require_device_list,
              .doc = "The interfaces towards the LACs that\n"
                     ".Cm fast_path\n"
                     "is used on, separated by commas.\n"
                     "They must be Ethernet.\n"
                     "With\n"
                     ".Cm fast_path redirect\n"
                     "also those towards the core.\n"
                     "Without it: those of the routes to LACs that have sessions, up to sixteen, and for\n"
                     ".Ql redirect\n"
                     "that of the default route."},

    // Cluster
    ConfigKey{.name = "cluster_address",
              .slot = &Config::cluster_address,
              .effect = Effect::restart,
              .address_rule = require_multicast,
              .acts = false,
              .doc = "The multicast address of the cluster."},
    ConfigKey{.name = "cluster_interface",
              .slot = &Config::cluster_interface,
              .effect = Effect::restart,
              .text_rule = require_device_name,
              .acts = false,
              .doc = "The interface for packets of the cluster."},
    ConfigKey{.name = "cluster_hb_interval",
              .slot = &Config::cluster_hb_interval,
              .effect = Effect::restart,
              .min = 1,
              .max = 600,
              .acts = false,
              .doc = "Tenths of a second between heartbeats and pings of the cluster."},
    ConfigKey{.name = "cluster_hb_timeout",
              .slot = &Config::cluster_hb_timeout,
              .effect = Effect::restart,
              .min = 2,
              .max = 6000,
              .acts = false,
              .doc = "Tenths of a second without a heartbeat of the master after which a new one is elected.\n"
                     "Must be more than\n"
                     ".Cm cluster_hb_interval ."},
    ConfigKey{.name = "cluster_secret",
              .slot = &Secrets::cluster_secret,
              .effect = Effect::restart,
              .acts = false,
              .doc = "The secret that the members of a cluster share."},

    // BGP
    ConfigKey{.name = "as_number",
              .slot = &Config::as_number,
              .effect = Effect::restart,
              .max = 4294967294U,
              .acts = false,
              .doc = "The number of the local autonomous system.\n"
                     "0: there is no BGP."},
    ConfigKey{.name = "bgp_peer1",
              .slot = &Config::bgp_peer1,
              .effect = Effect::restart,
              .text_rule = require_host_name,
              .acts = false,
              .doc = "Name or address of the first BGP peer."},
    ConfigKey{.name = "bgp_peer1_as",
              .slot = &Config::bgp_peer1_as,
              .effect = Effect::restart,
              .max = 4294967294U,
              .acts = false,
              .doc = "The number of its autonomous system."},
    ConfigKey{.name = "bgp_peer2",
              .slot = &Config::bgp_peer2,
              .effect = Effect::restart,
              .text_rule = require_host_name,
              .acts = false,
              .doc = "Name or address of the second BGP peer."},
    ConfigKey{.name = "bgp_peer2_as",
              .slot = &Config::bgp_peer2_as,
              .effect = Effect::restart,
              .max = 4294967294U,
              .acts = false,
              .doc = "The number of its autonomous system."},

    // Operator
    ConfigKey{.name = "cli_bind_address",
              .slot = &Config::cli_bind_address,
              .effect = Effect::restart,
              .address_rule = require_reachable,
              .doc = "The address that the command-line interface listens on.\n"
                     "0.0.0.0: all of them.\n"
                     "Without a file\n"
                     ".Xr users 5\n"
                     "it listens on the loopback address only, whatever this says."},
    ConfigKey{.name = "cli_port",
              .slot = &Config::cli_port,
              .effect = Effect::restart,
              .min = 1,
              .max = 65535,
              .doc = "The TCP port of the command-line interface."},
    ConfigKey{.name = "control_bind_address",
              .slot = &Config::control_bind_address,
              .effect = Effect::restart,
              .address_rule = require_reachable,
              .doc = "The address that requests of\n"
                     ".Xr nsctl 8\n"
                     "are received on.\n"
                     "0.0.0.0: all of them.\n"
                     "Without\n"
                     ".Cm control_secret\n"
                     "at the start it is the loopback address, whatever this says."},
    ConfigKey{.name = "control_port",
              .slot = &Config::control_port,
              .effect = Effect::restart,
              .max = 65535,
              .doc = "The UDP port of\n"
                     ".Xr nsctl 8 .\n"
                     "0: none."},
    ConfigKey{.name = "control_secret",
              .slot = &Secrets::control_secret,
              .effect = Effect::live,
              .doc = "The secret shared with those who send commands by\n"
                     ".Xr nsctl 8 .\n"
                     "Without it only this machine may send them, and everybody on it."},
};

constexpr bool rows_are_sound() {
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
        if (kKeys[i].name.empty() || kKeys[i].doc.empty() || kKeys[i].min > kKeys[i].max) return false;
        for (std::size_t k = i + 1; k < kKeys.size(); ++k)
            if (kKeys[i].name == kKeys[k].name) return false;
    }
    return true;
}
static_assert(rows_are_sound());

} // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

const ConfigKey* find_key(std::string_view name) {
    const auto row = std::find_if(kKeys.begin(), kKeys.end(), [&](const ConfigKey& key) { return key.name == name; });
    return row == kKeys.end() ? nullptr : &*row;
}

} // namespace lns::conf
