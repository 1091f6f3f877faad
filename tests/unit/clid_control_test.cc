// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "clid/control_commands.h"
#include "clid/counter_baseline.h"

namespace lns::clid {
namespace {

using imsg::ControlEvent;

constexpr std::int64_t kStart = 1795328907;
constexpr std::int64_t kLater = kStart + 100;
constexpr Endpoint kHere{Ipv4{0x7f000001}, 40000};
constexpr Endpoint kThere{Ipv4{0xc0000201}, 40000};
const Secret kSecret("open sesame");

class ControlTest : public testing::Test {
protected:
    void start(const Secret& secret) {
        desk_.emplace(
            secret, kStart,
            [this](const ControlDesk::Words& words) -> std::optional<ControlDesk::Outcome> {
                ran_.push_back(words);
                if (words[0] == "garden") return std::nullopt;
                return ControlDesk::Outcome{words[0] == "fail", "number " + std::to_string(ran_.size())};
            },
            [this](ControlEvent event, Endpoint, const ControlDesk::Words&) { events_.push_back(event); });
    }
    std::optional<control::Reply> ask(const control::Request& request, const Secret& secret, Endpoint from,
                                      std::int64_t now) {
        const auto reply = desk_->answer(*control::encode(request, secret), from, now);
        if (!reply) return std::nullopt;
        const auto decoded = control::decode_reply(*reply, secret);
        EXPECT_TRUE(decoded.ok());
        EXPECT_EQ(decoded->nonce, request.nonce);
        return *decoded;
    }
    static control::Request request(std::uint8_t number, std::vector<std::string> words, std::int64_t time = kLater) {
        return {{number}, time, std::move(words)};
    }

    std::optional<ControlDesk> desk_;
    std::vector<ControlDesk::Words> ran_;
    std::vector<ControlEvent> events_;
};

TEST_F(ControlTest, ARequestIsCarriedOutAndAnswered) {
    start(kSecret);
    const auto reply = ask(request(1, {"drop", "joe"}), kSecret, kThere, kLater);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->verdict, control::Verdict::done);
    EXPECT_EQ(reply->text, "number 1");
    EXPECT_EQ(ask(request(2, {"fail"}), kSecret, kThere, kLater)->verdict, control::Verdict::failed);
    EXPECT_EQ(ask(request(3, {"garden", "5"}), kSecret, kThere, kLater)->verdict, control::Verdict::refused);
    EXPECT_EQ(events_, (std::vector{ControlEvent::request, ControlEvent::request, ControlEvent::request}));
}

TEST_F(ControlTest, ARepetitionGetsTheSameAnswerAndDoesNothing) {
    start(kSecret);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(ask(request(1, {"drop", "joe"}), kSecret, kThere, kLater + i)->text, "number 1");
    EXPECT_EQ(ran_.size(), 1U);
    EXPECT_EQ(events_.back(), ControlEvent::repeated);
}

TEST_F(ControlTest, AnotherSecretGetsNoAnswer) {
    start(kSecret);
    EXPECT_FALSE(ask(request(1, {"drop", "joe"}), Secret("guess"), kThere, kLater).has_value());
    EXPECT_FALSE(ask(request(1, {"drop", "joe"}), Secret(), kHere, kLater).has_value());
    EXPECT_FALSE(desk_->answer({}, kThere, kLater).has_value());
    EXPECT_EQ(events_, (std::vector{ControlEvent::wrong_secret, ControlEvent::wrong_secret, ControlEvent::malformed}));
    EXPECT_TRUE(ran_.empty());
}

TEST_F(ControlTest, WithoutASecretOnlyThisMachineIsServed) {
    start(Secret());
    EXPECT_FALSE(ask(request(1, {"help"}), Secret(), kThere, kLater).has_value());
    EXPECT_EQ(events_, std::vector{ControlEvent::remote});
    EXPECT_TRUE(ask(request(1, {"help"}, kStart), Secret(), kHere, kStart).has_value()) << "and at once";
}

TEST_F(ControlTest, WhatIsNotOfThisTimeIsRefusedWithTheReason) {
    start(kSecret);
    const auto text = [&](std::int64_t stamp, std::int64_t now) {
        const auto reply = ask(request(1, {"drop", "joe"}, stamp), kSecret, kThere, now);
        EXPECT_EQ(reply->verdict, control::Verdict::refused);
        return reply->text;
    };
    EXPECT_NE(text(kStart + 1, kStart + 1).find("just started"), std::string::npos);
    EXPECT_NE(text(kLater - 3600, kLater).find("too old"), std::string::npos);
    EXPECT_NE(text(kLater + 3600, kLater).find("future"), std::string::npos);
    EXPECT_TRUE(ran_.empty());
    EXPECT_EQ(events_, std::vector(3, ControlEvent::stale));
}

// ---- the commands, on tables with one session ----

class ControlCommands : public testing::Test {
protected:
    ControlCommands() : pair_(imsg::channel_pair()), master_(std::move(pair_.first)) {
        shm::TunnelRecord tunnel;
        tunnel.state = shm::TunnelState::open;
        shm::TwoSlotWriter<shm::TunnelRecord>(tunnels_).write(1, tunnel);
        locator_.set_block(TunnelIndex{1}, 0, 1);
        shm::SessionRecord session;
        session.state = shm::SessionState::open;
        session.tunnel = TunnelIndex{1};
        session.user = "joe";
        shm::TwoSlotWriter<shm::SessionRecord>(sessions_).write(257, session);
        view_.tunnels = shm::TwoSlotReader<shm::TunnelRecord>(tunnels_);
        view_.sessions = shm::TwoSlotReader<shm::SessionRecord>(sessions_);
        view_.locator = locator_;
    }
    ControlDesk::Outcome run(const std::vector<std::string>& words) {
        const auto outcome = run_control_command(view_, master_, words);
        EXPECT_TRUE(outcome.has_value());
        return outcome.value_or(ControlDesk::Outcome{});
    }

