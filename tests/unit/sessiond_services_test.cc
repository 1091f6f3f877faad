// SPDX-License-Identifier: ISC
// Throttling, interception and filters: what is asked for, how long it lasts, and what datapathd reads of it.
#include "sessiond/services.h"

#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

using imsg::ServiceChange;

ServiceChange throttle(std::uint32_t in, std::uint32_t out) {
    ServiceChange change{};
    change.named = imsg::kNamedThrottleIn | imsg::kNamedThrottleOut;
    change.throttle_in = in;
    change.throttle_out = out;
    return change;
}

ServiceChange snoop(const char* address, std::uint16_t port) {
    ServiceChange change{};
    change.named = imsg::kNamedSnoop;
    change.snoop_address = *parse_ipv4(address);
    change.snoop_port = port;
    return change;
}

ServiceChange filters(const char* in, const char* out) {
    ServiceChange change{};
    change.named = imsg::kNamedFilterIn | imsg::kNamedFilterOut;
    change.filter_in.assign(in);
    change.filter_out.assign(out);
    return change;
}

ServiceChange only(ServiceChange change, std::uint32_t named) {
    change.named = named;
    return change;
}

ServiceChange as_configured(std::uint32_t named) { return only(ServiceChange{}, named | imsg::kAsConfigured); }

std::string apply(const ServiceChange& change, const conf::Config& config, Services& services) {
    const auto done = apply_change(change, config, "joe", services);
    return done ? *done : "refused: " + done.error().message;
}

TEST(ServiceChange, ADirectionThatIsNotNamedStaysAsItIs) {
    conf::Config config;
    config.throttle_speed = 28;
    Services services;
    EXPECT_EQ(apply(throttle(64, 128), config, services), "Throttling user joe");
    EXPECT_EQ(apply(only(throttle(32, 0), imsg::kNamedThrottleIn), config, services), "Throttling user joe");
    EXPECT_EQ(services.record.throttle_in, 32U);
    EXPECT_EQ(services.record.throttle_out, 128U);
    EXPECT_EQ(apply(throttle(0, 0), config, services), "Unthrottling user joe");
    EXPECT_FALSE(services.record.throttled());
    EXPECT_EQ(apply(throttle(0, 0), config, services), "refused: User joe is not throttled");
}

TEST(ServiceChange, WithoutARateItIsThrottleSpeedAndWithoutThatNobodyIsThrottled) {
    conf::Config config;
    Services services;
    const ServiceChange alone = as_configured(imsg::kNamedThrottleIn | imsg::kNamedThrottleOut);
    for (const ServiceChange& change : {alone, throttle(64, 64)})
        EXPECT_EQ(apply(change, config, services), "refused: Throttling is off: set throttle_speed first");
    EXPECT_FALSE(services.record.throttled());
    config.throttle_speed = 28;
    EXPECT_EQ(apply(alone, config, services), "Throttling user joe");
    EXPECT_EQ(services.record.throttle_in, 28U);
    EXPECT_EQ(services.record.throttle_out, 28U);
    config.throttle_speed = 0; // who is throttled can be let go
    EXPECT_EQ(apply(throttle(0, 0), config, services), "Unthrottling user joe");
}

TEST(ServiceChange, WithoutADestinationItIsThatOfTheSettings) {
    conf::Config config;
    Services services;
    const ServiceChange alone = as_configured(imsg::kNamedSnoop);
    EXPECT_EQ(apply(alone, config, services),
              "refused: Specify an IP address and a port: snoop_host and snoop_port are not set");
    config.snoop_host = *parse_ipv4("192.0.2.7");
    EXPECT_FALSE(apply_change(alone, config, "joe", services).ok());
    config.snoop_port = 9999;
    EXPECT_EQ(apply(alone, config, services), "Snooping user joe to 192.0.2.7:9999");
    EXPECT_EQ(apply(snoop("192.0.2.8", 9), config, services), "Snooping user joe to 192.0.2.8:9");
    EXPECT_EQ(to_string(services.record.snoop()), "192.0.2.8:9");
    EXPECT_EQ(apply(only(ServiceChange{}, imsg::kNamedSnoop), config, services), "Not snooping user joe");
    EXPECT_EQ(apply(only(ServiceChange{}, imsg::kNamedSnoop), config, services),
              "refused: User joe is not intercepted");
}

