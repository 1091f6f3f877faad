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
constexpr std::uint32_t kSlots = (kFirstBlock + kBlocks) * shm::kBlockSlots;
constexpr std::uint32_t kFirstSlot = kFirstBlock * shm::kBlockSlots;

std::string user(std::uint32_t i) { return "user" + std::to_string(i) + "\xff@isp"; }

// The tables of so many sessions in ordinary memory.
class LargeSuite {
public:
    LargeSuite()
        : user_hashes(kSlots), sessions_(shm::make_cells<shm::SessionRecord>(kSlots)),
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
            session.user.assign(std::string_view(user(i)));
            sessions.write(kFirstSlot + i, session);
            user_hashes[kFirstSlot + i] = shm::UserHashes::of(user(i));
        }
        view.sessions = shm::TwoSlotReader<shm::SessionRecord>(sessions_);
        view.tunnels = shm::TwoSlotReader<shm::TunnelRecord>(tunnels_);
        view.locator = locator;
        view.user_hashes = shm::UserHashes(user_hashes);
    }
    SuiteView view;
    std::vector<std::uint32_t> user_hashes;

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

std::vector<std::uint32_t> found(const SuiteView& view, std::string_view name) {
    std::vector<std::uint32_t> sids;
    for (const SessionKey& key : sessions_of_user(view, name))
        sids.push_back(raw(key.sid));
    return sids;
}

TEST(LargeSuite, AUserIsFoundByHisNameAndByWhatTheCliShowsOfIt) {
    const SuiteView& view = suite().view;
    const std::vector<std::uint32_t> last{kFirstSlot + 99999};
    EXPECT_EQ(found(view, user(99999)), last);
    EXPECT_EQ(found(view, "user99999\\xff@isp"), last);
    EXPECT_TRUE(found(view, "user99999").empty());
    EXPECT_TRUE(found(view, "").empty());
}

TEST(LargeSuite, ForAUserThoseRecordsAreReadThatHaveTheHashAndNoneIsBelievedForIt) {
    SuiteView view = suite().view;
    std::vector<std::uint32_t> hashes = suite().user_hashes;
    view.user_hashes = shm::UserHashes(hashes);
    hashes[kFirstSlot + 7] = shm::UserHashes::of(user(8)); // left behind
    EXPECT_EQ(found(view, user(8)), std::vector{kFirstSlot + 8});
    EXPECT_TRUE(found(view, user(7)).empty()) << "its record was read for nothing";
}

TEST(LargeSuite, AListEndsWhenNobodyReadsIt) { EXPECT_EQ(run(suite().view, show_session, 10).rows, 10U); }

} // namespace
} // namespace lns::clid
