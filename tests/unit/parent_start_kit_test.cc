// SPDX-License-Identifier: ISC
// The start dialogue with both its ends: the parent's sender and lib/worker's receiver.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "l2tpnsd/sealed_memory.h"
#include "l2tpnsd/shared_tables.h"
#include "l2tpnsd/start_kit.h"
#include "lib/worker/worker.h"

namespace lns::parent {
namespace {

using imsg::FileKind;
using imsg::SecretKind;
using imsg::SocketKind;
using shm::TableId;

conf::Config small_config() {
    conf::Config config;
    config.max_sessions = 256;
    config.max_tunnels = 4;
    config.datapath_workers = 2;
    config.hostname.assign(std::string_view("lns1"));
    return config;
}

UniqueFd any_socket() { return UniqueFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)); }

class StartKit : public testing::Test {
protected:
    StartKit() : directory_(make_directory()), tables_(make_tables()) {
        inventory_.segments = &tables_->segments();
        inventory_.datapath_workers = 2;
        inventory_.empty_directory = "/run/x/empty";
        inventory_.spool_directory = "/var/spool/x";
        inventory_.secrets.l2tp_secret = Secret("of-l2tp");
        inventory_.secrets.radius_secret = Secret("of-radius");
        inventory_.secrets.control_secret = Secret("of-nsctl");
        EXPECT_TRUE(hold_file(inventory_, FileKind::users, "contents of users"));
        EXPECT_TRUE(hold_file(inventory_, FileKind::ip_pool, "the pool at start"));
        EXPECT_TRUE(hold_file(inventory_, FileKind::subscribers, std::nullopt));
        EXPECT_TRUE(hold_file(inventory_, FileKind::dictionary, "contents of dictionary"));
        const auto hold = [this](SocketKind kind, WorkerId owner, std::uint32_t instance) {
            inventory_.sockets.push_back({kind, owner, instance, any_socket()});
        };
        hold(SocketKind::l2tp, {Proc::session, 0}, 0);
        hold(SocketKind::cli, {Proc::cli, 0}, 0);
        hold(SocketKind::radius, {Proc::radius, 0}, 0);
        hold(SocketKind::radius, {Proc::radius, 0}, 1);
        for (const std::uint16_t i : {std::uint16_t{0}, std::uint16_t{1}}) {
            hold(SocketKind::l2tp, {Proc::datapath, i}, i);
            hold(SocketKind::tun, {Proc::datapath, i}, i);
            hold(SocketKind::relay, {Proc::session, 0}, i);
            hold(SocketKind::relay, {Proc::datapath, i}, i);
        }
    }
    ~StartKit() override { std::filesystem::remove_all(directory_); }

    // A worker that has received its kit.
    std::unique_ptr<worker::Worker> start(WorkerId id) {
        auto [ours, theirs] = imsg::channel_pair();
        channel_ = std::make_unique<imsg::Channel>(Proc::parent, id.proc, std::move(ours), id.instance);
        auto started = std::make_unique<worker::Worker>(id.proc, std::move(theirs));
        EXPECT_TRUE(send_start_kit(*channel_, id, Account{61701, 61709, {}}, inventory_));
        EXPECT_TRUE(send_peer(*channel_, {Proc::session, 0}, any_socket()));
        EXPECT_TRUE(send_start_done(*channel_));
        EXPECT_EQ(channel_->queued(), 0U);
        started->receive_start_kit();
        return started;
    }

private:
    static std::string make_directory() {
        char name[] = "/tmp/lns-kit-XXXXXX";
        return mkdtemp(&name[0]);
    }
    [[nodiscard]] Result<SharedTables> make_tables() const {
        auto tables = SharedTables::create(directory_, small_config(), all_workers(2));
        EXPECT_TRUE(tables) << (tables ? "" : tables.error().message);
        tables->publish(small_config());
        return tables;
    }

protected:
    std::string directory_;
    Result<SharedTables> tables_;
    Inventory inventory_;
    std::unique_ptr<imsg::Channel> channel_;
};

bool writable(worker::Worker& w, TableId id, std::uint16_t instance = 0) {
    for (const auto& table : w.kit().tables)
        if (table.id == id && table.instance == instance) return table.writable;
    ADD_FAILURE() << "not there";
    return false;
}

TEST_F(StartKit, TellsAWorkerWhoItIs) {
    const auto w = start({Proc::datapath, 1});
    const imsg::StartIdentity& identity = w->kit().identity;
    EXPECT_EQ(identity.proc, Proc::datapath);
    EXPECT_EQ(identity.instance, 1);
    EXPECT_EQ(identity.instances, 2);
    EXPECT_EQ(identity.uid, 61701U);
    EXPECT_EQ(identity.gid, 61709U);
    EXPECT_EQ(identity.chroot_path.view(), "/run/x/empty");
    EXPECT_EQ(w->config().config.hostname.view(), "lns1");
}