TEST(ServiceChange, FiltersComeAndGo) {
    Services services;
    EXPECT_EQ(apply(filters("web", "std1"), {}, services), "Filtering user joe");
    EXPECT_EQ(apply(only(filters("", "x"), imsg::kNamedFilterOut), {}, services), "Filtering user joe");
    EXPECT_EQ(services.filter_in.view(), "web");
    EXPECT_EQ(services.filter_out.view(), "x");
    EXPECT_EQ(apply(filters("", ""), {}, services), "Removing filters from user joe");
    EXPECT_EQ(apply(filters("", ""), {}, services), "refused: User joe is not filtered");
    EXPECT_EQ(apply(ServiceChange{}, {}, services), "refused: Nothing was asked for");
}

TEST(ServiceFlags, OneForEachServiceAndNoneForAPlainSession) {
    shm::ForwardRecord record;
    EXPECT_TRUE(record.is_plain());
    shm::SessionAaa aaa;
    EXPECT_EQ(service_flags({}, aaa, {}), 0);
    EXPECT_EQ(service_flags({{}, 0, 64, {}}, aaa, {}), shm::kThrottled);
    EXPECT_EQ(service_flags({{}, 0, 0, Ipv4{1}, 9}, aaa, {}), shm::kSnooped);
    conf::Config config;
    config.packet_limit = 10;
    EXPECT_EQ(service_flags({}, aaa, config), shm::kPacketLimited);
    aaa.filter_out.assign("web");
    record.flags = service_flags({}, aaa, {});
    EXPECT_EQ(record.flags, shm::kFiltered);
    EXPECT_TRUE(record.has(shm::kFiltered));
    EXPECT_FALSE(record.is_plain());
}

class ServicesTest : public testing::Test {
protected:
    ServicesTest() : joe_(&rig_.online(site_, "joe")), sid_(rig_.index_of(*joe_)) {}

    // What sessiond answers.
    std::string ask(SessionIndex session, const ServiceChange& change, std::uint32_t generation = 0) {
        const std::size_t before = rig_.results.size();
        rig_.cli().send(imsg::ChangeServices{7, raw(session), generation, change});
        if (!rig_.until([&] { return rig_.results.size() > before; })) return "no answer";
        return (rig_.results.back().failed != 0 ? "refused: " : "") + rig_.results.back().text.str();
    }
    shm::SessionServices services() {
        return rig_.table(shm::TableId::services).reader<shm::SessionServices>().get(raw(sid_));
    }
    std::uint16_t flags() { return rig_.forward(sid_).flags; }

    std::string not_active(SessionIndex session) {
        return "refused: Session " + std::to_string(raw(session)) + " is not active";
    }

    Rig rig_{{.config = [](conf::Config& config) { config.throttle_speed = 28; },
              .access_lists = "ip access-list extended web\nip access-list standard std1\n"}};
    LacSite& site_ = rig_.lac_up();
    Subscriber* joe_;
    SessionIndex sid_;
};

constexpr auto kAll = static_cast<std::uint16_t>(shm::kThrottled | shm::kSnooped | shm::kFiltered);

