// SPDX-License-Identifier: ISC
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/base/rng.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/typed_value.h"

namespace lns::conf {
namespace {

std::vector<std::string> complaints(std::string_view text) {
    return parse_startup_config(text, "startup-config").diagnostics.lines();
}

Settings accepted(std::string_view text) {
    const StartupConfig parsed = parse_startup_config(text, "startup-config");
    EXPECT_TRUE(parsed.diagnostics.list().empty()) << parsed.diagnostics.lines()[0];
    return parsed.settings;
}

TEST(StartupConfig, EmptyTextMeansDefaults) {
    EXPECT_TRUE(changed_keys(accepted(""), Settings{}).empty());
    EXPECT_EQ(print(Settings{}), "");
}

TEST(StartupConfig, ReadsEveryTypeOfValue) {
    const Settings s = accepted("set debug 3\n"
                                "set bind_address 192.168.1.1\n"
                                "set l2tp_mtu 1460\n"
                                "set l2tp_secret \"it's a secret\"\n"
                                "set radius_accounting true\n"
                                "set primary_radius 127.0.0.1\n"
                                "set radius_secret 's3\"cret'\n"
                                "set radius_require_message_authenticator no\n"
                                "set auth_method \"local,radius\"\n"
                                "set log_file syslog:local5\n"
                                "set tundevicename tun7\n"
                                "set hostname lns1.example\n");
    EXPECT_EQ(s.config.debug, 3U);
    EXPECT_EQ(to_string(s.config.bind_address), "192.168.1.1");
    EXPECT_EQ(s.config.l2tp_mtu, 1460);
    EXPECT_EQ(s.secrets.l2tp_secret.reveal(), "it's a secret");
    EXPECT_TRUE(s.config.radius_accounting);
    EXPECT_EQ(s.secrets.radius_secret.reveal(), "s3\"cret");
    EXPECT_EQ(s.config.radius_require_message_authenticator, Tristate::no);
    EXPECT_EQ(s.config.auth_method, AuthSource::local_then_radius);
    EXPECT_EQ(s.config.log_file.view(), "syslog:local5");
    EXPECT_EQ(s.config.tundevicename.view(), "tun7");
    EXPECT_EQ(s.config.hostname.view(), "lns1.example");
}

TEST(StartupConfig, IgnoresCommentsBlankLinesIndentsAndCarriageReturns) {
    const Settings s =
        accepted("# a comment\r\n! another\r\n\r\n   \t \r\n  # indented\r\n\tset   debug\t 4  \r\nset icmp_rate 5");
    EXPECT_EQ(s.config.debug, 4U);
    EXPECT_EQ(s.config.icmp_rate, 5U);
}

TEST(StartupConfig, TheLastOfSeveralLinesCountsAndIsPointedAt) {
    const StartupConfig parsed = parse_startup_config("set debug 1\nset icmp_rate 2\nset debug 5\n", "f");
    EXPECT_EQ(parsed.settings.config.debug, 5U);
    EXPECT_FALSE(parsed.diagnostics.has_errors());
    EXPECT_EQ(parsed.diagnostics.lines(),
              std::vector<std::string>{"f:3: warning: debug: set again; line 1 does not count"});
}

TEST(StartupConfig, AuthTypesKeepTheOrderOfPreference) {
    struct Row {
        std::string_view text;
        bool pap, chap, chap_first;
    };
    for (const Row& row : {Row{"pap", true, false, false}, Row{"chap", false, true, true},
                           Row{"pap,chap", true, true, false}, Row{"CHAP , pap", true, true, true}}) {
        const Settings s = accepted("set radius_authtypes \"" + std::string(row.text) + "\"");
        EXPECT_EQ(s.config.auth_pap, row.pap) << row.text;
        EXPECT_EQ(s.config.auth_chap, row.chap) << row.text;
        EXPECT_EQ(s.config.auth_chap_first, row.chap_first) << row.text;
    }
}

TEST(StartupConfig, BooleansAreWordsInAnyCase) {
    for (const char* yes : {"true", "yes", "1", "TRUE", "Yes"})
        EXPECT_TRUE(accepted(std::string("set allow_duplicate_users ") + yes).config.allow_duplicate_users) << yes;
    for (const char* no : {"false", "no", "0", "No"})
        EXPECT_FALSE(accepted(std::string("set allow_duplicate_users ") + no).config.allow_duplicate_users) << no;
}

TEST(StartupConfig, EveryFacilityOfSyslogIsKnown) {
    for (const char* facility :
         {"auth", "authpriv", "cron",   "daemon", "ftp",    "kern",   "lpr",    "mail",   "news",   "syslog",
          "user", "uucp",     "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"})
        accepted(std::string("set log_file syslog:") + facility);
}

struct BadLine {
    const char* description;
    const char* line;
};

TEST(StartupConfig, ABadLineIsAnErrorAndChangesNothing) {
    for (const BadLine& row :
         {BadLine{"other command", "router bgp 64512"},
          BadLine{"command in capitals", "SET debug 1"},
          BadLine{"set alone", "set"},
          BadLine{"no value", "set debug"},
          BadLine{"unknown name", "set debugg 1"},
          BadLine{"name in capitals", "set Debug 1"},
          BadLine{"key of another release", "set random_device /dev/urandom"},
          BadLine{"two values", "set hostname a b"},
          BadLine{"comment after the value", "set debug 1 # much"},
          BadLine{"mark not closed", "set hostname \"a"},
          BadLine{"marks of two kinds", "set hostname \"a'"},
          BadLine{"text after the mark", "set hostname \"a\"b"},
          BadLine{"mark inside a word", "set hostname a\"b\""},
          BadLine{"number too large", "set debug 6"},
          BadLine{"number too small", "set l2tp_mtu 575"},
          BadLine{"number below zero", "set debug -1"},
          BadLine{"number with a sign", "set debug +1"},
          BadLine{"number with a fraction", "set debug 1.0"},
          BadLine{"hexadecimal number", "set debug 0x1"},
          BadLine{"number beyond 32 bits", "set setuid 4294967296"},
          BadLine{"no number", "set debug \"\""},
          BadLine{"word for a number", "set debug high"},
          BadLine{"unknown boolean", "set radius_accounting on"},
          BadLine{"number for a boolean", "set radius_accounting 2"},
          BadLine{"boolean in two words", "set radius_accounting \"ye s\""},
          BadLine{"address with three parts", "set bind_address 10.1.1"},
          BadLine{"address with a large part", "set bind_address 10.1.1.256"},
          BadLine{"name for an address", "set primary_radius radius.example.com"},
          BadLine{"no address", "set primary_dns \"\""},
          BadLine{"multicast", "set bind_address 224.0.0.1"},
          BadLine{"broadcast", "set bind_address 255.255.255.255"},
          BadLine{"net 0", "set primary_radius 0.0.0.1"},
          BadLine{"loopback for subscribers", "set primary_dns 127.0.0.1"},
          BadLine{"port 0", "set primary_radius_port 0"},
          BadLine{"no port left for accounting", "set primary_radius_port 65535"},
          BadLine{"relative log file", "set log_file l2tpns.log"},
          BadLine{"directory as file", "set log_file /var/log/"},
          BadLine{"unknown facility", "set log_file syslog:local8"},
          BadLine{"no facility", "set log_file syslog:"},
          BadLine{"relative pid file", "set pid_file run/l2tpns.pid"},
          BadLine{"blank in a host name", "set hostname \"a b\""},
          BadLine{"slash in a device name", "set tundevicename a/b"},
          BadLine{"pattern as device name", "set tundevicename tun%d"},
          BadLine{"long device name", "set tundevicename abcdefghijklmno"},
          BadLine{"authentication unknown", "set radius_authtypes eap"},
          BadLine{"authentication twice", "set radius_authtypes pap,pap"},
          BadLine{"authentication empty", "set radius_authtypes \"\""},
          BadLine{"authentication with a comma too many", "set radius_authtypes pap,"},
          BadLine{"method unknown", "set auth_method ldap"},
          BadLine{"methods in the wrong order", "set auth_method radius,local"},
          BadLine{"third state unknown", "set radius_require_message_authenticator maybe"},
          BadLine{"route with host bits", "set framed_route_allow 10.0.0.1/8"},
          BadLine{"route without length", "set framed_route_allow 10.0.0.0"},
          BadLine{"route list with a hole", "set framed_route_allow 10.0.0.0/8,,11.0.0.0/8"},
          BadLine{"path of a plugin", "load plugin /tmp/evil"},
          BadLine{"file of a plugin", "load plugin garden.so"},
          BadLine{"plugin without name", "load plugin \"\""},
          BadLine{"plugin too long", "load plugin aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffffffff"},
          BadLine{"load of something else", "load module garden"},
          BadLine{"unicast for the cluster", "set cluster_address 10.1.1.1"},
          BadLine{"unknown fast path", "set fast_path yes"},
          BadLine{"list of devices with a hole", "set fast_path_interfaces eth0,,eth1"},
          BadLine{"control character", "set l2tp_secret \"a\x01\""},
          BadLine{"byte order mark", "\xef\xbb\xbfset debug 1"}}) {
        const StartupConfig parsed = parse_startup_config(row.line, "f");
        EXPECT_TRUE(parsed.diagnostics.has_errors()) << row.description;
        ASSERT_EQ(parsed.diagnostics.list().size(), 1U) << row.description;
        EXPECT_EQ(parsed.diagnostics.list()[0].line, 1U) << row.description;
        EXPECT_TRUE(changed_keys(parsed.settings, Settings{}).empty()) << row.description;
    }
}

TEST(StartupConfig, AllErrorsAreCollected) {
    EXPECT_EQ(complaints("set debug 9\nset bind_address 1.2.3\n\nnonsense\n"),
              (std::vector<std::string>{
                  "startup-config:1: debug: \"9\" is not an integer from 0 to 5",
                  "startup-config:2: bind_address: \"1.2.3\" is not an address A.B.C.D",
                  "startup-config:4: unknown command \"nonsense\": expected set NAME VALUE, load plugin NAME or ip "
                  "access-list KIND NAME",
              }));
}

TEST(StartupConfig, NoDiagnosticRepeatsASecret) {
    const std::string long_secret = "hunter2" + std::string(300, 'x');
    for (const std::string& line :
         {std::string("set l2tp_secret \"hunter2"), std::string("set radius_secret hunter2 hunter2"),
          std::string("set radius_secret hunter2\"'"), "set radius_secret " + long_secret,
          std::string("set radius_secret \"hunter2\"hunter2"),
          std::string("set radius_secret hunter2\nset radius_secret hunter2")}) {
        const auto lines = complaints(line);
        ASSERT_FALSE(lines.empty()) << line;
        for (const auto& shown : lines)
            EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
    }
}

TEST(StartupConfig, OddOctetsAreShownEscapedAndCut) {
    const auto lines = complaints("set \x1b[2J 1\nset " + std::string(5000, 'a') + " 1\n");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], "startup-config:1: the line holds a control character");
    EXPECT_LT(lines[1].size(), 200U);
}

