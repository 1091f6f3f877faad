// SPDX-License-Identifier: ISC
// Accounting: the order of records, and the spool on disk.
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "radiusd-client/acct_queue.h"
#include "tests/unit/radius_spool.h"

namespace lns::radius_client {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;

const MonoTime kStart{1000s};

std::vector<RecordId> drain(AcctQueue& queue, MonoTime now = kStart) {
    std::vector<RecordId> out;
    while (const auto id = queue.next(now))
        out.push_back(*id);
    return out;
}

TEST(AcctQueue, SendsOldestFirstAndASessionOneByOne) {
    AcctQueue queue;
    queue.add(1, 100, false);
    queue.add(2, 100, false);
    queue.add(3, 200, false);
    EXPECT_EQ(drain(queue), (std::vector<RecordId>{1, 3}));
    queue.acknowledged(3);
    EXPECT_TRUE(drain(queue).empty()); // the Stop waits for its Start
    queue.acknowledged(1);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{2});
    queue.acknowledged(2);
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_EQ(queue.under_way(), 0U);
}

TEST(AcctQueue, NobodyOvertakesWhileNoServerAnswers) {
    AcctQueue queue;
    for (RecordId id = 1; id <= 50; ++id)
        queue.add(id, static_cast<std::uint64_t>(id), false);
    EXPECT_EQ(drain(queue).size(), AcctQueue::kFirstWindow);
    for (RecordId id = 1; id <= static_cast<RecordId>(AcctQueue::kFirstWindow); ++id)
        queue.failed(id, false, kStart);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{1}); // one at a time from now on
    queue.acknowledged(1);
    EXPECT_EQ(drain(queue), (std::vector<RecordId>{2, 3})); // and more with each success
}

TEST(AcctQueue, WindowIsBounded) {
    AcctQueue queue;
    for (RecordId id = 1; id <= 2000; ++id)
        queue.add(id, static_cast<std::uint64_t>(id), false);
    std::size_t most = 0;
    for (auto batch = drain(queue); !batch.empty(); batch = drain(queue)) {
        most = std::max(most, batch.size());
        for (const RecordId id : batch)
            queue.acknowledged(id);
    }
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_LE(most, AcctQueue::kMostWindow);
    EXPECT_GT(most, AcctQueue::kFirstWindow);
}

TEST(AcctQueue, ARecordThatAliveServersRefuseHoldsNobodyUp) {
    AcctQueue queue;
    queue.add(1, 100, false);
    queue.add(2, 100, false);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{1});
    queue.failed(1, true, kStart);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{2}); // the Start was given up for now
    queue.acknowledged(2);
    EXPECT_TRUE(drain(queue, kStart + 59s).empty());
    EXPECT_EQ(drain(queue, kStart + 60s), std::vector<RecordId>{1}); // but never for ever
    queue.failed(1, true, kStart + 60s);
    EXPECT_EQ(queue.next_due(), kStart + 180s);
    EXPECT_EQ(drain(queue, kStart + 180s), std::vector<RecordId>{1});
}

TEST(AcctQueue, AccountingOnAndOffKeepTheirPlace) {
    AcctQueue queue;
    queue.add(1, 100, false);
    queue.add(2, 7, true);
    queue.add(3, 200, false);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{1});
    queue.acknowledged(1);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{2});
    EXPECT_TRUE(drain(queue).empty());
    queue.acknowledged(2);
    EXPECT_EQ(drain(queue), std::vector<RecordId>{3});
}

TEST(Spool, KeepsRecordsInOrderAndKnowsARepeatedOne) {
    const Directory directory;
    auto spool = Spool::open(directory.spool());
    ASSERT_TRUE(spool.ok()) << spool.error().message;
    EXPECT_TRUE(add(*spool, record(5, 100)).empty());
    EXPECT_TRUE(add(*spool, record(9, 0xffffffffffffffff, AcctKind::stop)).empty());
    EXPECT_EQ(add(*spool, record(10, 100)), std::set<RecordId>{10}); // asked again: kept once
    const auto all = spool->load(0, 100);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, 5);
    EXPECT_EQ(all[0].attributes, record(5, 100).attributes);
    EXPECT_EQ(all[1].acct_session_id, 0xffffffffffffffff);
    EXPECT_EQ(all[1].kind, AcctKind::stop);
    EXPECT_EQ(spool->load(5, 100).size(), 1U);
    EXPECT_EQ(spool->load(0, 1).size(), 1U);
    std::set<RecordId> known;
    EXPECT_TRUE(spool->commit({}, std::vector<RecordId>{5}, known));
    EXPECT_EQ(spool->count(), 1U);
}

TEST(Spool, RemembersServersAcrossRestarts) {
    const Directory directory;
    const Endpoint server{Ipv4{0x0a000001}, 1645};
    {
        auto spool = Spool::open(directory.spool());
        ASSERT_TRUE(spool.ok());
        EXPECT_TRUE(spool->message_authenticators().empty());
        spool->remember_message_authenticator(server);
    }
    auto spool = Spool::open(directory.spool());
    ASSERT_TRUE(spool.ok());
    EXPECT_TRUE(spool->message_authenticators().contains(server));
}

TEST(Spool, SurvivesAKillRightAfterTheCommit) {
    const Directory directory;
    const pid_t child = fork();
    if (child == 0) {
        auto spool = Spool::open(directory.spool());
        if (!spool.ok()) _exit(1);
        add(*spool, record(1, 100));
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto spool = Spool::open(directory.spool());
    ASSERT_TRUE(spool.ok()) << spool.error().message;
    EXPECT_EQ(spool->count(), 1U);
    EXPECT_EQ(spool->last_id(), 1);
}

TEST(Spool, SetsAsideAFileThatIsNoSpool) {
    const Directory directory;
    std::ofstream(directory.spool()) << std::string(5000, 'x');
    auto spool = Spool::open(directory.spool());
    ASSERT_TRUE(spool.ok()) << spool.error().message;
    EXPECT_TRUE(add(*spool, record(1, 100)).empty());
    EXPECT_TRUE(std::filesystem::exists(directory.spool() + ".bad"));
}

TEST(Spool, SaysWhyItCannotBeOpened) { EXPECT_FALSE(Spool::open("/nonexistent/directory/spool.db").ok()); }

} // namespace
} // namespace lns::radius_client
