// SPDX-License-Identifier: ISC
// A worker that hangs before it serves. That one which serves is found by its pings, tests/netns/015-parent-liveness
// shows; the times are shorter here, not the number of looks.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "l2tpnsd/instance_record.h"
#include "l2tpnsd/supervisor.h"

namespace lns::parent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr WorkerId kSession{Proc::session, 0};

class SupervisorTest : public testing::Test {
protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "only root can take capabilities out of a worker's reach";
    }
    ~SupervisorTest() override { fs::remove_all(top_); }

    void install(const std::string& script) const {
        const std::string program = top_ + "/sessiond";
        std::ofstream(program) << "#!/bin/sh\n" << script;
        chmod(program.c_str(), 0755);
    }
    [[nodiscard]] std::unique_ptr<Supervisor> supervisor() {
        inventory_.segments = &tables_->segments();
        return std::make_unique<Supervisor>(
            loop_, Supervisor::Setup{top_, {kSession}, &accounts_, &inventory_, &*tables_, record_file(), "", 10ms});
    }
    [[nodiscard]] std::string record_file() const { return top_ + "/instance"; }
    [[nodiscard]] shm::ProcessRecord shown() {
        for (const shm::Segment& segment : tables_->segments())
            if (segment.id == shm::TableId::processes)
                return shm::Mapping::map(segment.read_only.get(), shm::TableId::processes, false)
                    ->reader<shm::ProcessRecord>()
                    .get(1);
        return {};
    }
    bool until(const std::function<bool()>& so) {
        bool late = false;
        Timer deadline(loop_, [&late] { late = true; });
        deadline.arm(60s);
        while (!so() && !late)
            loop_.run_once();
        return so();
    }

private:
    static std::string fresh_directory() {
        std::string name = testing::TempDir() + "lns-supervisor-XXXXXX";
        return mkdtemp(name.data());
    }
    [[nodiscard]] Result<SharedTables> make_tables() const {
        conf::Config config;
        config.max_sessions = 256;
        config.max_tunnels = 4;
        config.datapath_workers = 1;
        auto tables = SharedTables::create(top_, config, {kSession});
        EXPECT_TRUE(tables) << (tables ? "" : tables.error().message);
        return tables;
    }

    std::string top_ = fresh_directory();
    EventLoop loop_;
    Result<SharedTables> tables_ = make_tables();
    Accounts accounts_{0};
    Inventory inventory_;
};

TEST_F(SupervisorTest, AWorkerThatHangsInItsStartIsEndedAndStartedAgain) {
    install("kill -STOP $$\n");
    const auto suite = supervisor();
    suite->start();
    EXPECT_EQ(suite->serving(kSession), nullptr);
    const auto first = read_record(record_file()).workers.at(0).pid;
    ASSERT_TRUE(until([&] { return shown().restarts == 2; }));
    EXPECT_EQ(shown().last_exit.view(), "not ready after 60 s");
    EXPECT_EQ(shown().state, shm::ProcessState::starting);
    EXPECT_NE(read_record(record_file()).workers.at(0).pid, first);
    EXPECT_EQ(suite->serving(kSession), nullptr);
}

TEST_F(SupervisorTest, AWorkerThatCannotBeExecutedIsTriedAgain) {
    const auto suite = supervisor(); // there is no program
    suite->start();
    ASSERT_TRUE(until([&] { return shown().restarts == 2; }));
    EXPECT_FALSE(shown().last_exit.empty()); // whichever is noticed first: it has ended, it does not take its start
}

} // namespace
} // namespace lns::parent