    std::vector<shm::TwoSlot<shm::TunnelRecord>> tunnels_ = shm::make_cells<shm::TunnelRecord>(2);
    std::vector<shm::TwoSlot<shm::SessionRecord>> sessions_ = shm::make_cells<shm::SessionRecord>(512);
    std::vector<std::uint32_t> words_ = std::vector<std::uint32_t>(shm::Locator::words(2));
    shm::LocatorWriter locator_{words_, 2};
    SuiteView view_;
    std::pair<UniqueFd, UniqueFd> pair_;
    MasterLink master_;
};

TEST_F(ControlCommands, HelpListsThemAll) {
    const auto outcome = run({"help"});
    EXPECT_FALSE(outcome.failed);
    for (const char* line : {"  drop USER|SID [REASON]                      Shutdown user session",
                             "  unsnoop USER|SID                            Stop intercepting user",
                             "  show processes                              Show the processes of the suite"})
        EXPECT_NE(outcome.text.find(line), std::string::npos) << outcome.text;
}

TEST_F(ControlCommands, WhatIsWrongIsSaid) {
    EXPECT_EQ(run({"drop", "nobody"}).text, "session not found");
    EXPECT_EQ(run({"kill", "300"}).text, "session not found");
    EXPECT_EQ(run({"drop"}).text, "usage: drop USER|SID [REASON]");
    EXPECT_EQ(run({"throttle", "joe", "fast"}).text, "Invalid rate \"fast\"");
    EXPECT_EQ(run({"snoop", "257", "192.0.2.1"}).text, "Incomplete command: an IP address needs a port");
    EXPECT_EQ(run({"unsnoop", "ann"}).text, "User ann is not connected");
    EXPECT_TRUE(run({"drop", "nobody"}).failed);
}

TEST_F(ControlCommands, OthersAreNotKnown) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"garden", "257"}, {"show"}, {"show", "session"}, {""}, {"dro", "joe"}})
        EXPECT_FALSE(run_control_command(view_, master_, words).has_value()) << words[0];
}

// ---- clear counters ----

TEST(ClearCounters, CountsFromThenOnAndCountersOnlyGrow) {
    std::vector<std::uint64_t> session(shm::kMaxCounters, 5);
    std::vector<std::uint64_t> datapath(shm::kMaxCounters, 7);
    auto cells = shm::make_cells<shm::CounterValues>(4);
    shm::TwoSlotWriter<shm::CounterValues> table{cells};
    SuiteView view;
    view.process_counters = {{Proc::session, 0, session}, {Proc::datapath, 1, datapath}};
    view.baselines = shm::TwoSlotReader<shm::CounterValues>(cells);
    const auto since = [&](std::size_t process) {
        const ProcessCounters& counters = view.process_counters[process];
        return counts_of(view, counters).since_cleared(3);
    };
    EXPECT_EQ(since(0), 5U);
    EXPECT_EQ(last_cleared(view), 0);
    clear_counters(table, view, kStart);
    EXPECT_EQ(since(0), 0U);
    session[3] += 2;
    EXPECT_EQ(since(0), 2U);
    EXPECT_EQ(since(1), 0U);
    for (int i = 0; i < 10; ++i) // takes no more records
        clear_counters(table, view, kLater);
    EXPECT_EQ(since(0), 0U);
    EXPECT_EQ(last_cleared(view), kLater);
    EXPECT_EQ(cells[2].commit, 0U);
    EXPECT_EQ(session[3], 7U);
}

TEST(ClearCounters, TakesOffWhatWasCarriedOverABootToo) {
    std::vector<std::uint64_t> session(shm::kMaxCounters, 5);
    auto cells = shm::make_cells<shm::CounterValues>(4);
    auto carried = shm::make_cells<shm::CounterValues>(4);
    shm::TwoSlotWriter<shm::CounterValues> table{cells};
    SuiteView view;
    view.process_counters = {{Proc::session, 0, session}};
    view.baselines = shm::TwoSlotReader<shm::CounterValues>(cells);
    view.carried = shm::TwoSlotReader<shm::CounterValues>(carried);
    shm::CounterValues before{kStart, shm::counters_instance(static_cast<unsigned>(Proc::session), 0), {}};
    before.values[3] = 100;
    shm::TwoSlotWriter<shm::CounterValues>(std::span(carried)).write(0, before);
    const auto counts = [&] { return counts_of(view, view.process_counters[0]); };
    EXPECT_EQ(counts().since_cleared(3), 105U);
    EXPECT_EQ(last_cleared(view), kStart) << "when that was";
    clear_counters(table, view, kLater);
    EXPECT_EQ(counts().since_cleared(3), 0U);
    EXPECT_EQ(last_cleared(view), kLater);
    session[3] += 2;
    EXPECT_EQ(counts().since_cleared(3), 2U);
}

} // namespace
} // namespace lns::clid
