// SPDX-License-Identifier: ISC
// Those who are answered without a record, and how much of that there may be.
#include <gtest/gtest.h>

#include <set>

#include "sessiond/applicants.h"

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kNow{1h};
constexpr Endpoint kLac{Ipv4{0x0a000001}, 1701};

Applicant applicant(Endpoint peer, std::uint16_t id, MonoTime since = kNow) {
    Applicant a;
    a.peer = peer;
    a.half_open.tunnel = TunnelId{id};
    a.since = since;
    return a;
}

TEST(Applicants, AreFoundOnceByAddressPortAndIdUntilTheirPatienceEnds) {
    SeededRng rng(1);
    Applicants all(rng);
    EXPECT_FALSE(all.take(kLac, TunnelId{7}, kNow));
    all.keep(applicant(kLac, 7));
    all.keep(applicant(kLac, 8));
    EXPECT_FALSE(all.take({kLac.address, 1702}, TunnelId{7}, kNow));
    EXPECT_FALSE(all.take({Ipv4{0x0a000002}, 1701}, TunnelId{7}, kNow));
    EXPECT_FALSE(all.take(kLac, TunnelId{9}, kNow));
    ASSERT_TRUE(all.take(kLac, TunnelId{7}, kNow + Applicants::kPatience));
    EXPECT_FALSE(all.take(kLac, TunnelId{7}, kNow));
    EXPECT_FALSE(all.take(kLac, TunnelId{8}, kNow + Applicants::kPatience + 1s));
}

TEST(Applicants, OfAFloodAsManyLastAsThereArePlaces) {
    SeededRng rng(1);
    Applicants all(rng);
    const auto flooder = [](std::uint32_t i) {
        return Endpoint{Ipv4{0xc6120000 + i}, static_cast<std::uint16_t>(1024 + i % 999)};
    };
    all.keep(applicant(kLac, 7));
    for (std::uint32_t i = 0; i < Applicants::kMost / 4; ++i) // a quarter of a second of 100,000 a second
        all.keep(applicant(flooder(i), static_cast<std::uint16_t>(1 + i % 65535), kNow + std::chrono::microseconds(i)));
    EXPECT_TRUE(all.take(kLac, TunnelId{7}, kNow + 1s));
    std::size_t there = 0;
    for (std::uint32_t i = 0; i < Applicants::kMost / 4; ++i)
        if (all.take(flooder(i), TunnelId{static_cast<std::uint16_t>(1 + i % 65535)}, kNow + 1s)) ++there;
    EXPECT_GT(there, Applicants::kMost / 4 * 99 / 100);
}

TEST(Applicants, TheOldestGivesWay) {
    SeededRng rng(1);
    Applicants all(rng);
    all.keep(applicant(kLac, 7));
    for (std::uint32_t i = 0; i < 20 * Applicants::kMost; ++i)
        all.keep(applicant({Ipv4{i}, 1701}, 1, kNow + 1s));
    EXPECT_FALSE(all.take(kLac, TunnelId{7}, kNow + 1s));
}

TEST(Applicants, NumbersAreTheSameForTheSameRequestAndUnlikeAnyOther) {
    SeededRng rng(1);
    const Applicants all(rng);
    const std::array<std::uint8_t, 3> octets{1, 2, 3};
    const std::array<std::uint8_t, 3> others{1, 2, 4};
    const imsg::Datagram sccrq{kLac, {}, octets};
    const auto first = [&](const imsg::Datagram& d, MonoTime now) { return all.numbers(d, now).u64(); };
    const std::uint64_t number = first(sccrq, kNow);
    EXPECT_EQ(first(sccrq, kNow + 1s), number);
    std::set<std::uint64_t> different{number};
    different.insert(first({{kLac.address, 1702}, {}, octets}, kNow));
    different.insert(first({{Ipv4{0x0a000002}, 1701}, {}, octets}, kNow));
    different.insert(first({kLac, {}, others}, kNow));
    different.insert(first(sccrq, kNow + 60s)); // what was overheard is of no use later
    different.insert(Applicants(rng).numbers(sccrq, kNow).u64());
    EXPECT_EQ(different.size(), 6U);
    Applicants::Numbers stream = all.numbers(sccrq, kNow);
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 100; ++i)
        drawn.insert(stream.u64());
    EXPECT_EQ(drawn.size(), 100U);
}