TEST_F(StartKit, GivesSessiondItsTablesToWriteAndTheOthersToRead) {
    const auto w = start({Proc::session, 0});
    for (const TableId id :
         {TableId::tunnels, TableId::sessions, TableId::session_aaa, TableId::forward, TableId::locator,
          TableId::leases, TableId::operation, TableId::services, TableId::user_hashes})
        EXPECT_TRUE(writable(*w, id));
    EXPECT_FALSE(writable(*w, TableId::config));
    EXPECT_FALSE(writable(*w, TableId::session_counters, 0));
    EXPECT_FALSE(writable(*w, TableId::session_counters, 1));
    EXPECT_FALSE(w->has_table(TableId::radius_requests));
}

TEST_F(StartKit, GivesEachDatapathdItsOwnCountersOnly) {
    const auto w = start({Proc::datapath, 1});
    EXPECT_TRUE(writable(*w, TableId::session_counters, 1));
    EXPECT_FALSE(w->has_table(TableId::session_counters, 0));
    EXPECT_TRUE(writable(*w, TableId::throttle));
    EXPECT_TRUE(writable(*w, TableId::data_sequence));
    EXPECT_TRUE(writable(*w, TableId::rule_counters, 1));
    EXPECT_FALSE(w->has_table(TableId::rule_counters, 0));
    EXPECT_FALSE(writable(*w, TableId::forward));
    EXPECT_FALSE(writable(*w, TableId::services));
    EXPECT_FALSE(w->has_table(TableId::sessions));
    w->take_socket(SocketKind::l2tp, 1);
    w->take_socket(SocketKind::tun, 1);
    w->take_socket(SocketKind::relay, 1);
    EXPECT_TRUE(w->take_sockets(SocketKind::relay).empty());
}

TEST_F(StartKit, GivesTheMapsToTheFirstDatapathdAndThatOfThrottlingToEach) {
    constexpr std::uint64_t kBytes = 4096;
    for (const imsg::MapKind kind : {imsg::MapKind::sessions, imsg::MapKind::throttle}) {
        UniqueFd fd(memfd_create("map", MFD_CLOEXEC));
        ASSERT_EQ(ftruncate(fd.get(), kBytes), 0);
        inventory_.maps.push_back({kind, kBytes, std::move(fd)});
    }
    const auto first = start({Proc::datapath, 0});
    EXPECT_FALSE(first->map<std::uint64_t>(imsg::MapKind::sessions).empty());
    const auto second = start({Proc::datapath, 1});
    EXPECT_TRUE(second->map<std::uint64_t>(imsg::MapKind::sessions).empty());
    const auto words = first->map<std::uint64_t>(imsg::MapKind::throttle);
    ASSERT_EQ(words.size(), kBytes / sizeof(std::uint64_t));
    words[5] = 7;
    EXPECT_EQ(second->map<std::uint64_t>(imsg::MapKind::throttle)[5], 7U) << "it is one";
}

TEST_F(StartKit, LetsClidReadEverythingAndWriteItsCountersAndTheirBaselineOnly) {
    const auto w = start({Proc::cli, 0});
    const auto own = shm::counters_instance(static_cast<unsigned>(Proc::cli), 0);
    std::size_t counters = 0;
    for (const auto& table : w->kit().tables) {
        const bool own_counters = table.id == TableId::process_counters && table.instance == own;
        EXPECT_EQ(table.writable, own_counters || table.id == TableId::counter_baseline);
        counters += table.id == TableId::process_counters ? 1U : 0U;
    }
    EXPECT_EQ(counters, 5U) << "one each of sessiond, two datapathd, radiusd-client and itself, none twice";
    EXPECT_EQ(w->read_file(FileKind::users), "contents of users");
    EXPECT_TRUE(w->secret(SecretKind::radius).empty());
    EXPECT_EQ(w->secret(SecretKind::control).reveal(), "of-nsctl");
}

TEST_F(StartKit, GivesRadiusdClientItsSocketsFilesSecretAndSpool) {
    const auto w = start({Proc::radius, 0});
    EXPECT_EQ(w->take_sockets(SocketKind::radius).size(), 2U);
    EXPECT_EQ(w->read_file(FileKind::dictionary), "contents of dictionary");
    EXPECT_EQ(w->read_file(FileKind::subscribers), std::nullopt) << "there is none";
    EXPECT_EQ(w->read_file(FileKind::users), std::nullopt);
    EXPECT_EQ(w->secret(SecretKind::radius).reveal(), "of-radius");
    EXPECT_TRUE(w->secret(SecretKind::l2tp).empty());
    EXPECT_EQ(w->kit().identity.chroot_path.view(), "/var/spool/x");
}

