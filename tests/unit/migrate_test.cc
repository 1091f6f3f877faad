// SPDX-License-Identifier: ISC
// l2tpns-migrate: what it says of configurations of the original, and that it says it of every setting.
#include <algorithm>
#include <fstream>

#include "lib/conf/key_table.h"
#include "lib/conf/text.h"
#include "tests/unit/golden.h"
#include "tools/migrate/old_settings.h"
#include "tools/migrate/report.h"

namespace lns::migrate {
namespace {

const std::string kGolden = LNS_TOP_SRCDIR "/tests/golden/";

OldFiles files_of(const std::string& name) {
    OldFiles files;
    const auto take = [&](const char* file, std::optional<std::string>& text) {
        const std::string path = kGolden + name + "/" + file;
        if (std::ifstream(path).good()) text = golden::read(path);
    };
    take("startup-config", files.startup_config);
    take("users", files.users);
    take("ip_pool", files.ip_pool);
    return files;
}

std::vector<Finding> of_config(const std::string& text) {
    return examine({"set primary_radius_port 1812\n" + text, "joe:x\n", "10.0.0.0/24\n"});
}

const Finding* at_line(const std::vector<Finding>& findings, unsigned line) {
    const auto found = std::ranges::find(findings, line, &Finding::line);
    return found == findings.end() ? nullptr : &*found;
}

TEST(Migrate, AnOldInstallationIsReportedLineByLine) {
    const auto findings = examine(files_of("migrate-old"));
    EXPECT_TRUE(needs_attention(findings));
    golden::expect(kGolden + "migrate-old/report.ok", print(findings));
}

TEST(Migrate, AConfigurationWithoutSurprisesIsSafe) {
    const auto findings = examine(files_of("migrate-safe"));
    EXPECT_FALSE(needs_attention(findings)) << print(findings);
    golden::expect(kGolden + "migrate-safe/report.ok", print(findings));
}

TEST(Migrate, EveryLineThatSaysSomethingIsReportedOnce) {
    const OldFiles files = files_of("migrate-old");
    std::vector<Finding> findings = examine(files);
    conf::Lines lines(*files.startup_config, "#!");
    for (conf::Line line; lines.next(line);)
        EXPECT_EQ(std::ranges::count_if(
                      findings, [&](const Finding& f) { return f.file == "startup-config" && f.line == line.number; }),
                  1)
            << line.text;
}

TEST(Migrate, SecretsAndPasswordsAreNotShown) {
    const std::string text = print(examine(files_of("migrate-old")));
    for (const char* secret :
         {"tunnel secret", "radius secret", "forward secret", "password of joe", "kPwn8", "abJngg"})
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
}

// A setting that this suite has not needs advice; one that it has with another default, a word on what follows.
TEST(Migrate, EverySettingOfTheOriginalHasAnAnswer) {
    for (const OldSetting& old : old_settings()) {
        const conf::ConfigKey* key = conf::find_key(old.name);
        if (key == nullptr) {
            EXPECT_FALSE(old.advice.empty()) << old.name;
            continue;
        }
        EXPECT_TRUE(old.advice.empty()) << old.name << " is there: the advice is out of date";
        conf::Settings before;
        if (!conf::set_value(before, *key, old.default_value)) continue;
        EXPECT_EQ(conf::is_default(before, *key), old.default_note.empty()) << old.name;
    }
}

TEST(Migrate, ADefaultThatDiffersMattersOnlyWhereItIsUsed) {
    const auto of = [](const std::string& text) {
        return needs_attention(examine({text, "joe:x\n", "10.0.0.0/24\n"}));
    };
    EXPECT_FALSE(of("set debug 1\n")) << "no RADIUS at all";
    EXPECT_TRUE(of("set radius_secret s\nset primary_radius 10.0.0.1\n"));
    EXPECT_FALSE(of("set radius_secret s\nset primary_radius 10.0.0.1\nset primary_radius_port 1645\n"));
    // The port of the secondary server was that of the primary one.
    EXPECT_TRUE(of("set radius_secret s\nset primary_radius 10.0.0.1\nset secondary_radius 10.0.0.2\n"
                   "set primary_radius_port 1812\n"));
    EXPECT_FALSE(of("set radius_secret s\nset primary_radius 10.0.0.1\nset secondary_radius 10.0.0.2\n"
                    "set primary_radius_port 1645\n"));
}

TEST(Migrate, WhatTheOriginalTookSilentlyForSomethingElseIsTold) {
    const auto findings = of_config("set radius_accounting on\nset icmp_rate 10x\nset bind_address 1.2.3\n");
    const Finding* f = at_line(findings, 2);
    ASSERT_NE(f, nullptr);
    EXPECT_NE(f->text.find("silently as false"), std::string::npos) << f->text;
    f = at_line(findings, 3);
    ASSERT_NE(f, nullptr);
    EXPECT_NE(f->text.find("silently as 10"), std::string::npos) << f->text;
    f = at_line(findings, 4);
    ASSERT_NE(f, nullptr);
    EXPECT_TRUE(f->attention);
}

TEST(Migrate, ASettingThatDoesNothingYetIsNotCalledKept) {
    for (const conf::ConfigKey& key : conf::config_keys()) {
        if (key.acts || conf::type_name(key) != "boolean") continue;
        const conf::Settings ours;
        const bool on = conf::value_text(ours, key) == "true";
        const auto findings = of_config("set " + std::string(key.name) + (on ? " no" : " yes") + "\n");
        const Finding* f = at_line(findings, 2);
        ASSERT_NE(f, nullptr);
        EXPECT_EQ(f->fate, Fate::ignored) << key.name;
        EXPECT_TRUE(f->attention) << key.name;
    }
}

TEST(Migrate, CommandsAreKnownByTheirFirstWords) {
    EXPECT_NE(find_old_command("router  bgp 1"), nullptr);
    EXPECT_NE(find_old_command("setforward 1 2 3 4"), nullptr);
    EXPECT_EQ(find_old_command("routers bgp"), nullptr);
    EXPECT_EQ(find_old_command("router ospf"), nullptr);
}

} // namespace
} // namespace lns::migrate