class CrowdTest : public testing::Test {
protected:
    static imsg::Datagram sccrq(std::uint32_t from, Bytes octets) {
        return {{Ipv4{0xc6120000 + from}, static_cast<std::uint16_t>(1024 + from % 999)}, {}, octets};
    }
    // So many others ask, a hundred a millisecond.
    void others(std::uint32_t n) {
        for (std::uint32_t i = 0; i < n; ++i) {
            if (i % 100 == 0) now += 1ms;
            heard += crowd.lets_in(sccrq(next++, octets), now) ? 1 : 0;
        }
    }
    Crowd crowd{1};
    MonoTime now = kNow;
    std::uint32_t next = 1;
    std::uint32_t heard = 0;
    std::array<std::uint8_t, 61> octets{1, 2, 3};
    std::array<std::uint8_t, 61> more{1, 2, 3, 4};
};

TEST_F(CrowdTest, AsManyAsLacsCanBeAreAllHeard) {
    for (int second = 0; second < 5; ++second) {
        others(Crowd::kCrowded);
        now += 1s;
    }
    EXPECT_EQ(heard, 5 * Crowd::kCrowded);
}

TEST_F(CrowdTest, OfMoreOnlyThoseAreHeardWhoAskAgain) {
    others(100'000);
    EXPECT_EQ(heard, Crowd::kCrowded);
    int lacs = 0;
    for (std::uint32_t i = 0; i < 50;
         ++i) { // they come one after the other, and are heard at the second, third ... time
        const imsg::Datagram lac{{Ipv4{0x0a000001 + i}, 1701}, {}, octets};
        ASSERT_FALSE(crowd.lets_in(lac, now));
        EXPECT_FALSE(crowd.lets_in(lac, now + 1ms)) << "a copy";
        for (const std::uint32_t wait : {100'000U, 200'000U}) { // 1 s, 2 s
            others(wait);
            if (!crowd.lets_in(lac, now)) continue;
            ++lacs;
            EXPECT_TRUE(crowd.lets_in(lac, now + 1s)) << "again, since the answer may be lost";
            EXPECT_FALSE(crowd.lets_in({lac.peer, {}, more}, now)) << "another SCCRQ";
            break;
        }
    }
    EXPECT_GE(lacs, 18);
    EXPECT_LE(heard, Crowd::kCrowded + 10);
    now += 10s;
    EXPECT_TRUE(crowd.lets_in(sccrq(next, octets), now)) << "it is over";
}

TEST(AnswerBudget, NoMoreOctetsLeaveThanCame) {
    AnswerBudget budget(1);
    EXPECT_FALSE(budget.spend(kLac.address, AnswerBudget::kFirstCredit + 1, kNow));
    std::size_t came = AnswerBudget::kFirstCredit;
    std::size_t left = 0;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        budget.came(60);
        came += 60;
        if (budget.spend(Ipv4{i}, 70, kNow + std::chrono::microseconds(10 * i))) left += 70;
        ASSERT_LE(left, came);
    }
    EXPECT_GT(left, came * 9 / 10);
}

TEST(AnswerBudget, NobodyIsAnsweredMoreThanSoOftenASecond) {
    AnswerBudget budget(1);
    const auto answers = [&](MonoTime now) {
        int n = 0;
        for (int i = 0; i < 1000; ++i) {
            budget.came(100);
            n += budget.spend(kLac.address, 100, now) ? 1 : 0;
        }
        return n;
    };
    EXPECT_EQ(answers(kNow), AnswerBudget::kAnswersASecond);
    EXPECT_EQ(answers(kNow + 900ms), 0);
    EXPECT_EQ(answers(kNow + 1s), AnswerBudget::kAnswersASecond);
}

TEST(AnswerBudget, AFloodFromManyAddressesLeavesRoomForAnother) {
    AnswerBudget budget(1);
    SeededRng rng(1);
    for (int i = 0; i < 100'000; ++i) {
        budget.came(100);
        budget.spend(Ipv4{0xc6120000 | rng.below(1 << 17)}, 60, kNow);
    }
    EXPECT_TRUE(budget.spend(kLac.address, 60, kNow));
}

} // namespace
} // namespace lns::sessiond