TEST_F(StartKit, SendsAChangedSecretAgain) {
    const auto w = start({Proc::session, 0});
    EXPECT_EQ(w->secret(SecretKind::l2tp).reveal(), "of-l2tp");
    inventory_.secrets.l2tp_secret = Secret("another");
    EXPECT_TRUE(send_changed(*channel_, {Proc::session, 0}, inventory_, {}));
    w->parent().receive_pending();
    EXPECT_FALSE(w->file_is_new(FileKind::ip_pool));
    EXPECT_EQ(w->secret(SecretKind::l2tp).reveal(), "another");
}

TEST_F(StartKit, SendsAChangedFileAgain) {
    const auto w = start({Proc::cli, 0});
    EXPECT_FALSE(w->file_is_new(FileKind::users)) << "it is the one of the start";
    EXPECT_TRUE(hold_file(inventory_, FileKind::users, "others"));
    const std::array changed{FileKind::users, FileKind::subscribers};
    EXPECT_TRUE(send_changed(*channel_, {Proc::cli, 0}, inventory_, changed));
    w->parent().receive_pending();
    EXPECT_EQ(w->read_file(FileKind::users), "others");
    EXPECT_TRUE(w->file_is_new(FileKind::users));
    EXPECT_FALSE(w->file_is_new(FileKind::users)) << "once";
    EXPECT_FALSE(w->file_is_new(FileKind::ip_pool)) << "another file that it has";
}

TEST_F(StartKit, TakesAFileThatIsGoneAwayAgain) {
    const auto w = start({Proc::cli, 0});
    EXPECT_TRUE(hold_file(inventory_, FileKind::users, std::nullopt));
    EXPECT_TRUE(send_changed(*channel_, {Proc::cli, 0}, inventory_, std::array{FileKind::users}));
    w->parent().receive_pending();
    EXPECT_EQ(w->read_file(FileKind::users), std::nullopt);
    EXPECT_TRUE(w->file_is_new(FileKind::users));
}

TEST_F(StartKit, GivesSessiondThePoolAsItWasAtStart) {
    const auto w = start({Proc::session, 0});
    EXPECT_EQ(w->read_file(FileKind::ip_pool), "the pool at start");
}

TEST_F(StartKit, HandsOverDirectChannels) {
    const auto w = start({Proc::cli, 0});
    ASSERT_EQ(w->kit().peers.size(), 1U);
    EXPECT_EQ(w->kit().peers[0].proc, Proc::session);
}

TEST_F(StartKit, ReportsAWorkerThatIsGone) {
    auto [ours, theirs] = imsg::channel_pair();
    imsg::Channel channel(Proc::parent, Proc::session, std::move(ours));
    theirs.reset();
    EXPECT_FALSE(send_start_kit(channel, {Proc::session, 0}, Account{61701, 61701, {}}, inventory_));
}

TEST_F(StartKit, AReadOnlyDescriptorCannotBeMappedWritable) {
    for (const shm::Segment& segment : tables_->segments()) {
        void* map = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, segment.read_only.get(), 0);
        EXPECT_EQ(map, MAP_FAILED) << segment.name;
    }
}

TEST(SealedMemory, HoldsTheTextForGood) {
    const UniqueFd fd = seal_in_memory("some text");
    ASSERT_TRUE(fd);
    char octet = 0;
    EXPECT_EQ(pread(fd.get(), &octet, 1, 8), 1);
    EXPECT_EQ(octet, 't');
    EXPECT_LT(pwrite(fd.get(), "x", 1, 0), 0);
    EXPECT_LT(ftruncate(fd.get(), 0), 0);
    EXPECT_EQ(mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, fd.get(), 0), MAP_FAILED);
}

TEST_F(StartKit, PublishesTheConfigurationWithAGeneration) {
    const auto w = start({Proc::session, 0});
    EXPECT_EQ(w->config().generation, 1U);
    conf::Config config = small_config();
    config.debug = 3;
    EXPECT_EQ(tables_->publish(config), 2U);
    EXPECT_EQ(w->config().generation, 2U);
    EXPECT_EQ(w->config().config.debug, 3U);
}

TEST(SharedTables, AreGoneWithTheirOwner) {
    std::vector<std::string> names;
    {
        auto tables = SharedTables::create("/run/lns-test-" + std::to_string(getpid()), small_config(), all_workers(1));
        ASSERT_TRUE(tables);
        for (const shm::Segment& segment : tables->segments())
            names.push_back(segment.name);
    }
    ASSERT_FALSE(names.empty());
    for (const std::string& name : names) {
        errno = 0;
        EXPECT_LT(shm_open(name.c_str(), O_RDONLY, 0), 0);
        EXPECT_EQ(errno, ENOENT);
    }
}

} // namespace
} // namespace lns::parent
