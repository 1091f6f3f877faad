// SPDX-License-Identifier: ISC
// tests/golden/N-KIND-slug.in against .ok: the diagnostics, exactly, and what the parser made of the rest.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lib/conf/ip_pool.h"
#include "lib/conf/key_manual.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/subscribers.h"
#include "lib/conf/users.h"
#include "tests/unit/golden.h"

namespace lns::conf {
namespace {

namespace fs = std::filesystem;

const std::string kTop = LNS_TOP_SRCDIR;

std::string joined(const Diagnostics& diagnostics) {
    std::string text;
    for (const std::string& line : diagnostics.lines())
        text += line + "\n";
    return text + "--\n";
}

std::string startup_config(const std::string& text) {
    const StartupConfig parsed = parse_startup_config(text, "startup-config");
    return joined(parsed.diagnostics) + print(parsed.settings);
}

std::string ip_pool(const std::string& text) {
    const IpPool pool = parse_ip_pool(text, "ip_pool");
    std::string out = joined(pool.diagnostics);
    for (const Prefix4& prefix : pool.plan.prefixes())
        out += to_string(prefix) + "\n";
    return out + std::to_string(pool.plan.size()) + " addresses\n";
}

std::string subscribers(const std::string& text) {
    const SubscribersFile file = parse_subscribers(text, "subscribers");
    std::string out = joined(file.diagnostics);
    for (const auto& [name, subscriber] : file.subscribers) {
        out += name + " [" + std::string(subscriber.password.reveal()) + "]";
        if (subscriber.address) out += " " + to_string(*subscriber.address);
        for (const Prefix4& route : subscriber.routes)
            out += " route " + to_string(route);
        out += "\n";
    }
    return out;
}

std::string users(const std::string& text) {
    const UsersFile file = parse_users(text, "users");
    return joined(file.diagnostics) + std::to_string(file.users.size()) + " users" +
           (file.users.has_enable() ? " and enable\n" : "\n");
}

const std::map<std::string, std::string (*)(const std::string&)> kKinds{
    {"startup-config", startup_config}, {"ip_pool", ip_pool}, {"subscribers", subscribers}, {"users", users}};

// The files of a kind: "12-ip_pool-overlap.in".
std::vector<fs::path> inputs(const std::string& kind) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(kTop + "/tests/golden")) {
        const std::string name = entry.path().filename();
        const auto slug = name.substr(name.find('-') + 1);
        if (entry.path().extension() == ".in" && slug.starts_with(kind + "-")) found.push_back(entry.path());
    }
    return found;
}

TEST(Golden, EveryInputGivesItsExpectedText) {
    for (const auto& [kind, read] : kKinds) {
        const auto files = inputs(kind);
        EXPECT_FALSE(files.empty()) << kind;
        for (fs::path file : files) {
            const std::string actual = read(golden::read(file));
            golden::expect(file.replace_extension(".ok"), actual);
        }
    }
}

// ---- What is shipped ----

TEST(Examples, ParseWithoutErrors) {
    const std::string etc = kTop + "/etc/";
    for (const auto& [name, diagnostics] :
         {std::pair{"startup-config",
                    parse_startup_config(golden::read(etc + "startup-config"), "startup-config").diagnostics},
          std::pair{"ip_pool", parse_ip_pool(golden::read(etc + "ip_pool"), "ip_pool").diagnostics},
          std::pair{"subscribers", parse_subscribers(golden::read(etc + "subscribers"), "subscribers").diagnostics},
          std::pair{"users.example", parse_users(golden::read(etc + "users.example"), "users").diagnostics}})
        EXPECT_FALSE(diagnostics.has_errors()) << name << ": " << diagnostics.lines()[0];
}

// The commented-out lines are meant to be used: they must be right as well.
TEST(Examples, CommentedSettingsAreRightToo) {
    std::string text = golden::read(kTop + "/etc/startup-config");
    for (std::size_t at = 0; (at = text.find("#set ", at)) != std::string::npos;)
        text.erase(at, 1);
    const StartupConfig parsed = parse_startup_config(text, "startup-config");
    EXPECT_TRUE(parsed.diagnostics.list().empty()) << parsed.diagnostics.lines()[0];
    EXPECT_GT(changed_keys(parsed.settings, Settings{}).size(), 5U);
}

TEST(Examples, StartWithoutRadiusButRefuseLacsWithoutAuthentication) {
    const Settings s = parse_startup_config(golden::read(kTop + "/etc/startup-config"), "f").settings;
    EXPECT_EQ(auth_source(s.config), AuthSource::local);
    EXPECT_EQ(s.config.primary_radius_port, 1812);
    EXPECT_TRUE(s.config.l2tp_require_auth);
    EXPECT_EQ(s.config.debug, 3U);
}

TEST(Manual, StartupConfigListsTheKeysAsTheyAre) {
    const std::string path = kTop + "/man/startup-config.5";
    const std::string page = golden::read(path);
    const auto begin = page.find(kKeysBegin);
    const auto end = page.find(kKeysEnd);
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    const auto list = begin + kKeysBegin.size();
    golden::expect(path, page.substr(0, list) + manual_keys() + page.substr(end));
}

} // namespace
} // namespace lns::conf
