// SPDX-License-Identifier: ISC
// What does not fit together in a startup-config. Warnings where an operator may still be typing the
// other half of a pair; errors only for what can never work.
#include "lib/conf/startup_config.h"

namespace lns::conf {
namespace {

struct Rule {
    Severity severity;
    std::array<std::string_view, 3> keys;
    bool (*broken)(const Settings&);
    std::string_view message;
};

bool any_server(const Config& c) { return c.primary_radius.is_set() || c.secondary_radius.is_set(); }

bool peer_without_as(const FixedText<254>& peer, std::uint32_t as) { return peer.empty() != (as == 0); }

constexpr std::array kRules{
    Rule{Severity::error,
         {"radius_authtypes"},
         [](const Settings& s) { return !s.config.auth_pap && !s.config.auth_chap; },
         "radius_authtypes: neither pap nor chap: nobody could log in"},
    Rule{Severity::error,
         {"idle_echo_timeout", "echo_timeout"},
         [](const Settings& s) { return s.config.idle_echo_timeout <= s.config.echo_timeout; },
         "idle_echo_timeout must be more than echo_timeout: sessions would be dropped before an echo is sent"},
    Rule{Severity::warning,
         {"l2tp_require_auth", "l2tp_secret"},
         [](const Settings& s) { return s.config.l2tp_require_auth && s.secrets.l2tp_secret.empty(); },
         "l2tp_require_auth without l2tp_secret: every tunnel will be refused"},
    Rule{Severity::warning,
         {"primary_radius", "secondary_radius", "radius_secret"},
         [](const Settings& s) { return any_server(s.config) && s.secrets.radius_secret.empty(); },
         "radius_secret is not set: RADIUS queries will fail"},
    Rule{Severity::warning,
         {"auth_method", "primary_radius"},
         [](const Settings& s) { return auth_source(s.config) != AuthSource::local && !any_server(s.config); },
         "auth_method names RADIUS but there is no server: set primary_radius"},
    Rule{Severity::warning,
         {"secondary_radius", "primary_radius"},
         [](const Settings& s) { return s.config.secondary_radius.is_set() && !s.config.primary_radius.is_set(); },
         "secondary_radius without primary_radius"},
    Rule{Severity::warning,
         {"secondary_radius", "primary_radius"},
         [](const Settings& s) {
             const Config& c = s.config;
             return c.primary_radius.is_set() && c.primary_radius == c.secondary_radius &&
                    c.primary_radius_port == c.secondary_radius_port;
         },
         "secondary_radius is the same server as primary_radius"},
    Rule{Severity::warning,
         {"radius_accounting", "primary_radius"},
         [](const Settings& s) { return s.config.radius_accounting && !any_server(s.config); },
         "radius_accounting without a RADIUS server: set primary_radius"},
    Rule{Severity::warning,
         {"radius_interim", "radius_accounting"},
         [](const Settings& s) { return s.config.radius_interim != 0 && !s.config.radius_accounting; },
         "radius_interim has no effect without radius_accounting"},
    Rule{Severity::warning,
         {"radius_interim"}, // RFC 2869 5.16
         [](const Settings& s) { return s.config.radius_interim != 0 && s.config.radius_interim < 60; },
         "radius_interim below 60 seconds is a load that RFC 2869 advises against"},
    Rule{Severity::error,
         {"cluster_hb_timeout", "cluster_hb_interval"},
         [](const Settings& s) { return s.config.cluster_hb_timeout <= s.config.cluster_hb_interval; },
         "cluster_hb_timeout must be more than cluster_hb_interval: no master would live to its second heartbeat"},
    Rule{Severity::warning,
         {"snoop_host", "snoop_port"},
         [](const Settings& s) { return s.config.snoop_host.is_set() != (s.config.snoop_port != 0); },
         "snoop_host and snoop_port belong together: one of them is not set"},
    Rule{Severity::warning,
         {"bgp_peer1", "bgp_peer2", "as_number"},
         [](const Settings& s) {
             return s.config.as_number == 0 && (!s.config.bgp_peer1.empty() || !s.config.bgp_peer2.empty());
         },
         "a BGP peer without as_number: there will be no BGP"},
    Rule{Severity::warning,
         {"bgp_peer1", "bgp_peer1_as"},
         [](const Settings& s) { return peer_without_as(s.config.bgp_peer1, s.config.bgp_peer1_as); },
         "bgp_peer1 and bgp_peer1_as belong together: one of them is not set"},
    Rule{Severity::warning,
         {"bgp_peer2", "bgp_peer2_as"},
         [](const Settings& s) { return peer_without_as(s.config.bgp_peer2, s.config.bgp_peer2_as); },
         "bgp_peer2 and bgp_peer2_as belong together: one of them is not set"},
};

} // namespace

std::vector<Finding> check(const Settings& settings) {
    std::vector<Finding> findings;
    for (const Rule& rule : kRules)
        if (rule.broken(settings)) findings.push_back({rule.severity, rule.keys, std::string(rule.message)});
    return findings;
}

} // namespace lns::conf
