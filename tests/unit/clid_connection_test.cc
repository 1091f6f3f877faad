// SPDX-License-Identifier: ISC
// The master's side of a connection against a child that does not keep to libcli's ways.
#include "clid/connection.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <optional>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

namespace lns::clid {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint kFarAway{Ipv4{0xc0000201}, 4711}; // 192.0.2.1

// A connection with all that it needs; the test is its child, sessiond and the parent.
class ConnectionTest : public testing::Test {
protected:
    void SetUp() override {
        auto [parent, worker_end] = imsg::channel_pair();
        parent_ = std::make_unique<imsg::Channel>(Proc::parent, Proc::cli, std::move(parent));
        worker_ = std::make_unique<worker::Worker>(Proc::cli, std::move(worker_end));
        auto [sessiond, our_end] = imsg::channel_pair();
        sessiond_ = std::make_unique<imsg::Channel>(Proc::session, Proc::cli, std::move(sessiond));
        sessiond_->on<imsg::DropSession>([this](const imsg::DropSession& b) { drops_.push_back(b); });
        sessiond_->on<imsg::DropTunnel>([this](const imsg::DropTunnel&) { ++tunnel_drops_; });
        worker_->kit().peers.push_back({Proc::session, 0, std::move(our_end)});
        parent_->on<imsg::ShowRunning>([this](const imsg::ShowRunning&) { ++running_asked_; });
        sessiond_->attach(loop());
        parent_->attach(loop());
        process_ = fork();
        if (process_ == 0) {
            pause();
            _exit(0);
        }
        ASSERT_GT(process_, 0);
    }
    void TearDown() override {
        connection_.reset();
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }

