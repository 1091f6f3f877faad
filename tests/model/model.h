// SPDX-License-Identifier: ISC
// What the model tests share: a world is made from a seed and lives for some steps; after each, its invariants are
// checked. LNS_TESTS_SEED=N runs the world of that seed alone, LNS_TESTS_LONG millions of steps, half of them in worlds
// never seen before. The short form is the same each time, so that a run without a fault stays one.
#pragma once

#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/rng.h"

namespace lns::model {

struct Plan {
    std::uint64_t seed;
    int steps;
};

// Many worlds, each young enough that its beginning is seen often.
inline std::vector<Plan> plans(int steps_short, int steps_long, int steps_a_world) {
    if (const char* seed = getenv("LNS_TESTS_SEED")) return {{strtoull(seed, nullptr, 0), steps_a_world}};
    const bool explore = getenv("LNS_TESTS_LONG") != nullptr;
    const int total = explore ? steps_long : steps_short;
    const auto first = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    std::vector<Plan> all;
    for (int at = 0; at < total; at += steps_a_world)
        all.push_back({explore && all.size() % 2 == 0 ? first + all.size() : all.size(), steps_a_world});
    return all;
}

// A model that gets nowhere shows nothing: how often something happened, over all worlds.
inline std::map<std::string, std::uint64_t>& happened() {
    static std::map<std::string, std::uint64_t> counts;
    return counts;
}

inline void expect_happened(std::initializer_list<const char*> what, std::uint64_t times) {
    if (getenv("LNS_TESTS_SEED") != nullptr || testing::Test::HasFailure()) return;
    for (const auto& [event, count] : happened())
        testing::Test::RecordProperty(event, std::to_string(count)); // for --gtest_output=xml:FILE
    for (const char* each : what)
        EXPECT_GE(happened()[each], times) << each << " seldom: the model has lost its way";
}

template <class World>
void run(const std::vector<Plan>& plans) {
    for (const Plan& plan : plans) {
        SCOPED_TRACE(testing::Message() << "LNS_TESTS_SEED=" << plan.seed);
        World world(plan.seed);
        for (int i = 0; i < plan.steps && !testing::Test::HasFailure(); ++i)
            world.step();
        world.end();
        if (testing::Test::HasFailure()) return;
    }
}

// One of so many, with weights that add up to a whole.
inline std::size_t choose(Rng& rng, std::initializer_list<unsigned> weights) {
    unsigned sum = 0;
    for (const unsigned w : weights)
        sum += w;
    std::uint32_t at = rng.below(sum);
    std::size_t i = 0;
    for (const unsigned w : weights) {
        if (at < w) return i;
        at -= w;
        ++i;
    }
    return i;
}

} // namespace lns::model
