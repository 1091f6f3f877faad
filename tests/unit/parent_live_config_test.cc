// SPDX-License-Identifier: ISC
#include "l2tpnsd/live_config.h"

#include <gtest/gtest.h>

#include "lib/conf/access_list.h"
#include "lib/conf/startup_config.h"

namespace lns::parent {
namespace {

using imsg::FileKind;

const Machine kMachine{"lns1", *parse_ipv4("192.0.2.7"), 4};

Configuration with(const std::string& text, const std::string& pool = "10.0.0.0/24\n") {
    Configuration configuration;
    conf::StartupConfig parsed = conf::parse_startup_config(text, "startup-config");
    configuration.complaints = parsed.diagnostics.lines();
    configuration.has_errors = parsed.diagnostics.has_errors();
    configuration.settings = std::move(parsed.settings);
    configuration.pool = conf::parse_ip_pool(pool, "ip_pool").plan;
    configuration.files.emplace(FileKind::ip_pool, Secret(pool));
    return configuration;
}

LiveConfig running(const std::string& text) {
    Configuration configuration = with(text);
    const conf::Config config = *resolve(configuration, kMachine, 0);
    return {std::move(configuration), config, kMachine, 0};
}

Change set(LiveConfig& live, std::string_view name, std::string_view text) {
    const conf::ConfigKey* key = conf::find_key(name);
    conf::Settings typed;
    EXPECT_TRUE(conf::set_value(typed, *key, text)) << name;
    return live.set(conf::key_table_hash(), conf::key_number(*key), conf::typed_value(typed, *key));
}

TEST(LiveConfigReload, ReportsWhenEachKeyTakesEffect) {
    LiveConfig live = running("set debug 1\n");
    const Change change = live.reload(with("set primary_dns 10.0.0.53\nset icmp_rate 5\nset max_sessions 1000\n"));
    EXPECT_FALSE(change.refused);
    EXPECT_EQ(change.report.text(), "configuration read again\n"
                                    "in force at once: debug, icmp_rate\n"
                                    "in force for new tunnels and sessions: primary_dns\n"
                                    "in force after a restart: max_sessions\n");
    EXPECT_EQ(live.config().icmp_rate, 5U);
    EXPECT_EQ(live.config().debug, 0U) << "a line that is gone means the default";
    EXPECT_EQ(live.config().max_sessions, 65535U);
    EXPECT_EQ(live.configured().config.max_sessions, 1000U);
}

imsg::AccessListChange change_of(imsg::AccessListVerb verb, conf::AccessKind kind, const char* name,
                                 std::vector<std::string_view> words = {}) {
    imsg::AccessListChange change{verb, kind, 0, {}, {}};
    change.name.assign(name);
    if (!words.empty()) change.rule = *conf::parse_access_rule(kind, words);
    return change;
}

TEST(LiveConfigAccessLists, AreEditedAndGivenToWorkers) {
    using enum imsg::AccessListVerb;
    using enum conf::AccessKind;
    LiveConfig live = running("set debug 1\n");
    const auto edit = [&](const imsg::AccessListChange& wish) { return live.edit_access_list(wish); };
    EXPECT_FALSE(edit(change_of(begin, extended, "web")).refused);
    const Change added = edit(change_of(add_rule, extended, "web", {"deny", "ip", "any", "any"}));
    EXPECT_FALSE(added.refused);
    EXPECT_EQ(added.files, std::vector<FileKind>{FileKind::access_lists});
    const std::string text = "ip access-list extended web\n deny ip any any\n";
    EXPECT_EQ(find_file(live.running(), FileKind::access_lists)->reveal(), text);
    EXPECT_EQ(conf::print(live.configured()), "set debug 1\n" + text);
    EXPECT_EQ(edit(change_of(begin, standard, "web")).report.text(), "Access-list web is extended\n");
    EXPECT_EQ(edit(change_of(begin, standard, "we b")).report.text(),
              "\"we b\" is no name for an access list: letters, digits and ._-+:/@, at most 62\n");
    EXPECT_EQ(edit(change_of(add_rule, extended, "x", {"deny", "ip", "any", "any"})).report.text(),
              "Access-list x not defined\n");
    imsg::AccessListChange odd = change_of(add_rule, extended, "web", {"deny", "ip", "any", "any"});
    odd.rule.protocol = 47;
    EXPECT_EQ(edit(odd).report.text(), "the change is not understood\n");
    odd.verb = imsg::AccessListVerb{9};
    EXPECT_TRUE(edit(odd).refused);
    EXPECT_TRUE(edit(change_of(begin, conf::AccessKind{9}, "new")).refused);
    EXPECT_EQ(conf::print(live.configured()), "set debug 1\n" + text) << "what is refused changes nothing";
    EXPECT_FALSE(edit(change_of(remove, extended, "web")).refused);
    EXPECT_EQ(find_file(live.running(), FileKind::access_lists)->reveal(), "");
}

TEST(LiveConfigAccessLists, AReloadReplacesThem) {
    LiveConfig live = running("ip access-list extended web\n deny ip any any\n");
    Configuration read = with("ip access-list extended web\n permit ip any any\n");
    keep_access_lists(read);
    const Change change = live.reload(std::move(read));
    EXPECT_EQ(change.files, std::vector<FileKind>{FileKind::access_lists});
    EXPECT_EQ(change.report.text(), "configuration read again\nin force at once: access lists\n");
}

TEST(LiveConfigReload, WithErrorsKeepsTheRunningConfigurationAndSaysWhy) {
    LiveConfig live = running("set debug 1\n");
    const Change change = live.reload(with("set debug 2\nset nonsense 1\n"));
    EXPECT_TRUE(change.refused);
    EXPECT_EQ(change.report.text(),
              "startup-config:2: unknown setting \"nonsense\": startup-config(5) lists those there are\n"
              "the configuration has errors: the running configuration is kept\n");
    EXPECT_EQ(live.config().debug, 1U);
}

TEST(LiveConfigReload, ThatLeavesNoAddressToServeFromIsRefused) {
    Configuration start = with("set bind_address 10.0.0.1\n");
    const Machine machine{"lns1", {}, 1};
    const conf::Config config = *resolve(start, machine, 0);
    LiveConfig live(std::move(start), config, machine, 0);
    // bind_address needs a restart, so that it stays in force: the reload is none that fails.
    EXPECT_FALSE(live.reload(with("")).refused);
    EXPECT_EQ(to_string(live.config().bind_address), "10.0.0.1");
}

TEST(LiveConfigReload, NamesTheFilesThatWorkersMustBeGiven) {
    LiveConfig live = running("");
    Change change = live.reload(with("", "10.1.0.0/24\n"));
    EXPECT_TRUE(change.pool);
    EXPECT_EQ(change.files, std::vector<FileKind>{FileKind::ip_pool});
    EXPECT_EQ(change.report.text(), "configuration read again\nin force at once: ip_pool, 254 addresses\n");

    Configuration with_users = with("", "10.1.0.0/24\n");
    with_users.users_present = true;
    with_users.files.emplace(FileKind::users, Secret("joe:x\n"));
    change = live.reload(with_users);
    EXPECT_FALSE(change.pool);
    EXPECT_EQ(change.files, std::vector<FileKind>{FileKind::users});
    EXPECT_TRUE(live.config().users_file_present);
    EXPECT_EQ(live.reload(with_users).report.text(), "configuration read again\nnothing has changed\n");
    change = live.reload(with("", "10.1.0.0/24\n"));
    EXPECT_EQ(change.files, std::vector<FileKind>{FileKind::users}) << "it is gone";
    EXPECT_FALSE(live.config().users_file_present);
}

TEST(LiveConfigSet, IsEchoedAndTellsWhenItTakesEffect) {
    LiveConfig live = running("");
    EXPECT_EQ(set(live, "debug", "4").report.text(), "Setting \"debug\" to \"4\"\nin force at once\n");
    EXPECT_EQ(set(live, "primary_dns", "10.0.0.53").report.text(),
              "Setting \"primary_dns\" to \"10.0.0.53\"\nin force for new tunnels and sessions\n");
    EXPECT_EQ(set(live, "cli_port", "2323").report.text(),
              "Setting \"cli_port\" to \"2323\"\nin force after a restart\n");
    EXPECT_EQ(set(live, "cluster_interface", "eth1").report.text(),
              "Setting \"cluster_interface\" to \"eth1\"\nnothing in this release uses it yet\n");
    EXPECT_EQ(live.config().debug, 4U);
    EXPECT_EQ(live.config().cli_port, 23);
    EXPECT_EQ(live.show(),
              "! after a restart: cluster_interface\n"
              "! after a restart: cli_port\n"
              "set debug 4\nset primary_dns 10.0.0.53\nset cluster_interface \"eth1\"\nset cli_port 2323\n");
}

TEST(LiveConfigSet, NeverRepeatsASecret) {
    LiveConfig live = running("");
    const Change change = set(live, "l2tp_secret", "hunter2");
    EXPECT_FALSE(change.refused);
    EXPECT_EQ(change.report.text(), "Setting \"l2tp_secret\"\nin force for new tunnels and sessions\n");
    EXPECT_EQ(live.running().settings.secrets.l2tp_secret.reveal(), "hunter2");
}

TEST(LiveConfigSet, ThatDoesNotFitTheOtherSettingsIsRefusedOrWarnedAbout) {
    LiveConfig live = running("");
    const Change refused = set(live, "echo_timeout", "300");
    EXPECT_TRUE(refused.refused);
    EXPECT_NE(refused.report.text().find("idle_echo_timeout must be more"), std::string::npos);
    EXPECT_EQ(live.config().echo_timeout, 30U);
    const Change warned = set(live, "l2tp_require_auth", "true");
    EXPECT_FALSE(warned.refused);
    EXPECT_NE(warned.report.text().find("warning: l2tp_require_auth without l2tp_secret"), std::string::npos);
    EXPECT_EQ(set(live, "debug", "1").report.text(), "Setting \"debug\" to \"1\"\nin force at once\n")
        << "an old warning is not repeated";
}

TEST(LiveConfigSet, IsCheckedWhateverTheWorkerSends) {
    LiveConfig live = running("");
    const auto hash = conf::key_table_hash();
    EXPECT_TRUE(live.set(hash + 1, 0, {}).refused) << "a table of another release";
    EXPECT_TRUE(live.set(hash, 60000, {}).refused) << "no such key";
    EXPECT_TRUE(live.set(hash, 0, {static_cast<conf::ValueKind>(77), 1, {}, {}}).refused) << "no such type";
    EXPECT_TRUE(
        live.set(hash, conf::key_number(*conf::find_key("debug")), {conf::ValueKind::number, 6, {}, {}}).refused);
    EXPECT_EQ(live.show(), "");
}

TEST(LiveConfigSet, OfTheRunningValueTakesARestartBack) {
    LiveConfig live = running("");
    set(live, "cli_port", "2323");
    set(live, "cli_port", "23");
    EXPECT_EQ(live.show(), "");
}

TEST(LiveConfigPlugins, AreKeptInTheirOrder) {
    LiveConfig live = running("");
    EXPECT_FALSE(live.load_plugin("garden").refused);
    EXPECT_FALSE(live.load_plugin("autosnoop").refused);
    EXPECT_TRUE(live.load_plugin("garden").refused);
    EXPECT_EQ(conf::print(live.configured()), "load plugin \"garden\"\nload plugin \"autosnoop\"\n");
    EXPECT_FALSE(live.remove_plugin("garden").refused);
    EXPECT_TRUE(live.remove_plugin("garden").refused);
    EXPECT_EQ(conf::print(live.configured()), "load plugin \"autosnoop\"\n");
}

} // namespace
} // namespace lns::parent
