// SPDX-License-Identifier: ISC
// What a starting parent makes of what it finds (DESIGN 7, stopping).
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>

#include "l2tpnsd/old_workers.h"
#include "l2tpnsd/run_directory.h"
#include "l2tpnsd/shared_tables.h"
#include "l2tpnsd/take_over.h"

namespace lns::parent {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 120s;

struct Case {
    const char* description;
    FoundTables tables;
    bool sessiond_lives;
    std::optional<Clock::duration> silence;
    Start start;
};

TEST(TakeOver, IsDecidedByTablesSilenceAndWhoLives) {
    using enum FoundTables;
    const Case cases[] = {
        {"first start", none, false, {}, Start::afresh},
        {"tables of another release", misfit, false, 1s, Start::afresh},
        {"and its sessiond still there", misfit, true, 1s, Start::afresh},
        {"parent killed just now", fit, true, 1s, Start::go_on},
        {"all killed at once", fit, false, 1s, Start::go_on},
        {"all killed, at the very end of the grace", fit, false, kGrace, Start::go_on},
        {"all gone for longer", fit, false, kGrace + 1s, Start::close},
        {"heartbeat older than the parent's end", fit, true, kGrace + 2s, Start::go_on},
        {"sessiond stopped long ago", fit, true, 1h, Start::close},
        {"never served", fit, false, {}, Start::close},
        {"served, but no heartbeat is readable", fit, true, {}, Start::go_on},
    };
    for (const Case& c : cases)
        EXPECT_EQ(decide({c.tables, c.sessiond_lives, c.silence, kGrace}), c.start) << c.description;
}

class InDirectory : public ::testing::Test {
protected:
    void SetUp() override {
        std::string path = ::testing::TempDir() + "l2tpns-take-over-XXXXXX";
        ASSERT_NE(mkdtemp(path.data()), nullptr);
        path_ = path;
    }
    void TearDown() override {
        std::filesystem::remove_all(path_);
        shm::remove_all_segments(path_);
    }
    [[nodiscard]] std::string record_file() const { return path_ + "/instance"; }

