// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "l2tpnsd/configuration.h"
#include "l2tpnsd/reload.h"

namespace lns::parent {
namespace {

class ConfigDirectory : public testing::Test {
protected:
    ConfigDirectory() {
        char name[] = "/tmp/lns-conf-XXXXXX";
        path_ = mkdtemp(&name[0]);
    }
    ~ConfigDirectory() override { std::filesystem::remove_all(path_); }
    void put(const char* name, const std::string& text) const {
        std::ofstream(path_ + "/" + name) << text;
        std::filesystem::permissions(path_ + "/" + name, std::filesystem::perms(0600));
    }
    void open_to_others(const char* name) const {
        std::filesystem::permissions(path_ + "/" + name, std::filesystem::perms(0644));
    }
    [[nodiscard]] Configuration read() const { return read_configuration(path_); }
    // Whether a complaint has that text at its end.
    static bool complains(const Configuration& configuration, const std::string& text) {
        return std::ranges::any_of(configuration.complaints,
                                   [&](const std::string& c) { return c.find(text) != std::string::npos; });
    }
    std::string path_;
};

TEST_F(ConfigDirectory, NeedsAStartupConfig) {
    const Configuration configuration = read();
    EXPECT_TRUE(configuration.has_errors);
    EXPECT_TRUE(complains(configuration, path_ + "/startup-config: No such file"));
}

TEST_F(ConfigDirectory, IsFineWithStartupConfigAndPool) {
    put("startup-config", "set bind_address 10.90.0.1\nset primary_radius 10.0.0.1\nset radius_secret x\n");
    put("ip_pool", "10.20.0.0/16\n10.30.0.1\n");
    const Configuration configuration = read();
    EXPECT_FALSE(configuration.has_errors);
    EXPECT_TRUE(configuration.complaints.empty()) << configuration.complaints[0];
    EXPECT_EQ(configuration.pool.prefixes().size(), 2U);
    EXPECT_FALSE(configuration.users_present);
}

TEST_F(ConfigDirectory, CollectsTheErrorsOfAllFiles) {
    put("startup-config", "set bind_address 300.0.0.1\nset nonsense 1\n");
    put("ip_pool", "10.20.0.0/99\n");
    put("users", "no colon here\n");
    put("subscribers", "joe\n");
    const Configuration configuration = read();
    EXPECT_TRUE(configuration.has_errors);
    for (const char* where :
         {"startup-config:1: ", "startup-config:2: ", "ip_pool:1: ", "users:1: ", "subscribers:1: "})
        EXPECT_TRUE(complains(configuration, where)) << where;
}

TEST_F(ConfigDirectory, WarnsOfAMissingPoolAndOfMissingSubscribersWhereTheyAreUsed) {
    put("startup-config", "set bind_address 10.90.0.1\n");
    const Configuration configuration = read();
    EXPECT_FALSE(configuration.has_errors);
    EXPECT_TRUE(complains(configuration, "ip_pool: warning: "));
    EXPECT_TRUE(complains(configuration, "subscribers: warning: "));
}

Configuration with(const std::function<void(conf::Config&)>& change) {
    Configuration configuration;
    change(configuration.settings.config);
    return configuration;
}

const Machine kMachine{"lns1", *parse_ipv4("192.0.2.7"), 4};

TEST(ResolvedConfig, ServesOnTheMachinesPrimaryAddressWithoutABindAddress) {
    const auto config = resolve(Configuration{}, kMachine, 0);
    ASSERT_TRUE(config);
    EXPECT_FALSE(config->bind_address.is_set());
    EXPECT_EQ(to_string(config->iftun_address), "192.0.2.7");
    EXPECT_EQ(to_string(config->peer_address), "192.0.2.7");
}

TEST(ResolvedConfig, NeedsAnAddressFromSomewhere) {
    EXPECT_FALSE(resolve(Configuration{}, Machine{"lns1", {}, 1}, 0));
    EXPECT_TRUE(resolve(with([](auto& c) { c.bind_address = Ipv4{0x0a5a0001}; }), Machine{"lns1", {}, 1}, 0));
    EXPECT_TRUE(resolve(with([](auto& c) { c.iftun_address = Ipv4{0x0a5a0001}; }), Machine{"lns1", {}, 1}, 0));
}

TEST(ResolvedConfig, PrefersTheAddressesThatAreSet) {
    const auto config = resolve(with([](auto& c) {
                                    c.bind_address = Ipv4{0x0a5a0001};
                                    c.iftun_address = Ipv4{0x0a5b0001};
                                    c.peer_address = Ipv4{0x0a5c0001};
                                }),
                                kMachine, 0);
    ASSERT_TRUE(config);
    EXPECT_EQ(to_string(config->bind_address), "10.90.0.1");
    EXPECT_EQ(to_string(config->iftun_address), "10.91.0.1");
    EXPECT_EQ(to_string(config->peer_address), "10.92.0.1");
}

TEST(ResolvedConfig, TakesAHostNameAndADatapathdForEachCore) {
    const auto config = resolve(Configuration{}, kMachine, 0);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->hostname.view(), "lns1");
    EXPECT_EQ(config->datapath_workers, 4U);
    const auto large = resolve(Configuration{}, Machine{"x", *parse_ipv4("192.0.2.7"), 128}, 0);
    ASSERT_TRUE(large);
    EXPECT_EQ(large->datapath_workers, 16U);
}

TEST(ResolvedConfig, OpensTheCliToLoopbackOnlyWithoutUsers) {
    Configuration configuration = with([](auto& c) { c.cli_bind_address = Ipv4{0x0a5a0001}; });
    auto config = resolve(configuration, kMachine, 0);
    ASSERT_TRUE(config);
    EXPECT_EQ(to_string(config->cli_bind_address), "127.0.0.1");
    EXPECT_FALSE(config->users_file_present);
    configuration.users_present = true;
    config = resolve(configuration, kMachine, 0);
    ASSERT_TRUE(config);
    EXPECT_EQ(to_string(config->cli_bind_address), "10.90.0.1");
    EXPECT_TRUE(config->users_file_present);
}

TEST(ResolvedConfig, OpensTheControlPortToLoopbackOnlyWithoutASecret) {
    Configuration configuration = with([](auto& c) { c.control_bind_address = Ipv4{0x0a5a0001}; });
    EXPECT_EQ(to_string(resolve(configuration, kMachine, 0)->control_bind_address), "127.0.0.1");
    configuration.settings.secrets.control_secret = Secret("s");
    EXPECT_EQ(to_string(resolve(configuration, kMachine, 0)->control_bind_address), "10.90.0.1");
}

TEST(ResolvedConfig, OptionVRaisesDebugUpToFive) {
    EXPECT_EQ(resolve(Configuration{}, kMachine, 2)->debug, 2U);
    EXPECT_EQ(resolve(with([](auto& c) { c.debug = 4; }), kMachine, 3)->debug, 5U);
}

TEST(ResolvedConfig, TheTunsMtuLeavesRoomForTheHeaders) { EXPECT_EQ(tun_mtu(conf::Config{}), 1462U); }

TEST(ResolvedConfig, AllowedRoutesAreThePrefixesOfTheKey) {
    conf::Config config;
    EXPECT_TRUE(allowed_routes(config).empty());
    config.framed_route_allow.assign(std::string_view("10.0.0.0/8, 192.168.0.0/16"));
    const auto prefixes = allowed_routes(config);
    ASSERT_EQ(prefixes.size(), 2U);
    EXPECT_EQ(to_string(prefixes[1]), "192.168.0.0/16");
}

TEST(Reload, TakesLiveKeysAndKeepsThoseThatNeedARestart) {
    conf::Settings running;
    conf::Settings wanted;
    wanted.config.debug = 3;
    wanted.config.max_sessions = 1000;
    wanted.config.l2tp_mtu = 1400;
    wanted.secrets.radius_secret = Secret("new");
    const ReloadPlan plan = plan_reload(running, wanted);
    EXPECT_EQ(plan.settings.config.debug, 3U);
    EXPECT_EQ(plan.settings.config.l2tp_mtu, 1400);
    EXPECT_EQ(plan.settings.secrets.radius_secret.reveal(), "new");
    EXPECT_EQ(plan.settings.config.max_sessions, running.config.max_sessions);
    EXPECT_EQ(plan.changed.size(), 4U);
}

TEST(Reload, OfTheSameSettingsChangesNothing) {
    EXPECT_TRUE(plan_reload(conf::Settings{}, conf::Settings{}).changed.empty());
}

TEST(Reload, KeepsEveryRestartKeyWhateverItsType) {
    conf::Settings running;
    running.config.bind_address = Ipv4{0x0a5a0001};
    running.config.tundevicename.assign(std::string_view("tun7"));
    conf::Settings wanted;
    const ReloadPlan plan = plan_reload(running, wanted);
    EXPECT_EQ(plan.settings.config.bind_address, running.config.bind_address);
    EXPECT_EQ(plan.settings.config.tundevicename.view(), "tun7");
}

TEST_F(ConfigDirectory, WarnsWhenOthersCanReadPasswords) {
    put("startup-config", "set radius_secret x\n");
    put("ip_pool", "10.20.0.1\n");
    put("users", "joe:plain\n");
    put("subscribers", "jane:secret\n");
    for (const char* name : {"startup-config", "users", "subscribers"}) {
        EXPECT_FALSE(complains(read(), std::string(name) + ": warning: others can read it")) << name;
        open_to_others(name);
        EXPECT_TRUE(complains(read(), std::string(name) + ": warning: others can read it")) << name;
    }
    put("users", "joe:$1$SALTsalt$hifm0I8GITr7jiZWB9NEN0\n");
    open_to_others("users");
    EXPECT_FALSE(complains(read(), "users: warning"));
    EXPECT_FALSE(read().has_errors);
}

TEST_F(ConfigDirectory, KeepsTheTextsThatWereChecked) {
    put("startup-config", "");
    put("ip_pool", "10.20.0.1\n");
    put("users", "joe:plain\n");
    const Configuration configuration = read();
    ASSERT_NE(find_file(configuration, imsg::FileKind::users), nullptr);
    EXPECT_EQ(find_file(configuration, imsg::FileKind::users)->reveal(), "joe:plain\n");
    EXPECT_EQ(find_file(configuration, imsg::FileKind::ip_pool)->reveal(), "10.20.0.1\n");
    EXPECT_EQ(find_file(configuration, imsg::FileKind::subscribers), nullptr);
}

} // namespace
} // namespace lns::parent