TEST(StartupConfig, TextsHaveTheirLength) {
    const std::string just(254, 'x');
    EXPECT_EQ(accepted("set radius_secret " + just).secrets.radius_secret.reveal(), just);
    EXPECT_FALSE(complaints("set radius_secret " + just + "x").empty());
    EXPECT_TRUE(complaints("set hostname " + std::string(62, 'h')).empty());
    EXPECT_FALSE(complaints("set hostname " + std::string(63, 'h')).empty());
}

TEST(Consistency, PointsAtTheLineOfTheKey) {
    EXPECT_EQ(
        complaints("set debug 1\nset primary_radius 10.0.0.1\n"),
        std::vector<std::string>{"startup-config:2: warning: radius_secret is not set: RADIUS queries will fail"});
    EXPECT_EQ(complaints("set echo_timeout 240\n"),
              std::vector<std::string>{"startup-config:1: idle_echo_timeout must be more than echo_timeout: sessions "
                                       "would be dropped before an echo is sent"});
}

TEST(Consistency, SaysNothingAboutAKeyWhoseValueWasRefused) {
    EXPECT_EQ(complaints("set primary_radius 10.0.0.1\nset radius_secret \"a\nset radius_secret\n").size(), 2U);
}

struct Mismatch {
    const char* lines;
    Severity severity;
    const char* word;
};

