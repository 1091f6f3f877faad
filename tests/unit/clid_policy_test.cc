// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "clid/admission.h"
#include "clid/login_policy.h"

namespace lns::clid {
namespace {

using namespace std::chrono_literals;
using Verdict = Admission::Verdict;

constexpr Ipv4 kStranger{0xc0000201}; // 192.0.2.1
constexpr Ipv4 kLocal{0x7f000001};
constexpr MonoTime kStart{1000h};

TEST(Admission, WithoutUsersFileOnlyLoopbackComesIn) {
    Admission door;
    EXPECT_EQ(door.enter(kStranger, false), Verdict::not_local);
    EXPECT_EQ(door.enter(Ipv4{0x7fabcdef}, false), Verdict::admitted);
    EXPECT_EQ(door.enter(Ipv4{0x80000001}, false), Verdict::not_local);
    EXPECT_EQ(door.enter(kStranger, true), Verdict::admitted);
    EXPECT_EQ(door.count(), 2U);
}

TEST(Admission, BoundsASourceAndForgetsItWhenItLeaves) {
    Admission door;
    for (unsigned i = 0; i < Admission::kMaxOfSource; ++i)
        EXPECT_EQ(door.enter(kStranger, true), Verdict::admitted);
    EXPECT_EQ(door.enter(kStranger, true), Verdict::too_many_of_source);
    EXPECT_EQ(door.enter(kLocal, true), Verdict::admitted);
    door.leave(kStranger);
    EXPECT_EQ(door.enter(kStranger, true), Verdict::admitted);
    EXPECT_EQ(door.count(), Admission::kMaxOfSource + 1);
}

TEST(Admission, KeepsRoomForLoopback) {
    Admission door;
    std::uint32_t source = kStranger.value;
    while (door.enter(Ipv4{++source}, true) == Verdict::admitted) {
    }
    EXPECT_EQ(door.count(), Admission::kMax - Admission::kKeptForLoopback);
    EXPECT_EQ(door.enter(Ipv4{++source}, true), Verdict::full);
    for (unsigned i = 0; i < Admission::kKeptForLoopback; ++i)
        EXPECT_EQ(door.enter(kLocal, true), Verdict::admitted);
    EXPECT_EQ(door.enter(kLocal, true), Verdict::full);
    door.leave(Ipv4{1}); // was never here
    EXPECT_EQ(door.count(), Admission::kMax);
}

TEST(LoginPolicy, EachFailureMakesTheSourceWaitLonger) {
    LoginPolicy policy;
    EXPECT_LE(policy.next_check(kStranger), kStart);
    MonoTime now = kStart;
    for (const auto wait : {1s, 2s, 4s, 8s, 8s, 8s}) {
        EXPECT_EQ(policy.failed(kStranger, now), now + wait);
        EXPECT_EQ(policy.next_check(kStranger), now + wait);
        now += wait;
    }
    EXPECT_LE(policy.next_check(kLocal), kStart) << "another source does not wait";
}

TEST(LoginPolicy, ASourceStartsAnewAfterALongPeace) {
    LoginPolicy policy;
    policy.failed(kStranger, kStart);
    policy.failed(kStranger, kStart + 1s);
    const MonoTime later = kStart + 1s + LoginPolicy::kForgetAfter + 1s;
    EXPECT_EQ(policy.failed(kStranger, later), later + 1s);
}

TEST(LoginPolicy, ManySourcesDoNotFillTheMemory) {
    LoginPolicy policy;
    for (std::uint32_t i = 1; i <= 5 * LoginPolicy::kMaxSources; ++i)
        policy.failed(Ipv4{i}, kStart + std::chrono::milliseconds(i));
    EXPECT_EQ(policy.sources(), LoginPolicy::kMaxSources);
    EXPECT_GT(policy.next_check(Ipv4{5 * LoginPolicy::kMaxSources}), kStart) << "the oldest one goes";
}

} // namespace
} // namespace lns::clid
