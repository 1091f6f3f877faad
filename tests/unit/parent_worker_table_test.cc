// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <set>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/worker_table.h"

namespace lns::parent {
namespace {

bool grants(const WorkerRow& row, shm::TableId table, Access access) {
    for (const TableGrant& grant : row.tables)
        if (grant.table == table && grant.access == access) return true;
    return false;
}

TEST(WorkerTable, HasARowForEachWorker) {
    for (const Proc proc : {Proc::session, Proc::datapath, Proc::radius, Proc::cli})
        EXPECT_NE(find_row(proc), nullptr) << proc_name(proc);
    EXPECT_EQ(find_row(Proc::parent), nullptr);
    EXPECT_EQ(find_row(Proc::cli_child), nullptr);
}

TEST(WorkerTable, EveryRowHasUserUidOfTheDynamicRangeAndItsOwnCounters) {
    std::set<std::uint32_t> uids;
    std::set<std::string_view> users;
    for (const WorkerRow& row : worker_rows()) {
        EXPECT_TRUE(row.user.starts_with("_l2tpns-"));
        EXPECT_GE(row.fallback_uid, 61184U);
        EXPECT_LE(row.fallback_uid, 65519U);
        EXPECT_TRUE(uids.insert(row.fallback_uid).second);
        EXPECT_TRUE(users.insert(row.user).second);
        EXPECT_TRUE(grants(row, shm::TableId::process_counters, Access::write)) << row.program();
        EXPECT_TRUE(grants(row, shm::TableId::config, Access::read)) << row.program();
    }
}

TEST(WorkerTable, NobodyButTheParentWritesConfigAndProcesses) {
    for (const WorkerRow& row : worker_rows()) {
        EXPECT_FALSE(grants(row, shm::TableId::config, Access::write));
        EXPECT_FALSE(grants(row, shm::TableId::processes, Access::write));
    }
}

TEST(WorkerTable, GivesEachSecretToOneWorker) {
    for (const auto secret : {imsg::SecretKind::l2tp, imsg::SecretKind::radius, imsg::SecretKind::control}) {
        int holders = 0;
        for (const WorkerRow& row : worker_rows())
            for (const auto held : row.secrets)
                holders += held == secret ? 1 : 0;
        EXPECT_EQ(holders, 1);
    }
}

TEST(WorkerTable, CountsDatapathsAsConfigured) {
    const auto workers = all_workers(3);
    ASSERT_EQ(workers.size(), 6U);
    EXPECT_EQ(workers[0], (WorkerId{Proc::session, 0}));
    EXPECT_EQ(workers[3], (WorkerId{Proc::datapath, 2}));
}

TEST(WorkerTable, ConnectsThoseThatTalk) {
    EXPECT_TRUE(are_peers(Proc::session, Proc::datapath));
    EXPECT_TRUE(are_peers(Proc::radius, Proc::session));
    EXPECT_TRUE(are_peers(Proc::cli, Proc::session));
    EXPECT_FALSE(are_peers(Proc::cli, Proc::radius));
    EXPECT_FALSE(are_peers(Proc::datapath, Proc::datapath));
    EXPECT_FALSE(are_peers(Proc::parent, Proc::session));
}

TEST(Accounts, NoWorkerIsRoot) {
    const Accounts accounts(0);
    for (const WorkerRow& row : worker_rows()) {
        EXPECT_NE(accounts.of(row.proc).uid, 0U);
        EXPECT_NE(accounts.of(row.proc).gid, 0U);
    }
}

TEST(Accounts, SetuidGivesOneUidButLeavesEachItsGroup) {
    const Accounts accounts(4711);
    std::set<std::uint32_t> groups;
    for (const WorkerRow& row : worker_rows()) {
        EXPECT_EQ(accounts.of(row.proc).uid, 4711U);
        EXPECT_TRUE(groups.insert(accounts.of(row.proc).gid).second);
    }
}

} // namespace
} // namespace lns::parent