TEST(Consistency, FindsWhatDoesNotFitTogether) {
    for (const Mismatch& row : {
             Mismatch{"set secondary_radius 10.0.0.1\nset radius_secret x", Severity::warning, "without primary"},
             Mismatch{"set primary_radius 10.0.0.1\nset secondary_radius 10.0.0.1\nset radius_secret x",
                      Severity::warning, "same server"},
             Mismatch{"set auth_method radius", Severity::warning, "no server"},
             Mismatch{"set l2tp_require_auth yes", Severity::warning, "l2tp_secret"},
             Mismatch{"set radius_accounting yes", Severity::warning, "without a RADIUS server"},
             Mismatch{"set radius_interim 600", Severity::warning, "no effect"},
             Mismatch{
                 "set radius_interim 20\nset radius_accounting yes\nset primary_radius 10.0.0.1\nset radius_secret x",
                 Severity::warning, "RFC 2869"},
             Mismatch{"set idle_echo_timeout 30", Severity::error, "more than echo_timeout"},
         }) {
        const auto parsed = parse_startup_config(row.lines, "f");
        ASSERT_EQ(parsed.diagnostics.list().size(), 1U) << row.lines;
        EXPECT_EQ(parsed.diagnostics.list()[0].severity, row.severity) << row.lines;
        EXPECT_NE(parsed.diagnostics.list()[0].message.find(row.word), std::string::npos)
            << parsed.diagnostics.list()[0].message;
    }
    Settings nobody;
    nobody.config.auth_pap = nobody.config.auth_chap = false;
    ASSERT_EQ(check(nobody).size(), 1U);
    EXPECT_EQ(check(nobody)[0].severity, Severity::error);
    EXPECT_TRUE(check(Settings{}).empty());
}

