// SPDX-License-Identifier: ISC
// Each capability in l2tpnsd/privileges.cc is needed: with all of them its feature works, without that one alone it
// does not.
#include <array>
#include <cap-ng.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <set>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "l2tpnsd/privileges.h"
#include "l2tpnsd/run_directory.h"
#include "l2tpnsd/sockets.h"
#include "l2tpnsd/steering.h"
#include "l2tpnsd/tun.h"
#include "lib/conf/read_file.h"

namespace lns::parent {
namespace {

constexpr uid_t kWorker = 61701;
constexpr Ipv4 kLoopback{0x7f000001};

struct Feature {
    std::string_view capability;
    std::string_view name;
    void (*prepare)(const std::string& directory); // while root can do everything
    bool (*works)(const std::string& directory);
};

void nothing(const std::string& /*directory*/) {}
void set_limit(__rlimit_resource resource, rlim_t most) {
    const rlimit value{most, most};
    setrlimit(resource, &value);
}

pid_t somebody = 0; // a process of another user

const std::array kFeatures{
    Feature{"NET_ADMIN", "a TUN device", nothing, [](const std::string&) { return create_tun("lnstest", 1).ok(); }},
    Feature{"NET_BIND_SERVICE", "the CLI on port 23", nothing,
            [](const std::string&) { return open_cli_listener(kLoopback, 23).ok(); }},
    Feature{"NET_RAW", "ICMP errors", nothing, [](const std::string&) { return open_icmp_socket().ok(); }},
    Feature{"BPF", "steering of port 1701", nothing,
            [](const std::string&) {
                const auto group = open_l2tp_sockets(kLoopback, 1701, 3, true);
                return group.ok() && steer(std::array{(*group)[0].get(), (*group)[1].get(), (*group)[2].get()}).ok();
            }},
    Feature{"CHOWN", "a spool of radiusd-client's own", nothing,
            [](const std::string& directory) { return make_spool(directory + "/spool", kWorker).ok(); }},
    Feature{"SYS_RESOURCE", "lock_pages for workers", [](const std::string&) { set_limit(RLIMIT_MEMLOCK, 65536); },
            [](const std::string&) {
                conf::Config config;
                config.lock_pages = true;
                raise_worker_limits(config);
                rlimit now{};
                return getrlimit(RLIMIT_MEMLOCK, &now) == 0 && now.rlim_max == RLIM_INFINITY;
            }},
    Feature{"DAC_READ_SEARCH", "configuration below a directory of somebody else",
            [](const std::string& directory) {
                std::ofstream(directory + "/ip_pool") << "10.0.0.0/8\n";
                if (chown(directory.c_str(), kWorker, kWorker) != 0) _exit(2);
            },
            [](const std::string& directory) { return conf::read_file(directory + "/ip_pool").ok(); }},
    Feature{"KILL", "ending a worker",
            [](const std::string&) {
                somebody = fork();
                if (somebody != 0) return;
                if (setresuid(kWorker, kWorker, kWorker) != 0) _exit(2);
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                alarm(60);
                pause();
                _exit(0);
            },
            [](const std::string&) {
                while (kill(somebody, 0) == 0) { // as root, until it has become another user
                    std::ifstream status("/proc/" + std::to_string(somebody) + "/status");
                    for (std::string line; std::getline(status, line);)
                        if (line.starts_with("Uid:") && line.find(std::to_string(kWorker)) != std::string::npos)
                            return kill(somebody, SIGTERM) == 0;
                }
                return false;
            }},
    Feature{"SETPCAP", "taking capabilities out of a worker's reach", nothing,
            [](const std::string&) { return bound_worker(); }},
    Feature{"SETUID", "a user for each worker", nothing,
            [](const std::string&) { return setresuid(kWorker, kWorker, kWorker) == 0; }},
    Feature{"SETGID", "a group for each worker, and no others", nothing,
            [](const std::string&) { return setgroups(0, nullptr) == 0 && setresgid(kWorker, kWorker, kWorker) == 0; }},
    Feature{"SYS_CHROOT", "an empty root directory", nothing,
            [](const std::string& directory) { return chroot(directory.c_str()) == 0; }},
    Feature{"IPC_LOCK", "lock_pages within a limit", [](const std::string&) { set_limit(RLIMIT_MEMLOCK, 0); },
            // past the sanitizers, which make nothing of mlock(2)
            [](const std::string& directory) { return syscall(SYS_mlock, directory.data(), directory.size()) == 0; }},
    Feature{"SYS_NICE", "scheduler_fifo, and precedence without it",
            [](const std::string&) { set_limit(RLIMIT_RTPRIO, 0); },
            [](const std::string&) {
                const sched_param first{.sched_priority = 1};
                return sched_setscheduler(0, SCHED_FIFO, &first) == 0;
            }},
};

bool is_held(std::string_view capability) {
    capng_get_caps_process();
    for (const Capability& c : capabilities())
        if (c.name == capability) return capng_have_capability(CAPNG_PERMITTED, c.number) != 0;
    return false;
}

void keep_all_but(std::string_view missing) {
    std::set<std::string_view> kept;
    for (const Capability& c : capabilities())
        if (c.name != missing && is_held(c.name)) kept.insert(c.name);
    capng_clear(CAPNG_SELECT_CAPS);
    for (const Capability& c : capabilities())
        if (kept.contains(c.name))
            capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), c.number);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) _exit(2);
}

// Whether it works for a process that has the parent's capabilities without that one.
bool works(const Feature& feature, std::string_view missing) {
    std::string directory = testing::TempDir() + "lns-capability-XXXXXX";
    EXPECT_NE(mkdtemp(directory.data()), nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNET) != 0) _exit(2);
        feature.prepare(directory);
        keep_all_but(missing);
        const bool well = feature.works(directory);
        if (somebody > 0) kill(somebody, SIGKILL);
        _exit(well ? 0 : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    std::filesystem::remove_all(directory);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2) << feature.name << ": " << status;
    return status == 0;
}

TEST(Capabilities, EachIsNeededForAFeature) {
    if (geteuid() != 0) GTEST_SKIP() << "only root has capabilities to drop";
    std::set<std::string_view> shown;
    for (const Feature& feature : kFeatures) {
        // Containers may lack one that the suite can do without.
        EXPECT_EQ(works(feature, ""), is_held(feature.capability)) << feature.name;
        EXPECT_FALSE(works(feature, feature.capability)) << feature.name << " without " << feature.capability;
        shown.insert(feature.capability);
    }
    shown.insert("PERFMON"); // without it all works, only slower
    for (const Capability& c : capabilities())
        EXPECT_TRUE(shown.contains(c.name)) << c.name;
}

} // namespace
} // namespace lns::parent