    void start(DoorRules rules, Clock::duration login_within = 1h, Clock::duration answer_within = 1h) {
        passwords_.emplace(loop());
        requests_.emplace(*worker_, answer_within);
        worker_->parent().attach(loop());
        std::array<int, 2> pair{};
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
        operator_.reset(pair[0]);
        auto [ours, theirs] = imsg::channel_pair();
        child_ = std::make_unique<imsg::Channel>(Proc::cli_child, Proc::cli, std::move(theirs));
        child_->on<imsg::CliAnswer>([this](const imsg::CliAnswer& a) { answers_.push_back(a); });
        child_->attach(loop());
        log_.emplace(worker_->parent());
        const Services services{loop(),    *passwords_, *requests_, *log_, [this] { ++cleared_; },
                                counters_, login_within};
        connection_ = std::make_unique<Connection>(
            services,
            Connection::Child{1, process_, std::move(ours), UniqueFd(pair[1]), UniqueFd(pidfd_open(process_, 0))},
            kFarAway, rules);
    }
    EventLoop& loop() { return worker_->loop(); }
    bool wait_for(const std::function<bool()>& so) {
        const MonoTime deadline = Clock::now() + 60s;
        Timer tick(loop(), [] {});
        while (!so()) {
            if (Clock::now() > deadline) return false;
            tick.arm(20ms);
            loop().run_once();
        }
        return true;
    }
    bool wait_for_answer() {
        return wait_for([this] { return !answers_.empty(); });
    }
    // The connection lets nothing more in.
    [[nodiscard]] bool is_shut() const { return send(operator_.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0; }
    [[nodiscard]] std::uint64_t count(Counter c) const { return counters_.get(c); }

    std::unique_ptr<worker::Worker> worker_;
    std::unique_ptr<imsg::Channel> parent_, sessiond_, child_;
    std::optional<PasswordDesk> passwords_;
    std::optional<RequestDesk> requests_;
    std::optional<LogFeed> log_;
    int cleared_ = 0;
    std::array<std::uint64_t, kCounters.size()> words_{};
    shm::CounterWords counters_{words_};
    UniqueFd operator_;
    std::unique_ptr<Connection> connection_;
    pid_t process_ = 0;
    std::vector<imsg::CliAnswer> answers_;
    std::vector<imsg::DropSession> drops_;
    int tunnel_drops_ = 0;
    int running_asked_ = 0;
};

constexpr DoorRules kLoginAndEnable{true, true, true};
constexpr DoorRules kEnableOnly{false, true, true};
constexpr DoorRules kOpen{false, false, false};
constexpr DoorRules kNoEnable{false, true, false};

struct Forbidden {
    const char* description;
    DoorRules rules;
    imsg::CliCommand command;
};

TEST_F(ConnectionTest, CommandsOfAChildWithoutThePrivilegeAreRefusedAndEndIt) {
    const std::array<Forbidden, 5> cases{{
        {"drop session without enable", kEnableOnly, {imsg::CliVerb::drop_session, 5, 0, 0}},
        {"drop tunnel without enable", kEnableOnly, {imsg::CliVerb::drop_tunnel, 5, 0, 0}},
        {"running-config without enable", kEnableOnly, {imsg::CliVerb::show_running, 0, 0, 0}},
        {"before login, although enable is free", {true, false, false}, {imsg::CliVerb::drop_session, 5, 0, 0}},
        {"a verb there is not", kOpen, {imsg::CliVerb{99}, 5, 0, 0}},
    }};
    for (const Forbidden& c : cases) {
        SCOPED_TRACE(c.description);
        const std::uint64_t refused = count(Counter::commands_refused);
        answers_.clear();
        connection_.reset();
        start(c.rules);
        child_->send(c.command);
        ASSERT_TRUE(wait_for_answer());
        EXPECT_EQ(answers_[0].verdict, imsg::CliVerdict::goodbye);
        EXPECT_TRUE(wait_for([this] { return is_shut(); }));
        EXPECT_EQ(count(Counter::commands_refused), refused + 1);
    }
    EXPECT_TRUE(drops_.empty());
    EXPECT_EQ(tunnel_drops_, 0);
    EXPECT_EQ(running_asked_, 0);
}

TEST_F(ConnectionTest, EnableFromAfarIsRefusedWhenThereIsNoEnablePassword) {
    start(kNoEnable);
    child_->send(imsg::CliEnable{std::string_view("")});
    ASSERT_TRUE(wait_for_answer());
    EXPECT_EQ(answers_[0].verdict, imsg::CliVerdict::failed);
    EXPECT_NE(answers_[0].text.view().find("loopback only"), std::string_view::npos);
    EXPECT_EQ(count(Counter::enables_failed), 1U);
}

TEST_F(ConnectionTest, EnableBeforeLoginEndsTheConnection) {
    start(kLoginAndEnable);
    child_->send(imsg::CliEnable{std::string_view("open")});
    ASSERT_TRUE(wait_for_answer());
    EXPECT_EQ(answers_[0].verdict, imsg::CliVerdict::goodbye);
}

TEST_F(ConnectionTest, ASecondQuestionBeforeTheAnswerEndsTheConnection) {
    start(kOpen);
    child_->send(imsg::CliCommand{imsg::CliVerb::drop_session, 5, 0, 0});
    child_->send(imsg::CliCommand{imsg::CliVerb::drop_session, 6, 0, 0});
    EXPECT_TRUE(wait_for([this] { return is_shut(); }));
    EXPECT_TRUE(wait_for([this] { return drops_.size() == 1; }));
    EXPECT_EQ(count(Counter::child_violations), 1U);
}

TEST_F(ConnectionTest, AMessageThatAChildMayNotSendEndsTheConnection) {
    start(kOpen);
    const std::array<std::uint8_t, 5> nonsense{1, 2, 3, 4, 5};
    ASSERT_EQ(send(child_->fd(), nonsense.data(), nonsense.size(), 0), 5);
    EXPECT_TRUE(wait_for([this] { return is_shut(); }));
    EXPECT_EQ(count(Counter::child_violations), 1U);
}

TEST_F(ConnectionTest, NobodyLoggingInEndsTheConnection) {
    start(kLoginAndEnable, 10ms);
    EXPECT_TRUE(wait_for([this] { return is_shut(); }));
    EXPECT_EQ(count(Counter::logins_timed_out), 1U);
}

TEST_F(ConnectionTest, AnUnansweredCommandIsGivenUpAndTheNextOneIsTaken) {
    start(kOpen, 1h, 10ms);
    child_->send(imsg::CliCommand{imsg::CliVerb::drop_session, 5, 0, 0});
    ASSERT_TRUE(wait_for_answer());
    EXPECT_EQ(answers_[0].verdict, imsg::CliVerdict::failed);
    EXPECT_EQ(answers_[0].text.view(), "sessiond did not answer");
    ASSERT_EQ(drops_.size(), 1U);
    // The late answer belongs to nobody; one that names another's request does not either.
    sessiond_->send(imsg::CommandResult{drops_[0].request, 0, std::string_view("late")});
    child_->send(imsg::CliCommand{imsg::CliVerb::show_running, 0, 0, 0});
    ASSERT_TRUE(wait_for([this] { return answers_.size() == 2; }));
    EXPECT_EQ(answers_[1].text.view(), "l2tpnsd did not answer");
}

TEST_F(ConnectionTest, AnAnswerFromTheWrongProcessIsNotBelieved) {
    start(kOpen);
    child_->send(imsg::CliCommand{imsg::CliVerb::show_running, 0, 0, 0});
    ASSERT_TRUE(wait_for([this] { return running_asked_ == 1; }));
    sessiond_->send(imsg::CommandResult{1, 0, std::string_view("forged")});
    // An answer that comes after it shows that it was read and passed over.
    parent_->send(imsg::CommandResult{1, 1, std::string_view("true")});
    ASSERT_TRUE(wait_for_answer());
    EXPECT_EQ(answers_[0].text.view(), "true");
}

} // namespace
} // namespace lns::clid