TEST_F(ServicesTest, AreBegunAndEndedOnTheFlyAndDatapathdIsTold) {
    EXPECT_EQ(flags(), 0);
    const auto hinted = [&] { return rig_.hints[0].size(); };
    const std::size_t before = hinted();
    EXPECT_EQ(ask(sid_, throttle(64, 128)), "Throttling user joe");
    EXPECT_EQ(ask(sid_, snoop("192.0.2.7", 9)), "Snooping user joe to 192.0.2.7:9");
    EXPECT_EQ(ask(sid_, filters("web", "")), "Filtering user joe");
    EXPECT_TRUE(rig_.until([&] { return hinted() >= before + 3; }));
    EXPECT_EQ(flags(), kAll);
    EXPECT_EQ(services().generation, rig_.session(sid_).generation);
    EXPECT_EQ(services().throttle_out, 128U);
    EXPECT_TRUE(rig_.logged("(joe): throttled to 64 kbit/s in, 128 kbit/s out; intercepted to 192.0.2.7:9; filtered in "
                            "by web"));
    EXPECT_EQ(ask(sid_, throttle(0, 0)), "Unthrottling user joe");
    EXPECT_EQ(ask(sid_, only({}, imsg::kNamedSnoop)), "Not snooping user joe");
    EXPECT_EQ(ask(sid_, filters("", "")), "Removing filters from user joe");
    EXPECT_TRUE(rig_.until([&] { return hinted() >= before + 6; }));
    EXPECT_EQ(flags(), 0);
    EXPECT_TRUE(rig_.forward(sid_).is_plain());
}

TEST_F(ServicesTest, OnlyOfTheSessionThatIsMeant) {
    const auto generation = raw(rig_.session(sid_).generation);
    EXPECT_EQ(ask(sid_, throttle(64, 64), generation + 1), not_active(sid_));
    EXPECT_EQ(ask(SessionIndex{300}, throttle(64, 64)), not_active(SessionIndex{300}));
    EXPECT_EQ(ask(SessionIndex{UINT32_MAX}, throttle(64, 64)), not_active(SessionIndex{UINT32_MAX}));
    EXPECT_EQ(flags(), 0);
    EXPECT_EQ(ask(sid_, throttle(64, 64), generation), "Throttling user joe");
}

TEST_F(ServicesTest, CopiesAreNotSentToASubscriber) {
    EXPECT_EQ(ask(sid_, snoop("10.9.0.5", 9)), "refused: Copies cannot be sent to a subscriber's address");
    EXPECT_EQ(flags(), 0);
}

TEST_F(ServicesTest, OutliveSessiondAndABoot) {
    ask(sid_, throttle(64, 128));
    ask(sid_, snoop("192.0.2.7", 9));
    ask(sid_, filters("web", "std1"));
    rig_.restart();
    EXPECT_EQ(flags(), kAll);
    EXPECT_EQ(services().throttle_in, 64U);
    rig_.new_boot(rig_.save_state());
    ASSERT_TRUE(rig_.until([&] { return rig_.forward(sid_).state == shm::ForwardState::active; }));
    EXPECT_EQ(flags(), kAll);
    EXPECT_EQ(to_string(services().snoop()), "192.0.2.7:9");
    const auto aaa = rig_.table(shm::TableId::session_aaa).reader<shm::SessionAaa>().get(raw(sid_));
    EXPECT_EQ(aaa.filter_in.view(), "web");
    EXPECT_EQ(aaa.filter_out.view(), "std1");
}

TEST_F(ServicesTest, OutliveAModemThatReboots) {
    rig_.verdict = [](imsg::AuthReply& reply) { reply.filter_out.assign("std1"); };
    const auto log_in_again = [&] {
        const std::size_t asked = rig_.asked.size();
        Rig::reboot(*joe_, "joe");
        ASSERT_TRUE(rig_.until([&] {
            return rig_.asked.size() > asked && joe_->open() && rig_.forward(sid_).state == shm::ForwardState::active;
        }));
    };
    const auto filters_are = [&](const char* in, const char* out) {
        const auto aaa = rig_.table(shm::TableId::session_aaa).reader<shm::SessionAaa>().get(raw(sid_));
        EXPECT_EQ(aaa.filter_in.view(), in);
        EXPECT_EQ(aaa.filter_out.view(), out);
    };
    ask(sid_, throttle(64, 128));
    ask(sid_, snoop("192.0.2.7", 9));
    ask(sid_, only(filters("web", ""), imsg::kNamedFilterIn));
    log_in_again();
    EXPECT_EQ(flags(), kAll);
    EXPECT_EQ(services().throttle_out, 128U);
    EXPECT_EQ(to_string(services().snoop()), "192.0.2.7:9");
    filters_are("web", "std1");
    EXPECT_EQ(ask(sid_, filters("", "")), "Removing filters from user joe");
    log_in_again();
    filters_are("", "");
    rig_.restart();
    log_in_again();
    filters_are("", "");
    EXPECT_EQ(flags(), shm::kThrottled | shm::kSnooped);
    const SessionIndex next = rig_.index_of(rig_.online(site_, "ann"));
    EXPECT_EQ(rig_.forward(next).flags, shm::kFiltered) << "an order is for one session";
}

