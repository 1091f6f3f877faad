// SPDX-License-Identifier: ISC
// Our core and a client of another make over a path that loses, doubles and reorders frames.
#include <map>

#include "tests/unit/ppp_client.h"

namespace lns::ppp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct PathQuality {
    std::uint32_t loss = 0;    // percent
    std::uint32_t doubled = 0; // percent
    std::uint32_t jitter = 1;  // milliseconds; more than a frame's distance reorders
};

class Scene {
public:
    Scene(std::uint64_t seed, PathQuality path, Client::Wishes wishes)
        : lns(seed), client(std::move(wishes)), rng_(seed + 77), path_(path) {
        client.send = [this](const Octets& f) { post(f, true); };
    }

    Lns lns;
    Client client;
    bool good_password = true;

    // Until both are open and nothing is on its way, or the session has ended. False: neither, in an hour.
    bool run() {
        const MonoTime end = lns.now + std::chrono::hours(1);
        lns.start();
        send_new();
        while (lns.now < end) {
            if (lns.finished || (client.open() && lns.s.phase == Phase::open && on_the_way_.empty())) return true;
            step();
        }
        return false;
    }

private:
    void step() {
        MonoTime next = std::min(client.deadline(), next_deadline(lns.s));
        if (!on_the_way_.empty()) next = std::min(next, on_the_way_.begin()->first);
        if (answer_at_ != MonoTime{}) next = std::min(next, answer_at_);
        lns.now = std::max(lns.now, next);
        client.tick(lns.now);
        deliver();
        if (answer_at_ != MonoTime{} && lns.now >= answer_at_) {
            answer_at_ = {};
            if (good_password)
                lns.accept("hello");
            else
                lns.refuse("no");
        }
        lns.tick();
        send_new();
        if (lns.asked.size() > answered_) { // AAA takes its time
            answered_ = lns.asked.size();
            answer_at_ = lns.now + milliseconds(1 + rng_.below(5000));
        }
    }
    void deliver() {
        while (!on_the_way_.empty() && on_the_way_.begin()->first <= lns.now) {
            const auto [upstream, octets] = on_the_way_.begin()->second;
            on_the_way_.erase(on_the_way_.begin());
            if (upstream)
                lns.receive_octets(octets);
            else
                client.receive(octets);
            send_new();
        }
    }
    void send_new() {
        for (const Octets& f : lns.frames)
            post(f, false);
        lns.clear();
    }
    void post(const Octets& f, bool upstream) {
        if (rng_.below(100) < path_.loss) return;
        const int copies = rng_.below(100) < path_.doubled ? 2 : 1;
        for (int i = 0; i < copies; ++i)
            on_the_way_.emplace(lns.now + milliseconds(1 + rng_.below(path_.jitter)), std::pair(upstream, f));
    }

    SeededRng rng_;
    PathQuality path_;
    std::multimap<MonoTime, std::pair<bool, Octets>> on_the_way_;
    std::size_t answered_ = 0;
    MonoTime answer_at_{};
};

TEST(PppHandshake, ComesUpOverACleanPathWithEveryKindOfClient) {
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap})
        for (const bool first : {true, false})
            for (const Octets& options :
                 {Octets{}, join({option(1, {5, 0xd4}), option(2, be32(0)), option(7), option(8)}),
                  join({option(17, {5, 0xdc}), option(19, {1, 'x'}), option(13, {6})})}) {
                Scene scene(1, {}, {method, options, first});
                ASSERT_TRUE(scene.run());
                EXPECT_FALSE(scene.lns.finished);
                EXPECT_EQ(scene.client.address(), scene.lns.parameters.peer_address.value);
                EXPECT_EQ(scene.lns.asked.size(), 1U);
                EXPECT_EQ(scene.lns.ups, 1);
                EXPECT_EQ(scene.lns.downs, 0);
            }
}

TEST(PppHandshake, ComesUpOrEndsWithAReasonOverABadPath) {
    const PathQuality paths[] = {{5, 5, 20}, {20, 20, 50}, {0, 60, 400}, {40, 0, 1}, {10, 10, 4000}};
    int runs = 0;
    int up = 0;
    for (const PathQuality& path : paths)
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            SCOPED_TRACE(testing::Message() << "seed " << seed << " loss " << path.loss << " jitter " << path.jitter);
            const AuthMethod method = seed % 2 == 0 ? AuthMethod::pap : AuthMethod::chap;
            Scene scene(seed, path, {method, {}, seed % 4 < 2});
            ASSERT_TRUE(scene.run()) << "neither up nor ended";
            ++runs;
            if (scene.lns.finished) continue;
            ++up;
            EXPECT_EQ(scene.client.address(), scene.lns.parameters.peer_address.value);
            EXPECT_EQ(scene.lns.ups, scene.lns.downs + 1);
        }
    EXPECT_GT(up, runs * 9 / 10);
}

TEST(PppHandshake, AWrongPasswordIsToldToTheClient) {
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap}) {
        Scene scene(3, {}, {method, {}, true});
        scene.good_password = false;
        ASSERT_TRUE(scene.run());
        EXPECT_EQ(scene.lns.finished, Reason::auth_failed);
        EXPECT_TRUE(scene.client.nak_seen);
        EXPECT_TRUE(scene.client.terminated);
        EXPECT_EQ(scene.lns.ups, 0);
    }
}

TEST(PppHandshake, AWrongPasswordNeverComesUpOverABadPath) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Scene scene(seed, {20, 20, 100}, {seed % 2 == 0 ? AuthMethod::pap : AuthMethod::chap, {}, true});
        scene.good_password = false;
        ASSERT_TRUE(scene.run());
        EXPECT_TRUE(scene.lns.finished);
        EXPECT_EQ(scene.lns.ups, 0);
    }
}

TEST(PppHandshake, ADeadPathEndsWithNoReply) {
    Scene scene(1, {100, 0, 1}, {AuthMethod::pap, {}, true});
    ASSERT_TRUE(scene.run());
    EXPECT_EQ(scene.lns.finished, Reason::no_reply);
}

} // namespace
} // namespace lns::ppp