TEST(AuthSourceDefault, IsRadiusOnceAServerIsSet) {
    EXPECT_EQ(auth_source(accepted("").config), AuthSource::local);
    const char* server = "set primary_radius 10.0.0.1\nset radius_secret x\n";
    EXPECT_EQ(auth_source(accepted(server).config), AuthSource::radius);
    EXPECT_EQ(auth_source(accepted(std::string(server) + "set auth_method local").config), AuthSource::local);
}

TEST(Print, GivesOnlyWhatDiffersFromTheDefaults) {
    EXPECT_EQ(print(accepted("set debug 3\nset max_tunnels 1024\nset hostname lns1\nset radius_accounting no\n")),
              "set debug 3\nset hostname \"lns1\"\n");
}

TEST(StartupConfig, UnknownNamesGetAHint) {
    struct Row {
        const char* name;
        const char* hint;
    };
    for (const Row& row :
         {Row{"primary_radus", "did you mean primary_radius?"}, Row{"Debug", "did you mean debug?"},
          Row{"icmp-rate", "did you mean icmp_rate?"}, Row{"random_device", "startup-config(5) lists those there are"},
          Row{"x", "startup-config(5) lists those there are"}}) {
        const auto lines = complaints("set " + std::string(row.name) + " 1");
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_EQ(lines[0], "startup-config:1: unknown setting \"" + std::string(row.name) + "\": " + row.hint);
    }
}

