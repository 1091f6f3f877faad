// SPDX-License-Identifier: ISC
// `restart`: which programs may take the place of what runs, and what passes to the parent's next image.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "l2tpnsd/handover.h"
#include "l2tpnsd/layout_probe.h"
#include "l2tpnsd/restarts.h"

namespace lns::parent {
namespace {

constexpr SuiteLayout kRunning{0x11, 0x22};

ProbedProgram program(const char* name, SuiteLayout layout) { return {name, layout}; }

TEST(Layout, ReadsBackAsPrinted) {
    const SuiteLayout layout{0x0123456789abcdef, 0xfedcba9876543210};
    EXPECT_EQ(print_layout(layout), "tables 0123456789abcdef messages fedcba9876543210");
    EXPECT_EQ(parse_layout(print_layout(layout) + "\n"), layout);
    for (const char* text : {"", "tables", "tables 12 messages", "tables 12 messages 34 more", "sessiond 1.0"})
        EXPECT_FALSE(parse_layout(text)) << text;
}

TEST(Restart, OfAWorkerNeedsTheLayoutThatRuns) {
    EXPECT_EQ(refuse_programs(kRunning, {program("sessiond", kRunning)}, false), "");
    EXPECT_EQ(refuse_programs(kRunning, {program("sessiond", {0x11, 0x23})}, false),
              "sessiond has the layout tables 0000000000000011 messages 0000000000000023, needed is tables "
              "0000000000000011 messages 0000000000000022");
    EXPECT_NE(refuse_programs(kRunning, {program("sessiond", {0x12, 0x22})}, false), "");
    EXPECT_EQ(refuse_programs(kRunning, {{"clid", failure("does not say its layout")}}, false),
              "clid does not say its layout");
}

TEST(Restart, OfAllNeedsTheTablesThatRunAndOneLayoutOfMessages) {
    const SuiteLayout next{0x11, 0x33};
    EXPECT_EQ(refuse_programs(kRunning, {program("l2tpnsd", next), program("clid", next)}, true), "");
    EXPECT_NE(refuse_programs(kRunning, {program("l2tpnsd", next), program("clid", kRunning)}, true), "");
    EXPECT_NE(refuse_programs(kRunning, {program("l2tpnsd", {0x12, 0x22})}, true), "");
    EXPECT_NE(refuse_programs(kRunning, {}, true), "");
}

class Probe : public ::testing::Test {
protected:
    // What a program of that text answers.
    static Result<SuiteLayout> ask(const std::string& script) {
        const std::string path = ::testing::TempDir() + "l2tpns-probed-" + std::to_string(getpid());
        std::ofstream(path) << "#!/bin/sh\n" << script;
        chmod(path.c_str(), 0700);
        EventLoop loop;
        Result<SuiteLayout> answer = failure("no answer");
        LayoutProbe probe(loop, path, [&](Result<SuiteLayout> layout) {
            answer = std::move(layout);
            loop.stop();
        });
        loop.run();
        std::filesystem::remove(path);
        return answer;
    }
};

TEST_F(Probe, TakesTheAnswerToLayout) {
    const auto layout = ask("[ \"$*\" = --layout ] && echo tables 12 messages 34\n");
    ASSERT_TRUE(layout) << layout.error().message;
    EXPECT_EQ(*layout, (SuiteLayout{0x12, 0x34}));
}

TEST_F(Probe, BelievesNothingElse) {
    EXPECT_FALSE(ask("exit 0\n"));
    EXPECT_FALSE(ask("echo tables 12 messages 34; echo more\n"));
    EXPECT_FALSE(ask("while :; do echo tables 12 messages 34; done\n"));
    EXPECT_FALSE(ask("exec sleep 60\n")); // given up after five seconds
}

TEST(TheHandover, PassesWhatTheWorldSendsToAndNothingElse) {
    std::vector<HeldSocket> held;
    for (const auto kind : {imsg::SocketKind::l2tp, imsg::SocketKind::radius, imsg::SocketKind::l2tp,
                            imsg::SocketKind::tun, imsg::SocketKind::relay})
        held.push_back({kind, {Proc::session, 0}, 0, UniqueFd(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10))});
    Handover::give(held);
    EXPECT_EQ(fcntl(held[0].fd.get(), F_GETFD), 0);
    EXPECT_EQ(fcntl(held[4].fd.get(), F_GETFD), FD_CLOEXEC);
    Handover taken = Handover::take(); // as the next image does
    EXPECT_TRUE(taken.any());
    EXPECT_EQ(getenv("L2TPNSD_HANDOVER"), nullptr);
    const auto l2tp = taken.sockets(imsg::SocketKind::l2tp);
    ASSERT_EQ(l2tp.size(), 2U);
    EXPECT_EQ(l2tp[0].get(), held[0].fd.release());
    EXPECT_EQ(l2tp[1].get(), held[2].fd.release());
    EXPECT_EQ(fcntl(l2tp[0].get(), F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(taken.sockets(imsg::SocketKind::tun).size(), 1U);
    const auto radius = taken.sockets(imsg::SocketKind::radius);
    ASSERT_EQ(radius.size(), 1U);
    EXPECT_EQ(radius[0].get(), held[1].fd.release());
    [[maybe_unused]] const int closed = held[3].fd.release();
    EXPECT_TRUE(taken.sockets(imsg::SocketKind::relay).empty());
    EXPECT_FALSE(Handover::take().any());
}

} // namespace
} // namespace lns::parent
