// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <set>

#include "l2tpnsd/routes.h"

namespace lns::parent {
namespace {

Ipv4 ip(const char* text) { return *parse_ipv4(text); }
Prefix4 prefix(const char* text) { return *parse_prefix4(text); }

TEST(RoutePolicy, Judges) {
    const RoutePolicy policy{{ip("10.90.0.1"), ip("192.0.2.53")}, {}};
    struct {
        const char* description;
        const char* address;
        unsigned length;
        bool allowed;
    } const rows[] = {
        {"a subscriber's address", "10.1.2.3", 32, true},
        {"a framed network", "10.1.2.0", 24, true},
        {"one bit wide", "128.0.0.0", 1, false}, // multicast is in it
        {"the default route", "0.0.0.0", 0, false},
        {"a length beyond 32", "10.1.2.3", 33, false},
        {"a length beyond a route's octet", "10.1.2.3", 255, false},
        {"host bits", "10.1.2.3", 24, false},
        {"network zero", "0.1.2.0", 24, false},
        {"loopback", "127.0.0.1", 32, false},
        {"what spans loopback", "126.0.0.0", 7, false},
        {"multicast", "224.0.0.5", 32, false},
        {"the broadcast address", "255.255.255.255", 32, false},
        {"our own address", "10.90.0.1", 32, false},
        {"what covers our own", "10.90.0.0", 16, false},
        {"beside our own", "10.90.0.2", 32, true},
        {"a RADIUS server", "192.0.2.53", 32, false},
    };
    for (const auto& row : rows)
        EXPECT_EQ(refuse_route(policy, ip(row.address), row.length) == nullptr, row.allowed) << row.description;
}

TEST(RoutePolicy, HoldsNetworksWithinFramedRouteAllow) {
    const RoutePolicy policy{{}, {prefix("10.1.0.0/16")}};
    EXPECT_EQ(refuse_route(policy, ip("10.1.2.0"), 24), nullptr);
    EXPECT_EQ(refuse_route(policy, ip("10.1.0.0"), 16), nullptr);
    EXPECT_NE(refuse_route(policy, ip("10.0.0.0"), 15), nullptr);
    EXPECT_NE(refuse_route(policy, ip("10.2.0.0"), 24), nullptr);
    EXPECT_EQ(refuse_route(policy, ip("172.16.0.9"), 32), nullptr) << "may be a subscriber's address";
}

struct Fixture {
    std::set<Prefix4> kernel;
    RoutePolicy policy{{ip("10.90.0.1")}, {}};
    Routes routes{{[this](Prefix4 p) -> Status<> {
                       if (!kernel.insert(p).second) return failure("exists");
                       return Done{};
                   },
                   [this](Prefix4 p) -> Status<> {
                       if (kernel.erase(p) == 0) return failure("no such");
                       return Done{};
                   }}};
    [[nodiscard]] bool has(const char* text) const { return kernel.contains(prefix(text)); }
};

TEST(Routes, AddsAndRemovesWhatSessiondAsks) {
    Fixture f;
    f.routes.add(f.policy, ip("10.1.2.3"), 32);
    EXPECT_TRUE(f.has("10.1.2.3/32"));
    f.routes.remove(ip("10.1.2.3"), 32);
    EXPECT_TRUE(f.kernel.empty());
    f.routes.remove(ip("10.1.2.3"), 32);
    f.routes.remove(ip("10.1.2.3"), 200);
    EXPECT_EQ(f.routes.size(), 0U);
}

TEST(Routes, RefusedOnesDoNotReachTheKernel) {
    Fixture f;
    f.routes.add(f.policy, ip("10.90.0.1"), 32);
    f.routes.add(f.policy, ip("0.0.0.0"), 0);
    EXPECT_TRUE(f.kernel.empty());
}

TEST(Routes, OneThatTwoSessionsAskedForStaysForTheSecond) {
    Fixture f;
    f.routes.add(f.policy, ip("10.1.2.0"), 24);
    f.routes.add(f.policy, ip("10.1.2.0"), 24);
    f.routes.remove(ip("10.1.2.0"), 24);
    EXPECT_TRUE(f.has("10.1.2.0/24"));
    f.routes.remove(ip("10.1.2.0"), 24);
    EXPECT_FALSE(f.has("10.1.2.0/24"));
}

TEST(Routes, PoolRoutesAreNotASessionsToRemove) {
    Fixture f;
    const std::vector pool{prefix("10.20.0.0/16")};
    f.routes.add_pool(pool);
    f.routes.add(f.policy, ip("10.20.0.0"), 16);
    f.routes.remove(ip("10.20.0.0"), 16);
    f.routes.remove(ip("10.20.0.0"), 16);
    EXPECT_TRUE(f.has("10.20.0.0/16"));
    f.routes.sync_begin();
    f.routes.sync_end();
    EXPECT_TRUE(f.has("10.20.0.0/16"));
}

TEST(Routes, ASuccessorOfSessiondKeepsWhatItNamesAndLosesTheRest) {
    Fixture f;
    f.routes.add(f.policy, ip("10.1.2.3"), 32);
    f.routes.add(f.policy, ip("10.1.2.4"), 32);
    f.routes.sync_begin();
    EXPECT_EQ(f.kernel.size(), 2U) << "nothing is interrupted meanwhile";
    f.routes.add(f.policy, ip("10.1.2.4"), 32);
    f.routes.sync_end();
    EXPECT_FALSE(f.has("10.1.2.3/32"));
    EXPECT_TRUE(f.has("10.1.2.4/32"));
    f.routes.remove(ip("10.1.2.4"), 32);
    EXPECT_TRUE(f.kernel.empty());
}

TEST(Routes, AnEndWithoutABeginRemovesNothing) {
    Fixture f;
    f.routes.add(f.policy, ip("10.1.2.3"), 32);
    f.routes.sync_end();
    EXPECT_TRUE(f.has("10.1.2.3/32"));
}

TEST(Routes, WhatTheKernelRefusesIsTriedAgain) {
    Fixture f;
    f.kernel.insert(prefix("10.1.2.3/32")); // somebody else's
    f.routes.add(f.policy, ip("10.1.2.3"), 32);
    EXPECT_EQ(f.routes.size(), 0U);
    f.kernel.clear();
    f.routes.add(f.policy, ip("10.1.2.3"), 32);
    EXPECT_TRUE(f.has("10.1.2.3/32"));
}

TEST(Routes, AreBounded) {
    Fixture f;
    f.policy.most = 2;
    for (const char* address : {"10.1.2.3", "10.1.2.4", "10.1.2.5"})
        f.routes.add(f.policy, ip(address), 32);
    EXPECT_EQ(f.kernel.size(), 2U);
    f.routes.remove(ip("10.1.2.3"), 32);
    f.routes.add(f.policy, ip("10.1.2.5"), 32);
    EXPECT_TRUE(f.has("10.1.2.5/32"));
}

TEST(Routes, OfAnotherPoolComeAtOnceAndThoseOfTheOldOneGoWhenSessionsAreProvidedFor) {
    Fixture f;
    f.routes.add_pool(std::vector{prefix("10.20.0.0/16"), prefix("10.30.0.0/24")});
    f.routes.add(f.policy, ip("10.40.0.7"), 32); // of a session outside the pool
    f.routes.replace_pool(std::vector{prefix("10.30.0.0/24"), prefix("10.40.0.0/24")});
    for (const char* route : {"10.20.0.0/16", "10.30.0.0/24", "10.40.0.0/24", "10.40.0.7/32"})
        EXPECT_TRUE(f.has(route)) << route;
    f.routes.sync_begin(); // sessiond: one session lives in the old pool, that of 10.40.0.7 is inside the new one
    f.routes.add(f.policy, ip("10.20.0.9"), 32);
    f.routes.sync_end();
    for (const char* route : {"10.20.0.9/32", "10.30.0.0/24", "10.40.0.0/24"})
        EXPECT_TRUE(f.has(route)) << route;
    EXPECT_EQ(f.kernel.size(), 3U);
}

TEST(Routes, RemovesAllAtTheEnd) {
    Fixture f;
    const std::vector pool{prefix("10.20.0.0/16"), prefix("10.30.0.1/32")};
    f.routes.add_pool(pool);
    f.routes.add(f.policy, ip("10.1.2.3"), 32);
    f.routes.remove_all();
    EXPECT_TRUE(f.kernel.empty());
    EXPECT_EQ(f.routes.size(), 0U);
}

} // namespace
} // namespace lns::parent
