// SPDX-License-Identifier: ISC
#include "datapathd/write_ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "lib/base/fd.h"

namespace lns::datapath {
namespace {

struct Results final : TunResults {
    std::vector<std::pair<SessionIndex, bool>> seen;
    void written(const TunPacket& packet, bool taken) override { seen.emplace_back(packet.session, taken); }
};

// A socket that keeps packets apart stands for the device.
struct WriteRingTest : ::testing::Test {
    UniqueFd device;
    UniqueFd far_end;
    std::unique_ptr<WriteRing> ring;
    Results results;

    void SetUp() override {
        int pair[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
        device.reset(pair[0]);
        far_end.reset(pair[1]);
        ring = WriteRing::open(device.get());
        if (!ring) GTEST_SKIP() << "this kernel has no io_uring for us";
        arrived(); // the empty packet by which the ring found out how to write
    }
    void add(std::uint32_t session, std::string& octets) {
        const iovec part{octets.data(), octets.size()};
        ring->add({SessionIndex{session}, {&part, 1}, 1, octets.size()});
    }
    std::string arrived() const {
        std::string octets(100, '\0');
        const ssize_t n = recv(far_end.get(), octets.data(), octets.size(), 0);
        octets.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        return octets;
    }
};

TEST_F(WriteRingTest, PacketsLeaveAtTheFlushInTheirOrderAndEachHasItsResult) {
    std::string a = "first", b = "second", c = "third";
    add(1, a);
    add(2, b);
    add(3, c);
    EXPECT_EQ(arrived(), "");
    ring->flush(results);
    EXPECT_EQ(arrived(), "first");
    EXPECT_EQ(arrived(), "second");
    EXPECT_EQ(arrived(), "third");
    const std::vector<std::pair<SessionIndex, bool>> all{
        {SessionIndex{1}, true}, {SessionIndex{2}, true}, {SessionIndex{3}, true}};
    EXPECT_EQ(results.seen, all);
    ring->flush(results);
    EXPECT_EQ(results.seen.size(), 3U);
}

TEST_F(WriteRingTest, OnePacketAloneLeavesToo) {
    std::string a = "alone";
    add(7, a);
    ring->flush(results);
    EXPECT_EQ(arrived(), "alone");
    EXPECT_EQ(results.seen.size(), 1U);
}

TEST_F(WriteRingTest, WhatTheKernelDoesNotTakeIsReportedAndWaitsForNothing) {
    std::string octets(100, 'x');
    std::size_t room = 0;
    while (send(device.get(), octets.data(), octets.size(), 0) > 0)
        ++room;
    ASSERT_GT(room, 0U);
    add(1, octets);
    add(2, octets);
    ring->flush(results);
    const std::vector<std::pair<SessionIndex, bool>> none{{SessionIndex{1}, false}, {SessionIndex{2}, false}};
    EXPECT_EQ(results.seen, none);
}

TEST_F(WriteRingTest, IsFullAfterSomeAndEmptyAfterAFlush) {
    std::string octets = "x";
    std::uint32_t count = 0;
    while (!ring->full())
        add(count++, octets);
    ring->flush(results);
    EXPECT_EQ(results.seen.size(), count);
    EXPECT_FALSE(ring->full());
}

} // namespace
} // namespace lns::datapath