TEST_F(ServicesTest, HaveTheBurstOfTheirRate) {
    ask(sid_, throttle(64, 1000));
    EXPECT_EQ(services().burst_in, 563) << "three packets of 1500 octets";
    EXPECT_EQ(services().burst_out, 250);
    ask(sid_, only(throttle(0, 0), imsg::kNamedThrottleIn));
    EXPECT_EQ(services().burst_in, 0);
    rig_.change_config([](conf::Config& config) { config.throttle_burst = 2000; });
    EXPECT_TRUE(rig_.until([&] { return services().burst_out == 2000; })) << "at once";
    EXPECT_EQ(services().burst_in, 0);
}

TEST_F(ServicesTest, OutliveADeathInFrontOfAnyChange) {
    for (int nth = 1; nth <= 4; ++nth) {
        rig_.crash_at({nth});
        rig_.cli().send(imsg::ChangeServices{7, raw(sid_), 0, filters(nth % 2 == 0 ? "" : "web", "")});
        rig_.until([&] { return rig_.crashed(); }, std::chrono::seconds(5));
        rig_.crash_at({});
        ASSERT_TRUE(rig_.until([&] { return rig_.forward(sid_).state == shm::ForwardState::active; }));
        const auto aaa = rig_.table(shm::TableId::session_aaa).reader<shm::SessionAaa>().get(raw(sid_));
        const bool filtered = rig_.session(sid_).has_aaa && !aaa.filter_in.empty();
        EXPECT_EQ(flags() == shm::kFiltered, filtered) << nth;
    }
}

TEST_F(ServicesTest, AFilterNeedsItsList) {
    EXPECT_EQ(ask(sid_, filters("nosuch", "")), "refused: Access-list nosuch not defined");
    EXPECT_EQ(ask(sid_, filters("", "nosuch")), "refused: Access-list nosuch not defined");
    EXPECT_EQ(flags(), 0);
    rig_.verdict = [](imsg::AuthReply& reply) { reply.filter_in.assign("nosuch"); };
    const Subscriber& ann = rig_.online(site_, "ann");
    EXPECT_TRUE(rig_.logged("there is no access list nosuch: ann is not filtered by it"));
    EXPECT_EQ(rig_.forward(rig_.index_of(ann)).flags, shm::kFiltered) << "a list that is made later acts at once";
}

TEST(Services, OfAnEarlierUseOfTheSlotAreNotThoseOfTheNext) {
    Rig rig;
    auto table = rig.table(shm::TableId::services).writer<shm::SessionServices>();
    for (std::uint32_t slot = 1; slot < table.size(); ++slot)
        table.write(slot, {Generation{0x12345678}, 64, 64, Ipv4{1}, 9});
    LacSite& site = rig.lac_up();
    const SessionIndex sid = rig.index_of(rig.online(site, "joe"));
    EXPECT_TRUE(rig.forward(sid).is_plain());
    rig.cli().send(imsg::ChangeServices{7, raw(sid), 0, throttle(0, 0)});
    ASSERT_TRUE(rig.until([&] { return !rig.results.empty(); }));
    EXPECT_EQ(rig.results.back().text.view(), "User joe is not throttled");
}

} // namespace
} // namespace lns::sessiond