TEST(StartupConfig, EveryKeyOfTheManualIsKnownWithItsDefault) {
    struct Row {
        const char* name;
        const char* value; // the default
    };
    for (const Row& row : {Row{"debug", "0"},
                           Row{"log_file", ""},
                           Row{"pid_file", ""},
                           Row{"l2tp_secret", ""},
                           Row{"primary_dns", "0.0.0.0"},
                           Row{"secondary_dns", "0.0.0.0"},
                           Row{"save_state", "false"},
                           Row{"primary_radius", "0.0.0.0"},
                           Row{"secondary_radius", "0.0.0.0"},
                           Row{"primary_radius_port", "1645"},
                           Row{"secondary_radius_port", "1645"},
                           Row{"radius_accounting", "false"},
                           Row{"radius_secret", ""},
                           Row{"bind_address", "0.0.0.0"},
                           Row{"send_garp", "true"},
                           Row{"throttle_speed", "0"},
                           Row{"accounting_dir", ""},
                           Row{"setuid", "0"},
                           Row{"dump_speed", "false"},
                           Row{"cleanup_interval", "60"},
                           Row{"multi_read_count", "10"},
                           Row{"scheduler_fifo", "false"},
                           Row{"lock_pages", "false"},
                           Row{"icmp_rate", "0"},
                           Row{"cluster_address", "239.192.13.13"},
                           Row{"cluster_interface", "eth0"},
                           Row{"cluster_hb_interval", "5"},
                           Row{"cluster_hb_timeout", "150"},
                           Row{"as_number", "0"},
                           Row{"bgp_peer1", ""},
                           Row{"bgp_peer1_as", "0"},
                           Row{"bgp_peer2", ""},
                           Row{"bgp_peer2_as", "0"},
                           Row{"snoop_host", "0.0.0.0"},
                           Row{"snoop_port", "0"}}) {
        const ConfigKey* key = find_key(row.name);
        ASSERT_NE(key, nullptr) << row.name;
        EXPECT_EQ(value_text(Settings{}, *key), row.value) << row.name;
    }
}

TEST(StartupConfig, AKeyThatNothingUsesIsKeptWithAWarning) {
    const StartupConfig parsed = parse_startup_config("set cluster_hb_interval 7\nset cluster_hb_interval 5\n", "f");
    EXPECT_EQ(parsed.diagnostics.lines(),
              (std::vector<std::string>{"f:1: warning: cluster_hb_interval: nothing in this release uses it yet",
                                        "f:2: warning: cluster_hb_interval: set again; line 1 does not count"}));
}

TEST(StartupConfig, PluginsKeepTheirOrder) {
    const Settings s = parse_startup_config("load plugin garden\nset debug 1\nload plugin 'autosnoop'\n", "f").settings;
    EXPECT_EQ(s.plugins, (std::vector<std::string>{"garden", "autosnoop"}));
    EXPECT_EQ(print(s), "set debug 1\nload plugin \"garden\"\nload plugin \"autosnoop\"\n");
    EXPECT_EQ(
        complaints("load plugin a\nload plugin a\n"),
        (std::vector<std::string>{"startup-config:1: warning: plugin \"a\": nothing in this release loads plugins yet",
                                  "startup-config:2: warning: plugin \"a\" is loaded by a line above"}));
}

TEST(Print, HidesSecretsOnRequest) {
    const Settings s = accepted("set l2tp_secret hunter2");
    EXPECT_EQ(print(s, SecretText::shown), "set l2tp_secret \"hunter2\"\n");
    EXPECT_EQ(print(s, SecretText::hidden), "! set l2tp_secret (hidden)\n");
}

// ---- Printing and parsing are each other's inverse ----

