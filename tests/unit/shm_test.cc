// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include "shm/counters.h"
#include "shm/segment.h"
#include "shm/user_hashes.h"

namespace lns::shm {
namespace {

constexpr TableSizes kSizes{9, 2048, 1000};

std::string rundir() { return "/shm-test/" + std::to_string(getpid()); }

struct Cleanup {
    ~Cleanup() { remove_all_segments(rundir()); }
};

TEST(Segment, IsSharedByDescriptorAndReadOnlyWhereItShouldBe) {
    const Cleanup cleanup;
    auto made = create_segment(rundir(), TableId::sessions, 0, kSizes);
    ASSERT_TRUE(made.ok()) << made.error().message;
    auto writer_map = Mapping::map(made->writable.get(), TableId::sessions, true);
    auto reader_map = Mapping::map(made->read_only.get(), TableId::sessions, false);
    ASSERT_TRUE(writer_map.ok()) << writer_map.error().message;
    ASSERT_TRUE(reader_map.ok()) << reader_map.error().message;
    EXPECT_FALSE(Mapping::map(made->read_only.get(), TableId::sessions, true).ok());
    EXPECT_FALSE(Mapping::map(made->read_only.get(), TableId::tunnels, false).ok());
    auto writer = writer_map->writer<SessionRecord>();
    const auto reader = reader_map->reader<SessionRecord>();
    ASSERT_EQ(reader.size(), 2048U);
    SessionRecord record;
    record.user = "joe";
    writer.write(5, record);
    EXPECT_EQ(reader.get(5).user.view(), "joe");
    EXPECT_EQ(reader.get(4096).user.view(), "");
    EXPECT_EQ(reader.version(5), 1U);
}

TEST(Segment, CanBeMadeReadOnlyForAChild) {
    const Cleanup cleanup;
    auto made = create_segment(rundir(), TableId::process_counters, 0, kSizes);
    ASSERT_TRUE(made.ok());
    auto map = Mapping::map(made->writable.get(), TableId::process_counters, true);
    ASSERT_TRUE(map.ok());
    map->view<std::uint64_t>()[3] = 7;
    EXPECT_FALSE(Mapping().make_read_only());
    ASSERT_TRUE(map->make_read_only());
    EXPECT_EQ(map->view<std::uint64_t>()[3], 7U);
    EXPECT_DEATH(map->view<std::uint64_t>()[3] = 8, "");
}

TEST(Segment, RefusesAForgedOrCutSegment) {
    const Cleanup cleanup;
    auto made = create_segment(rundir(), TableId::forward, 0, kSizes);
    ASSERT_TRUE(made.ok());
    ASSERT_EQ(ftruncate(made->writable.get(), 8192), 0);
    EXPECT_FALSE(Mapping::map(made->read_only.get(), TableId::forward, false).ok());
    ASSERT_EQ(ftruncate(made->writable.get(), 100), 0);
    EXPECT_FALSE(Mapping::map(made->read_only.get(), TableId::forward, false).ok());
}

SessionRecord of_user(std::string_view name) {
    SessionRecord record;
    record.user = name;
    return record;
}

constexpr std::size_t kRecords = 3;
constexpr std::size_t kFarCells = kRecords + 1; // behind the second slot

// What a write leaves when the process is killed in it: only so many of its stores were made.
enum class KilledAfter { first_half_of_second_slot, publishing, half_of_own_slot };
void write_and_die(std::vector<TwoSlot<SessionRecord>>& cells, std::size_t index, std::string_view name,
                   KilledAfter when) {
    const auto own = cells[index];
    const auto far = cells[kFarCells + index];
    TwoSlotWriter<SessionRecord>(std::span(cells)).write(index, of_user(name));
    const auto written = cells[index].slot;
    cells[index] = own;
    cells[kFarCells + index] = far;
    if (when == KilledAfter::first_half_of_second_slot) {
        std::ranges::fill(std::span(cells[kRecords].slot).subspan(written.size() / 2), 0xdeadbeef);
        std::ranges::fill(cells.back().slot, 0xdeadbeef);
        return;
    }
    cells[index].commit = own.commit + 1;
    if (when == KilledAfter::half_of_own_slot)
        std::copy_n(written.begin(), written.size() / 2, cells[index].slot.begin());
}

void expect_whole_after_a_kill(std::string_view before, std::string_view after, KilledAfter when) {
    const bool published = when != KilledAfter::first_half_of_second_slot;
    auto cells = make_cells<SessionRecord>(kRecords);
    TwoSlotWriter<SessionRecord>(std::span(cells)).write(1, of_user(before));
    write_and_die(cells, 1, after, when);
    const TwoSlotReader<SessionRecord> reader{std::span<const TwoSlot<SessionRecord>>(cells)};
    const std::string_view expected = published ? after : before;
    EXPECT_EQ(reader.get(1).user.view(), expected);
    EXPECT_EQ(reader.get(1, &SessionRecord::user).view(), expected);
    EXPECT_EQ(reader.version(1), published ? 2U : 1U);
    TwoSlotWriter<SessionRecord> next{std::span(cells)};
    EXPECT_EQ(reader.get(1).user.view(), expected);
    EXPECT_EQ(reader.version(1), published ? 2U : 1U);
    next.write(2, of_user("another")); // takes the second slot
    EXPECT_EQ(reader.get(1).user.view(), expected);
    EXPECT_EQ(reader.get(2).user.view(), "another");
    EXPECT_EQ(reader.get(0).user.view(), "");
}

TEST(TwoSlot, ARecordIsWhollyOldOrNewWheneverTheWriterIsKilled) {
    const std::string long_name(SessionRecord{}.user.kCapacity, 'n');
    const std::string another_long_name(long_name.size(), 'a');
    for (const auto when :
         {KilledAfter::first_half_of_second_slot, KilledAfter::publishing, KilledAfter::half_of_own_slot}) {
        expect_whole_after_a_kill("old", "new", when);
        expect_whole_after_a_kill("old", long_name, when);
        expect_whole_after_a_kill(long_name, "new", when);
        expect_whole_after_a_kill(long_name, another_long_name, when);
    }
}

TEST(TwoSlot, TextsOfAPackedRecordMayBeAsLongAsTheyAre) {
    auto cells = make_cells<SessionRecord>(2);
    TwoSlotWriter<SessionRecord> table{std::span(cells)};
    for (const std::size_t user : {0U, 1U, 30U, 85U, 86U, 87U, 90U, 125U, 126U})
        for (const std::size_t called : {0U, 3U, 62U}) {
            SessionRecord record = of_user(std::string(user, 'u'));
            record.calling = std::string(called / 2, 'i');
            record.called = std::string(called, 'd');
            record.tunnel = TunnelIndex{77};
            record.core.octets.back() = 9;
            table.write(1, record);
            const SessionRecord read = table.get(1);
            EXPECT_EQ(memcmp(&read, &record, sizeof read), 0) << user << " " << called;
            EXPECT_EQ(table.get(1, &SessionRecord::user), record.user);
            EXPECT_EQ(table.get(1, &SessionRecord::called), record.called);
            EXPECT_EQ(table.get(1, &SessionRecord::tunnel), TunnelIndex{77});
        }
    table.write(0, of_user("joe"));
    EXPECT_EQ(table.get(0).user.view(), "joe");
    EXPECT_EQ(table.get(1).user.view().size(), 126U);
}

TEST(TwoSlot, WhatIsLongTakesMemoryOfTheLongOnly) {
    auto cells = make_cells<SessionAaa>(2);
    TwoSlotWriter<SessionAaa> table{std::span(cells)};
    SessionAaa aaa;
    aaa.classes = std::string(90, 'c');
    table.write(0, aaa);
    const auto untouched = [](const TwoSlot<SessionAaa>& cell) {
        return cell.commit == 0 && std::ranges::all_of(cell.slot, [](std::uint32_t word) { return word == 0; });
    };
    EXPECT_TRUE(std::ranges::all_of(std::span(cells).subspan(3), untouched));
    EXPECT_EQ(table.get(0, &SessionAaa::classes).view(), std::string(90, 'c'));
    aaa.classes = std::string(514, 'c');
    aaa.filter_out = "out";
    table.write(0, aaa);
    EXPECT_FALSE(std::ranges::all_of(std::span(cells).subspan(3), untouched));
    EXPECT_EQ(table.get(0, &SessionAaa::filter_out).view(), "out");
    EXPECT_EQ(table.get(0).classes.view(), std::string(514, 'c'));
}

TEST(TwoSlot, ASmallCellLiesInOneCacheLine) {
    EXPECT_EQ(kCacheLine % sizeof(TwoSlot<SessionServices>), 0U);
    EXPECT_EQ(alignof(TwoSlot<ForwardRecord>), kCacheLine);
    EXPECT_EQ(make_cells<ForwardRecord>(7).size(), 8U);
}

TEST(TwoSlot, AReaderNeverSeesAMixture) {
    auto cells = make_cells<SessionCounters>(2);
    TwoSlotWriter<SessionCounters> writer{std::span(cells)};
    const TwoSlotReader<SessionCounters> reader{std::span<const TwoSlot<SessionCounters>>(cells)};
    std::atomic<bool> stop = false;
    std::thread thread([&] {
        for (std::uint64_t i = 1; !stop; ++i) {
            writer.write(0, {i, i, i, i, i, i, i, i});
            writer.write(1, {0, 1, 2, 3, 4, 5, 6, 7}); // in the same second slot
        }
    });
    bool mixed = false;
    std::uint64_t last = 0;
    for (int i = 0; i < 200000; ++i) {
        const SessionCounters c = reader.get(0);
        mixed = mixed || c.up_packets != c.last_down || c.up_octets != c.down_octets || c.up_packets < last;
        last = c.up_packets;
    }
    stop = true;
    thread.join();
    EXPECT_FALSE(mixed);
}

TEST(Locator, FindsSlotsByMaskedIdsAndNothingElse) {
    std::vector<std::uint32_t> words(Locator::words(9));
    LocatorWriter locator(words, 9);
    locator.set_tunnel(TunnelId{4242}, TunnelIndex{3});
    locator.set_mask(TunnelIndex{3}, 0xa5a5);
    locator.set_block(TunnelIndex{3}, 1, 7);
    EXPECT_EQ(locator.tunnel(TunnelId{4242}), TunnelIndex{3});
    EXPECT_EQ(locator.tunnel(TunnelId{4243}), TunnelIndex::none);
    EXPECT_EQ(locator.session(TunnelIndex{3}, SessionId{0x0105 ^ 0xa5a5}), SessionIndex{7 * 256 + 5});
    EXPECT_EQ(locator.session(TunnelIndex{3}, SessionId{0x0205 ^ 0xa5a5}), SessionIndex::none);
    EXPECT_EQ(locator.session(TunnelIndex{0}, SessionId{1}), SessionIndex::none);
    EXPECT_EQ(locator.session(TunnelIndex{9999}, SessionId{1}), SessionIndex::none);
}

TEST(Locator, LeadsBackFromASlotToTheIdsOnTheWire) {
    std::vector<std::uint32_t> words(Locator::words(9, 16));
    LocatorWriter locator(words, 9);
    EXPECT_FALSE(locator.wire_ids(SessionIndex{7 * 256 + 5}));
    locator.set_tunnel(TunnelId{4242}, TunnelIndex{3});
    locator.set_mask(TunnelIndex{3}, 0xa5a5);
    locator.set_block(TunnelIndex{3}, 1, 7);
    const auto ids = locator.wire_ids(SessionIndex{7 * 256 + 5});
    ASSERT_TRUE(ids);
    EXPECT_EQ(ids->tunnel, TunnelIndex{3});
    EXPECT_EQ(ids->tunnel_id, TunnelId{4242});
    EXPECT_EQ(ids->session_id, SessionId{0x0105 ^ 0xa5a5});
    locator.set_tunnel(TunnelId{4242}, TunnelIndex::none); // the tunnel went, and with it the id
    EXPECT_FALSE(locator.wire_ids(SessionIndex{7 * 256 + 5}));
    locator.set_tunnel(TunnelId{4243}, TunnelIndex{3});
    EXPECT_EQ(locator.wire_ids(SessionIndex{7 * 256 + 5})->tunnel_id, TunnelId{4243});
    locator.set_block(TunnelIndex{3}, 1, 0); // the block is nobody's
    EXPECT_FALSE(locator.wire_ids(SessionIndex{7 * 256 + 5}));
    locator.set_tunnel(TunnelId{99}, TunnelIndex{4});
    locator.set_block(TunnelIndex{4}, 255, 7); // another's
    EXPECT_EQ(locator.wire_ids(SessionIndex{7 * 256})->session_id, SessionId{0xff00});
    EXPECT_FALSE(locator.wire_ids(SessionIndex{5})); // block 0 is never given away
    EXPECT_FALSE(locator.wire_ids(SessionIndex{999999}));
}

TEST(Counters, IgnoreAnIndexOutOfRange) {
    std::array<std::uint64_t, 2> words{};
    CounterWords counters(words);
    counters.add(1);
    counters.add(1, 4);
    counters.add(7);
    EXPECT_EQ(counters.get(1), 5U);
    EXPECT_EQ(counters.get(7), 0U);
}

TEST(UserHashes, AreNobodysOnlyForNoName) {
    EXPECT_EQ(UserHashes::of(""), 0U);
    EXPECT_EQ(UserHashes::of("a"), 0xe40c292cU); // as published for FNV-1a
    EXPECT_NE(UserHashes::of("joe"), UserHashes::of("joe@isp"));
}

TEST(UserHashes, NothingIsReadOrWrittenBehindTheTable) {
    std::array<std::uint32_t, 2> words{};
    UserHashWriter hashes{std::span(words).first(1)};
    hashes.set(0, 5);
    hashes.set(1, 6);
    EXPECT_EQ(hashes.get(0), 5U);
    EXPECT_EQ(hashes.get(1), 0U);
    EXPECT_EQ(words[1], 0U);
}

TEST(Tables, HaveRoomForEverySessionOnEveryTunnel) {
    EXPECT_EQ(session_slots(65535, 1024), (256U + 1024 + 1) * 256);
    EXPECT_NE(layout_of_all_tables(), 0U);
}

TEST(Tables, HaveRoomForThoseThatLingerHoweverFewTheTunnelsAre) {
    EXPECT_EQ(session_slots(65535, 16), (256U + 256 + 1) * 256);
    EXPECT_EQ(session_slots(1000000, 16), (3907U + kLingeringBlocks + 1) * 256);
    EXPECT_EQ(session_slots(1000, 16), (4U + 16 + 1) * 256);
}

} // namespace
} // namespace lns::shm
