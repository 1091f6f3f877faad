// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "tests/unit/sessiond_rig.h"

namespace lns::sessiond {
namespace {

void set_drain(Rig& rig, bool on) {
    const std::size_t before = rig.results.size();
    rig.cli().send(imsg::SetDrain{1, on});
    ASSERT_TRUE(rig.until([&] { return rig.results.size() > before; }));
    EXPECT_EQ(rig.results.back().failed, 0U);
}

TEST(Drain, NewCallsAreSentToAnotherLnsAndOldOnesGoOn) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    set_drain(rig, true);
    const Subscriber& ann = rig.dial(site, "ann");
    ASSERT_TRUE(rig.until([&] { return ann.leg().ended; }));
    EXPECT_EQ(ann.leg().result, 2U);
    EXPECT_EQ(ann.leg().error, 7U);
    EXPECT_TRUE(joe.open());
    EXPECT_EQ(rig.count(Counter::drained), 1U);
    set_drain(rig, false);
    EXPECT_TRUE(rig.online(site, "ann").open());
}

TEST(Drain, NewTunnelsAreRefused) {
    Rig rig;
    set_drain(rig, true);
    LacSite& site = rig.lac();
    ASSERT_TRUE(rig.until([&] { return site.lac->stopped; }));
    EXPECT_EQ(site.lac->stop_result, 6U);
    EXPECT_EQ(rig.tunnels_in_use(), 0U);
    EXPECT_GE(rig.count(Counter::drained), 1U);
    set_drain(rig, false);
    EXPECT_NE(raw(rig.lac_up().lac->lns()), 0U);
}

TEST(Drain, OutlivesACrash) {
    Rig rig;
    LacSite& site = rig.lac_up();
    const Subscriber& joe = rig.online(site, "joe");
    set_drain(rig, true);
    rig.restart();
    const Subscriber& ann = rig.dial(site, "ann");
    ASSERT_TRUE(rig.until([&] { return ann.leg().ended; }));
    EXPECT_EQ(ann.leg().error, 7U);
    EXPECT_TRUE(joe.open());
}

TEST(MessageCounters, CountEachTypeBothWays) {
    Rig rig;
    LacSite& site = rig.lac_up();
    rig.online(site, "joe");
    const auto of = [&](const char* name) -> std::uint64_t {
        for (std::size_t i = 0; i < kCounters; ++i)
            if (counter_text(i).name == name) return rig.worker().counters().get(i);
        ADD_FAILURE() << name;
        return 0;
    };
    for (const char* name :
         {"received_SCCRQ", "sent_SCCRP", "received_SCCCN", "received_ICRQ", "sent_ICRP", "received_ICCN"})
        EXPECT_EQ(of(name), 1U) << name;
    EXPECT_EQ(of("received_CDN"), 0U);
}

} // namespace
} // namespace lns::sessiond