std::string random_value(Rng& rng, const ConfigKey& key) {
    const std::string_view type = type_name(key);
    if (type == "integer") return std::to_string(key.min + rng.below(key.max - key.min + 1));
    if (type == "boolean") return rng.below(2) == 0 ? "yes" : "no";
    if (key.name == "cluster_address") return to_string(Ipv4{0xe0000000 + rng.below(0x10000000)});
    if (type == "ip address") return to_string(Ipv4{0x0a000000 + rng.below(0x1000000)});
    if (key.name == "auth_method") return std::array{"radius", "local", "local,radius"}[rng.below(3)];
    if (key.name == "fast_path") return std::array{"auto", "tc", "stack", "redirect", "off"}[rng.below(5)];
    if (key.name == "fast_path_interfaces") return "eth0, eth1.7";
    if (key.name == "radius_authtypes") return std::array{"pap", "chap", "pap,chap", "chap,pap"}[rng.below(4)];
    if (type == "word") return std::array{"yes", "no", "auto"}[rng.below(3)];
    if (key.name == "framed_route_allow") return "10.0.0.0/8, 192.168.0.0/16";
    if (key.name == "log_file" && rng.below(2) == 0) return "syslog:daemon";
    const bool device = key.name == "tundevicename" || key.name == "cluster_interface";
    const bool plain = device || key.name == "hostname" || key.name.starts_with("bgp_peer");
    std::string text = plain || is_secret(key) ? "" : "/";
    const bool double_marks = rng.below(2) == 0;
    for (std::uint32_t n = 1 + rng.below(plain ? 14 : 200); n > 0; --n) {
        const char c = static_cast<char>(0x20 + rng.below(0x5f));
        const bool fits = plain ? (c >= 'a' && c <= 'z') : c != (double_marks ? '\'' : '"');
        text += fits ? c : 'x';
    }
    return text + "e"; // a path does not end in '/'
}

TEST(Print, OfAnySettingsParsesToTheSameSettings) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        SeededRng rng(seed);
        Settings settings;
        for (const ConfigKey& key : config_keys()) {
            if (rng.below(3) == 0) continue;
            std::string value = random_value(rng, key);
            if (key.name == "tundevicename" || key.name == "cluster_interface")
                value.resize(std::min<std::size_t>(value.size(), 14));
            if (type_name(key) == "string" && rng.below(8) == 0) value.clear();
            const auto done = set_value(settings, key, value);
            ASSERT_TRUE(done) << done.error().message;
        }
        settings.config.idle_echo_timeout = settings.config.echo_timeout + 1;
        settings.config.cluster_hb_timeout = settings.config.cluster_hb_interval + 1;
        for (std::uint32_t n = rng.below(4); n > 0; --n)
            settings.plugins.push_back("plug-in_" + std::to_string(n));
        const std::string text = print(settings);
        const StartupConfig again = parse_startup_config(text, "printed");
        ASSERT_FALSE(again.diagnostics.has_errors()) << again.diagnostics.lines()[0] << "\n" << text;
        for (const ConfigKey* key : changed_keys(settings, again.settings))
            ADD_FAILURE() << key->name << " seed " << seed;
        ASSERT_EQ(again.settings.plugins, settings.plugins);
        ASSERT_EQ(print(again.settings), text);
    }
}

TEST(TypedValue, CarriesAnySettingToAnotherTable) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SeededRng rng(seed);
        for (const ConfigKey& key : config_keys()) {
            Settings from;
            std::string value = random_value(rng, key);
            if (key.name == "tundevicename" || key.name == "cluster_interface")
                value.resize(std::min<std::size_t>(value.size(), 14));
            ASSERT_TRUE(set_value(from, key, value)) << key.name;
            Settings to;
            const ConfigKey* there = key_at(key_number(key));
            ASSERT_EQ(there, &key);
            ASSERT_TRUE(set_typed(to, *there, typed_value(from, key))) << key.name << " " << value;
            EXPECT_TRUE(same_value(from, to, key)) << key.name << " " << value;
        }
    }
}

