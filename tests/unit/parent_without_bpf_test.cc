// SPDX-License-Identifier: ISC
// The parent as it is built where clang, bpftool or libbpf is missing (LNS_WITHOUT_BPF).
#include <gtest/gtest.h>

#include "l2tpnsd/fast_path.h"

namespace lns::parent {
namespace {

FastPath begin(conf::FastPath wanted) {
    FastPath::Setup setup;
    setup.wanted = wanted;
    setup.pins = "/nonexistent";
    return FastPath::begin(setup);
}

TEST(WithoutBpf, AFastPathThatIsAskedForIsOffAndSaysWhy) {
    for (const auto wanted : {conf::FastPath::tc, conf::FastPath::automatic}) {
        const FastPath fast = begin(wanted);
        EXPECT_FALSE(fast.on());
        EXPECT_TRUE(fast.maps().empty());
        EXPECT_EQ(fast.record().mode, shm::FastPathMode::off);
        EXPECT_NE(fast.record().why_off.view().find("built without"), std::string_view::npos);
    }
}

TEST(WithoutBpf, WhatIsDoneToItAnywayDoesNothing) {
    FastPath fast = begin(conf::FastPath::tc);
    fast.beat(Clock::now(), std::chrono::seconds(1));
    fast.leave(Clock::now(), std::chrono::seconds(1));
    fast.remove();
    EXPECT_FALSE(fast.on());
    EXPECT_FALSE(FastPathLink::attach(-1, FastHook::up, 1, ""));
    remove_fast_path_pins("/nonexistent");
}

} // namespace
} // namespace lns::parent