    std::string path_;
};

using TheRecord = InDirectory;
using FoundTablesOf = InDirectory;
using TheLocks = InDirectory;

InstanceRecord record_of(pid_t pid, std::uint64_t started) {
    return {shm::boot_id(), network_namespace(), "lns0", {{{Proc::datapath, 1}, pid, started}}};
}

TEST_F(TheRecord, ReadsBackAsWritten) {
    InstanceRecord record = record_of(4711, 123456789);
    record.workers.push_back({{Proc::radius, 0}, 4712, 1});
    ASSERT_TRUE(write_record(record_file(), record));
    EXPECT_EQ(read_record(record_file()), record);
}

TEST_F(TheRecord, OfAnotherBootMeansNothing) {
    InstanceRecord record = record_of(4711, 1);
    record.boot = "00000000-0000-0000-0000-000000000000";
    ASSERT_TRUE(write_record(record_file(), record));
    EXPECT_EQ(read_record(record_file()), InstanceRecord{});
}

TEST_F(TheRecord, OfAnotherNetworkNamespaceNamesNoDevice) {
    InstanceRecord record = record_of(4711, 1);
    record.network = "net:[1]";
    ASSERT_TRUE(write_record(record_file(), record));
    EXPECT_EQ(read_record(record_file()).tun, "");
    EXPECT_EQ(read_record(record_file()).workers.size(), 1U);
}

TEST_F(TheRecord, SkipsWhatItDoesNotKnow) {
    const InstanceRecord record = parse_record("boot b\nfuture word\nworker sessiond 0 12 34\nworker init 0 1 1\n"
                                               "worker sessiond 0 x 1\nworker clid 0 1 1\nworker clid 0 9\ntun t");
    EXPECT_EQ(record.boot, "b");
    EXPECT_EQ(record.tun, "t");
    EXPECT_EQ(record.workers, (std::vector<RecordedWorker>{{{Proc::session, 0}, 12, 34}}));
}

// A process that waits to be ended.
class Sleeper {
public:
    explicit Sleeper(bool deaf) {
        pid = fork();
        if (pid != 0) return;
        signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL);
        for (;;)
            pause();
    }
    ~Sleeper() {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    pid_t pid;
};

TEST(OldWorkersOfARecord, AreEndedAlsoWhenTheyAreStopped) {
    const Sleeper sleeper(false);
    kill(sleeper.pid, SIGSTOP);
    auto old = OldWorkers::find(record_of(sleeper.pid, start_time_of(sleeper.pid)));
    ASSERT_EQ(old.count(Proc::datapath), 1U);
    EXPECT_EQ(old.count(Proc::session), 0U);
    EXPECT_TRUE(old.end(std::array{Proc::session}));
    EXPECT_TRUE(old.any());
    EXPECT_TRUE(old.end_all());
    EXPECT_FALSE(old.any());
    EXPECT_EQ(start_time_of(sleeper.pid), 0U); // ended, and reaped, since it is ours
}

TEST(OldWorkersOfARecord, AreNotThoseThatOnlyWaitToBeReaped) {
    const Sleeper sleeper(false);
    const std::uint64_t started = start_time_of(sleeper.pid);
    kill(sleeper.pid, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(sleeper.pid), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(OldWorkers::find(record_of(sleeper.pid, started)).any());
}

TEST(OldWorkersOfARecord, AreNotFoundByNumberAlone) {
    const Sleeper sleeper(false);
    const std::uint64_t started = start_time_of(sleeper.pid);
    ASSERT_GT(started, 0U);
    EXPECT_FALSE(OldWorkers::find(record_of(sleeper.pid, started - 1)).any());
}

TEST_F(TheLocks, LetOneParentInAndWaitForTheLastWriter) {
    auto first = std::make_unique<RunDirectory>(std::move(*RunDirectory::open(path_)));
    EXPECT_FALSE(RunDirectory::open(path_));
    ASSERT_TRUE(first->take_writers_lock(Clock::now()));
    UniqueFd of_writer(dup(first->writers_lock()));
    first->leave_in_place();
    first.reset();
    auto second = RunDirectory::open(path_);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->take_writers_lock(Clock::now()));
    of_writer.reset();
    EXPECT_TRUE(second->take_writers_lock(Clock::now()));
}

conf::Config small_config() {
    conf::Config config;
    config.max_sessions = 512;
    config.max_tunnels = 2;
    return config;
}

TEST_F(FoundTablesOf, AnInstanceAreGoneOnWith) {
    const auto workers = all_workers(2);
    {
        auto tables = SharedTables::create(path_, small_config(), workers);
        ASSERT_TRUE(tables);
        tables->publish(small_config());
        shm::ProcessRecord parent;
        parent.heartbeat = MonoTime{77s};
        tables->set_process(0, parent);
        tables->leave_in_place();
    }
    const auto left = SharedTables::look(path_, small_config(), workers);
    EXPECT_TRUE(left.any);
    EXPECT_TRUE(left.fits);
    EXPECT_EQ(left.heartbeat, MonoTime{77s});
    auto tables = SharedTables::attach(path_, small_config(), workers);
    ASSERT_TRUE(tables);
    EXPECT_EQ(tables->publish(small_config()), 2U);
    tables->leave_in_place(false);
}

TEST_F(FoundTablesOf, AnotherSizeDoNotFit) {
    const auto workers = all_workers(1);
    const auto tables = SharedTables::create(path_, small_config(), workers);
    ASSERT_TRUE(tables);
    conf::Config other = small_config();
    other.max_sessions = 1024;
    const auto left = SharedTables::look(path_, other, workers);
    EXPECT_TRUE(left.any);
    ASSERT_FALSE(left.fits);
    EXPECT_NE(left.fits.error().message.find("of another size"), std::string::npos);
}

// A segment's header has the boot id behind its magic number, and the hash of the layout as its last word.
TEST_F(FoundTablesOf, AnotherBootOrAnotherLayoutDoNotFit) {
    struct Changed {
        std::streamoff octet;
        const char* reason;
    };
    const auto workers = all_workers(1);
    for (const shm::TableId id : {shm::TableId::tunnels, shm::TableId::sessions, shm::TableId::leases})
        for (const Changed& changed : {Changed{8, "of an earlier boot"}, Changed{72, "of another layout"}}) {
            const auto tables = SharedTables::create(path_, small_config(), workers);
            std::fstream file("/dev/shm/" + shm::segment_name(path_, id, 0), std::ios::in | std::ios::out);
            file.seekp(changed.octet);
            file.put('~');
            file.close();
            const auto left = SharedTables::look(path_, small_config(), workers);
            EXPECT_TRUE(left.any);
            ASSERT_FALSE(left.fits) << changed.reason;
            EXPECT_NE(left.fits.error().message.find(changed.reason), std::string::npos) << left.fits.error().message;
        }
}

// What a datapathd counted is part of the sums for ever.
TEST_F(FoundTablesOf, MoreWorkersKeepTheirCounters) {
    {
        auto tables = SharedTables::create(path_, small_config(), all_workers(2));
        ASSERT_TRUE(tables);
        tables->leave_in_place();
    }
    EXPECT_TRUE(SharedTables::look(path_, small_config(), all_workers(3)).fits);
    auto tables = SharedTables::attach(path_, small_config(), all_workers(1));
    ASSERT_TRUE(tables);
    EXPECT_EQ(std::ranges::count(tables->segments(), shm::TableId::session_counters, &shm::Segment::id), 3)
        << "that of the fast path is one";
    tables->leave_in_place(false);
}

TEST_F(FoundTablesOf, NobodyAreNone) { EXPECT_FALSE(SharedTables::look(path_, small_config(), all_workers(1)).any); }

} // namespace
} // namespace lns::parent
