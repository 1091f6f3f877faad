// SPDX-License-Identifier: ISC
// save_state, the parent's part: the file is whole or not there, handed over until sessiond has answered, and
// never used twice.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "l2tpnsd/state_desk.h"

namespace lns::parent {
namespace {

namespace fs = std::filesystem;

class ParentState : public testing::Test {
protected:
    ParentState() {
        auto [ours, theirs] = imsg::channel_pair();
        session_ = std::make_unique<imsg::Channel>(Proc::parent, Proc::session, std::move(ours));
        sessiond_ = std::make_unique<imsg::Channel>(Proc::session, Proc::parent, std::move(theirs));
        sessiond_->on<imsg::SaveState>([this](const imsg::SaveState&, UniqueFd fd) { written_to_ = std::move(fd); });
    }
    ~ParentState() override { fs::remove_all(top_); }

    [[nodiscard]] std::string directory() const { return top_ + "/state"; }
    [[nodiscard]] std::string path() const { return directory() + "/state"; }
    [[nodiscard]] static std::string content(const std::string& path) {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write_saved(const std::string& text) const {
        fs::create_directories(directory());
        std::ofstream(path()) << text;
    }
    [[nodiscard]] bool on_offer() const {
        for (const HeldFile& held : inventory_.files)
            if (held.kind == imsg::FileKind::state) return true;
        return false;
    }
    // Asks for a save; sessiond has written that text.
    void save(const std::string& text) {
        desk_.save(session_.get(), [this] { ++done_; });
        ASSERT_TRUE(sessiond_->receive_blocking());
        ASSERT_EQ(write(written_to_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    static std::string fresh_directory() {
        std::string name = testing::TempDir() + "lns-state-XXXXXX";
        return mkdtemp(name.data());
    }

    std::string top_ = fresh_directory();
    EventLoop loop_;
    Inventory inventory_;
    StateDesk desk_{loop_, directory(), inventory_};
    std::unique_ptr<imsg::Channel> session_;
    std::unique_ptr<imsg::Channel> sessiond_;
    UniqueFd written_to_;
    int done_ = 0;
};

TEST_F(ParentState, WhatSessiondWroteIsThereWhenItSaysSo) {
    write_saved("of before");
    save("new");
    EXPECT_EQ(content(path()), "of before") << "not before it is whole";
    EXPECT_EQ(done_, 0);
    desk_.saved({0, 1, 1});
    EXPECT_EQ(done_, 1);
    EXPECT_EQ(content(path()), "new");
    struct stat status {};
    ASSERT_EQ(stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
    ASSERT_EQ(stat(directory().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_F(ParentState, ASaveThatFailsLeavesNothingAndTheStopGoesOn) {
    write_saved("of before");
    save("half");
    desk_.saved({ENOSPC, 0, 0});
    EXPECT_EQ(done_, 1);
    save("half");
    desk_.session_ended();
    EXPECT_EQ(done_, 2);
    desk_.save(nullptr, [this] { ++done_; });
    EXPECT_EQ(done_, 3);
    EXPECT_EQ(content(path()), "of before");
    EXPECT_FALSE(fs::exists(path() + ".new"));
}

TEST_F(ParentState, ASavedFileIsUsedOnce) {
    desk_.offer(true);
    EXPECT_FALSE(on_offer()) << "there is none";
    write_saved("x");
    desk_.offer(true);
    EXPECT_TRUE(on_offer());
    desk_.session_ended(); // before it answered
    EXPECT_TRUE(on_offer());
    desk_.loaded({0, 1, 1, {}});
    EXPECT_FALSE(on_offer());
    EXPECT_FALSE(fs::exists(path()));
}

TEST_F(ParentState, ARefusedFileIsSetAside) {
    write_saved("x");
    desk_.offer(true);
    desk_.loaded({1, 0, 0, std::string_view("it is damaged")});
    EXPECT_FALSE(on_offer());
    EXPECT_FALSE(fs::exists(path()));
    EXPECT_EQ(content(path() + ".bad"), "x");
}

TEST_F(ParentState, AFileThatSessiondDoesNotSurviveIsSetAside) {
    write_saved("x");
    desk_.offer(true);
    for (int life = 0; life < 3; ++life) {
        EXPECT_TRUE(on_offer()) << life;
        desk_.session_ended();
    }
    EXPECT_FALSE(on_offer());
    EXPECT_TRUE(fs::exists(path() + ".bad"));
}

TEST_F(ParentState, WithoutTheSettingAFoundFileIsNotUsed) {
    write_saved("x");
    desk_.offer(false);
    EXPECT_FALSE(on_offer());
    EXPECT_TRUE(fs::exists(path() + ".bad"));
}

TEST_F(ParentState, ALinkIsNotFollowed) {
    fs::create_directories(directory());
    std::ofstream(top_ + "/elsewhere") << "y";
    fs::create_symlink(top_ + "/elsewhere", path());
    desk_.offer(true);
    EXPECT_FALSE(on_offer());
}

TEST(StateDirectory, IsNotTheSpoolsNorInRunUnlessNamed) {
    EXPECT_EQ(state_directory("/run/l2tpns", true), LOCALSTATEDIR "/lib/l2tpns-state");
    EXPECT_EQ(state_directory("/srv/second", false), "/srv/second/state");
}

} // namespace
} // namespace lns::parent
