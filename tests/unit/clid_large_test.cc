// SPDX-License-Identifier: ISC
// Lists of 100,000 sessions: every row is there, and no more than one is held.
#include <gtest/gtest.h>
#include <malloc.h>

#include "clid/handlers.h"

namespace lns::clid {
namespace {

constexpr std::uint32_t kSessions = 100000;
constexpr std::uint32_t kTunnels = 2; // one has room for 65,536
constexpr std::uint32_t kFirstBlock = 1;
constexpr std::uint32_t kBlocks = (kSessions + shm::kBlockSlots - 1) / shm::kBlockSlots;

// The tables of so many sessions in ordinary memory.
class LargeSuite {
public:
    LargeSuite()
        : sessions_(shm::make_cells<shm::SessionRecord>((kFirstBlock + kBlocks) * shm::kBlockSlots)),
          tunnels_(shm::make_cells<shm::TunnelRecord>(kTunnels + 1)), words_(shm::Locator::words(kTunnels + 1)) {
        shm::TwoSlotWriter<shm::TunnelRecord> tunnels{tunnels_};
        shm::LocatorWriter locator(words_, kTunnels + 1);
        for (std::uint32_t t = 1; t <= kTunnels; ++t) {
            shm::TunnelRecord tunnel;
            tunnel.state = shm::TunnelState::open;
            tunnel.local_id = TunnelId(static_cast<std::uint16_t>(t));
            tunnels.write(t, tunnel);
        }
        for (std::uint32_t b = 0; b < kBlocks; ++b)
            locator.set_block(TunnelIndex{1 + b / shm::kBlocksPerTunnel}, b % shm::kBlocksPerTunnel, kFirstBlock + b);
        shm::TwoSlotWriter<shm::SessionRecord> sessions{sessions_};
        shm::SessionRecord session;
        session.state = shm::SessionState::open;
        session.opened = MonoTime{std::chrono::seconds(1)};
        for (std::uint32_t i = 0; i < kSessions; ++i) {
            session.tunnel = TunnelIndex{1 + i / shm::kBlockSlots / shm::kBlocksPerTunnel};
            session.user.assign(std::string_view("user" + std::to_string(i) + "\xff@isp"));
            sessions.write(kFirstBlock * shm::kBlockSlots + i, session);
        }
        view.sessions = shm::TwoSlotReader<shm::SessionRecord>(sessions_);
        view.tunnels = shm::TwoSlotReader<shm::TunnelRecord>(tunnels_);
        view.locator = locator;
    }
    SuiteView view;

private:
    std::vector<shm::TwoSlot<shm::SessionRecord>> sessions_;
    std::vector<shm::TwoSlot<shm::TunnelRecord>> tunnels_;
    std::vector<std::uint32_t> words_;
};

class Counting final : public Output {
public:
    void print(const std::string& text) override {
        if (text.find("@isp") != std::string::npos) ++rows;
        longest = std::max(longest, text.size());
        most_memory = std::max(most_memory, mallinfo2().uordblks);
        if (text.starts_with('{') && text.size() > 1 && text.ends_with('}')) last_row = text;
        for (const char c : text)
            ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    }
    void error(const std::string& text) override { ADD_FAILURE() << text; }
    [[nodiscard]] bool gone() const override { return rows >= leave_after; }

    std::size_t rows = 0, longest = 0, most_memory = 0, leave_after = SIZE_MAX;
    std::string last_row;
    bool ascii = true;
};

Counting run(const SuiteView& view, void (*command)(CommandContext&, Arguments), std::size_t leave_after = SIZE_MAX) {
    auto [ours, theirs] = imsg::channel_pair();
    MasterLink master(std::move(ours));
    Counting out;
    out.leave_after = leave_after;
    CommandContext context{view, master, out};
    command(context, {});
    return out;
}

const LargeSuite& suite() {
    static const LargeSuite made;
    return made;
}

TEST(LargeSuite, ListsAreWholeAndTakeNoMemory) {
    const SuiteView& view = suite().view;
    for (const auto command : {show_session, show_users, show_session_json}) {
        const std::size_t before = mallinfo2().uordblks;
        const Counting out = run(view, command);
        EXPECT_EQ(out.rows, kSessions);
        EXPECT_TRUE(out.ascii);
        EXPECT_LT(out.longest, 4096U);
        EXPECT_LT(out.most_memory, before + 262144);
    }
}

TEST(LargeSuite, TheLastRowIsTheLastSession) {
    EXPECT_NE(run(suite().view, show_session_json).last_row.find("\"user\": \"user99999\\\\xff@isp\""),
              std::string::npos);
}

TEST(LargeSuite, AListEndsWhenNobodyReadsIt) { EXPECT_EQ(run(suite().view, show_session, 10).rows, 10U); }

} // namespace
} // namespace lns::clid