TEST(TypedValue, IsCheckedByTheReceiver) {
    struct Row {
        const char* key;
        TypedValue value;
    };
    const std::string endless(1000, 'x');
    for (const Row& row : {
             Row{"debug", {ValueKind::number, 6, {}, {}}},
             Row{"debug", {ValueKind::text, 0, {}, "3"}},
             Row{"radius_accounting", {ValueKind::number, 2, {}, {}}},
             Row{"auth_method", {ValueKind::number, 3, {}, {}}},
             Row{"fast_path", {ValueKind::number, 4000000000, {}, {}}},
             Row{"primary_radius_port", {ValueKind::number, 65536, {}, {}}},
             Row{"bind_address", {ValueKind::address, 0, Ipv4{0xe0000001}, {}}},
             Row{"bind_address", {ValueKind::number, 0x0a000001, {}, {}}},
             Row{"log_file", {ValueKind::text, 0, {}, "relative"}},
             Row{"l2tp_secret", {ValueKind::text, 0, {}, "two\nlines"}},
             Row{"l2tp_secret", {ValueKind::text, 0, {}, endless}},
         }) {
        Settings settings;
        EXPECT_FALSE(set_typed(settings, *find_key(row.key), row.value)) << row.key;
        EXPECT_TRUE(changed_keys(settings, Settings{}).empty()) << row.key;
    }
    EXPECT_EQ(key_at(static_cast<std::uint16_t>(config_keys().size())), nullptr);
}

TEST(KeyTable, EveryKeyIsFoundByItsName) {
    for (const ConfigKey& key : config_keys())
        EXPECT_EQ(find_key(key.name), &key);
    EXPECT_EQ(find_key("users_file_present"), nullptr);
    EXPECT_EQ(find_key(""), nullptr);
}

TEST(KeyTable, DefaultsAreInsideTheirBounds) {
    for (const ConfigKey& key : config_keys()) {
        const Settings defaults;
        const std::string value = value_text(defaults, key);
        if (value.empty() && type_name(key) == "word") continue; // auth_method: no word for the default
        Settings settings;
        const auto done = set_value(settings, key, value);
        EXPECT_TRUE(done) << (done.ok() ? "" : done.error().message);
        EXPECT_TRUE(is_default(settings, key)) << key.name;
    }
}

TEST(KeyTable, NoTwoKeysShareASlot) {
    for (const ConfigKey& a : config_keys())
        for (const ConfigKey& b : config_keys())
            EXPECT_EQ(&a == &b, a.slot == b.slot) << a.name << " " << b.name;
}

TEST(KeyTable, BoundsAreInclusive) {
    for (const ConfigKey& key : config_keys()) {
        if (type_name(key) != "integer") continue;
        Settings settings;
        EXPECT_TRUE(set_value(settings, key, std::to_string(key.min))) << key.name;
        EXPECT_TRUE(set_value(settings, key, std::to_string(key.max))) << key.name;
        EXPECT_FALSE(set_value(settings, key, std::to_string(std::uint64_t{key.max} + 1))) << key.name;
        if (key.min == 0) continue;
        EXPECT_FALSE(set_value(settings, key, std::to_string(key.min - 1))) << key.name;
    }
}

TEST(ChangedKeys, NamesWhatDiffers) {
    const Settings before = accepted("set debug 1\nset l2tp_secret a\n");
    const Settings after = accepted("set debug 1\nset l2tp_secret b\nset cli_port 24\n");
    const auto changed = changed_keys(before, after);
    ASSERT_EQ(changed.size(), 2U);
    EXPECT_EQ(changed[0]->name, "l2tp_secret");
    EXPECT_EQ(changed[1]->name, "cli_port");
    EXPECT_EQ(changed[1]->effect, Effect::restart);
}

} // namespace
} // namespace lns::conf
