// SPDX-License-Identifier: ISC
// The stop for good: who is asked what, in which order, and that it comes to an end.
#include <gtest/gtest.h>
#include <map>

#include "l2tpnsd/farewell.h"

namespace lns::parent {
namespace {

class FarewellTest : public testing::Test {
protected:
    FarewellTest() {
        connect(Proc::session);
        connect(Proc::radius);
    }
    // A worker of that kind serves, in the place of one that ended.
    void connect(Proc proc) {
        auto [ours, theirs] = imsg::channel_pair();
        ours_[proc] = std::make_unique<imsg::Channel>(Proc::parent, proc, std::move(ours));
        theirs_[proc] = std::make_unique<imsg::Channel>(proc, Proc::parent, std::move(theirs));
        theirs_[proc]->on<imsg::Stop>([this](const imsg::Stop& b) {
            ++stops_;
            by_ = b.by;
        });
        theirs_[proc]->on<imsg::SettleAccounts>([this](const imsg::SettleAccounts&) { ++settles_; });
    }
    void disconnect(Proc proc) { ours_.erase(proc); }
    void come_back(Proc proc) {
        connect(proc);
        farewell_.serves(proc);
    }
    void deliver() {
        for (auto& [proc, channel] : theirs_)
            channel->receive_pending();
    }
    void expect_asked(int stops, int settles, int over) {
        deliver();
        EXPECT_EQ(stops_, stops);
        EXPECT_EQ(settles_, settles);
        EXPECT_EQ(over_, over);
    }

    EventLoop loop_;
    std::map<Proc, std::unique_ptr<imsg::Channel>> ours_;
    std::map<Proc, std::unique_ptr<imsg::Channel>> theirs_;
    Farewell farewell_{
        loop_,
        {[this](Proc proc) { return ours_.contains(proc) ? ours_.at(proc).get() : nullptr; }, [this] { ++over_; }}};
    int stops_ = 0;
    int settles_ = 0;
    int over_ = 0;
    MonoTime by_{};
};

TEST_F(FarewellTest, SessionsEndFirstThenAccountsAreSettled) {
    EXPECT_FALSE(farewell_.under_way());
    farewell_.begin();
    EXPECT_TRUE(farewell_.under_way());
    expect_asked(1, 0, 0);
    EXPECT_GT(by_, Clock::now()) << "sessiond has some time";
    farewell_.answered(imsg::Stopped{});
    expect_asked(1, 1, 0);
    farewell_.answered(imsg::AccountsSettled{});
    expect_asked(1, 1, 1);
}

TEST_F(FarewellTest, WhoDiesMeanwhileIsAskedAgain) {
    farewell_.begin();
    expect_asked(1, 0, 0);
    disconnect(Proc::session);
    come_back(Proc::session);
    expect_asked(2, 0, 0);
    farewell_.answered(imsg::Stopped{});
    expect_asked(2, 1, 0);
    disconnect(Proc::radius);
    come_back(Proc::radius);
    come_back(Proc::session);
    come_back(Proc::cli);
    expect_asked(2, 2, 0);
    farewell_.answered(imsg::AccountsSettled{});
    expect_asked(2, 2, 1);
}

TEST_F(FarewellTest, WhoDoesNotServeIsAskedWhenHeDoes) {
    disconnect(Proc::session);
    disconnect(Proc::radius);
    farewell_.begin();
    expect_asked(0, 0, 0);
    come_back(Proc::radius);
    expect_asked(0, 0, 0);
    come_back(Proc::session);
    expect_asked(1, 0, 0);
}

TEST_F(FarewellTest, ManySessionsHaveMoreTimeAsLongAsTheyEnd) {
    farewell_.begin();
    expect_asked(1, 0, 0);
    const MonoTime first = by_;
    farewell_.answered(imsg::StillStopping{900000});
    expect_asked(2, 0, 0);
    EXPECT_GT(by_, first);
    farewell_.answered(imsg::Stopped{});
    expect_asked(2, 1, 0);
    farewell_.answered(imsg::StillStopping{1}); // of one that was asked twice
    expect_asked(2, 1, 0);
}

TEST_F(FarewellTest, TheSecondWishEndsItAtOnce) {
    farewell_.begin();
    farewell_.begin();
    expect_asked(1, 0, 1);
    farewell_.answered(imsg::Stopped{}); // too late to matter
    farewell_.answered(imsg::AccountsSettled{});
    farewell_.begin();
    expect_asked(1, 0, 1);
}

TEST_F(FarewellTest, NobodyIsAskedBeforeItBegins) {
    come_back(Proc::session);
    farewell_.answered(imsg::Stopped{});
    farewell_.answered(imsg::AccountsSettled{1});
    expect_asked(0, 0, 0);
}

} // namespace
} // namespace lns::parent
