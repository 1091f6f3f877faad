// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <unistd.h>

#include "l2tpnsd/process_memory.h"
#include "l2tpnsd/shared_tables.h"

namespace lns::parent {
namespace {

TEST(ProcessMemory, IsWhatIsResidentAndNotShared) {
    EXPECT_EQ(own_pages("8000 700 300 5 0 900 0\n"), 400U);
    EXPECT_EQ(own_pages("8000 300 301 5 0 900 0\n"), 0U);
    for (const char* wrong : {"", "8000", "8000 700", "8000 700 300", "8000 x 300 5", "-1 2 3 4"})
        EXPECT_FALSE(own_pages(wrong)) << wrong;
}

TEST(ProcessMemory, OfThisProcessGrowsWithWhatItTakes) {
    const auto before = memory_of(getpid());
    ASSERT_TRUE(before);
    constexpr std::size_t kTaken = 32U << 20;
    const std::vector<std::uint8_t> taken(kTaken, 1);
    EXPECT_GE(memory_of(getpid()).value_or(0) + taken[7], *before + kTaken / 2);
    EXPECT_FALSE(memory_of(-1));
}

TEST(TableMemory, IsOfWhatWasTouched) {
    const std::string rundir = "/run/lns-memory-test-" + std::to_string(getpid());
    conf::Config config;
    config.max_sessions = 1000000;
    config.datapath_workers = 2;
    auto tables = SharedTables::create(rundir, config, all_workers(2));
    ASSERT_TRUE(tables.ok()) << tables.error().message;
    const auto segment = [&](shm::TableId id) -> const shm::Segment& {
        return *std::ranges::find(tables->segments(), id, &shm::Segment::id);
    };
    auto map = shm::Mapping::map(segment(shm::TableId::memory).read_only.get(), shm::TableId::memory, false);
    ASSERT_TRUE(map.ok());
    const auto seen = map->reader<shm::TableMemory>();
    const auto of = [&](std::uint16_t table) {
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (const auto row = seen.get(i); row.table == table && row.records != 0) return row;
        return shm::TableMemory{};
    };
    constexpr auto kSessions = static_cast<std::uint16_t>(shm::TableId::sessions);
    tables->measure(12345);
    EXPECT_EQ(of(kSessions).records, shm::table_sizes(config).sessions);
    EXPECT_LT(of(kSessions).octets, 65536U); // a million records, of which none was touched
    EXPECT_EQ(of(shm::kFastPathMemory).octets, 12345U);
    {
        auto sessions = shm::Mapping::map(segment(shm::TableId::sessions).writable.get(), shm::TableId::sessions, true);
        ASSERT_TRUE(sessions.ok());
        auto writer = sessions->writer<shm::SessionRecord>();
        for (std::uint32_t i = 256; i < 512; ++i)
            writer.write(i, {});
    }
    tables->measure(0);
    EXPECT_GE(of(kSessions).octets, 256 * shm::RecordForm<shm::SessionRecord>::kNear * sizeof(std::uint32_t));
    EXPECT_LT(of(kSessions).octets, 2U << 20);
    EXPECT_EQ(of(shm::kFastPathMemory).records, 0U); // there are none any more
}

} // namespace
} // namespace lns::parent
