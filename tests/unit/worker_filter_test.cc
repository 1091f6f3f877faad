// SPDX-License-Identifier: ISC
// The filter of system calls by itself; tests/netns/145-sandbox has the whole sandbox.
#include "config.h"

#include "lib/worker/system_call_filter.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <seccomp.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"

namespace lns::worker {
namespace {

#ifdef LNS_SANITIZED
constexpr const char* kFirstCallOfAFilter = "seccomp"; // sanitizers need prctl
#else
constexpr const char* kFirstCallOfAFilter = "prctl";
#endif

constexpr std::array kConfined{Proc::session, Proc::datapath, Proc::radius, Proc::cli, Proc::cli_child};

struct End {
    int status = 0;
    std::string printed;
    [[nodiscard]] bool by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
    [[nodiscard]] bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
};

// How a process ends that does this.
End end_of(const std::function<void()>& act) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(ends[1]);
    End end;
    std::array<char, 512> buffer{};
    for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
        end.printed.append(buffer.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    waitpid(pid, &end.status, 0);
    return end;
}

End end_of(Proc who, const std::function<void()>& act) {
    return end_of([&] {
        confine(who, Phase::serving);
        act();
    });
}

void expect_denied(const End& end, Proc who, const std::string& call) {
    EXPECT_TRUE(end.by(SIGSYS)) << proc_name(who) << " " << call << ": status " << end.status;
    const std::string line = std::string(proc_name(who)) + ": denied system call " + call + "(";
    EXPECT_TRUE(end.printed.starts_with(line)) << end.printed;
    EXPECT_TRUE(end.printed.ends_with("\n"));
}

TEST(SystemCalls, AreKnownToTheLibrary) {
    for (const SystemCall& row : system_calls())
        EXPECT_NE(seccomp_syscall_resolve_name(std::string(row.name).c_str()), __NR_SCMP_ERROR) << row.name;
    for (const SystemCall& row : sanitizer_calls())
        EXPECT_NE(seccomp_syscall_resolve_name(std::string(row.name).c_str()), __NR_SCMP_ERROR) << row.name;
}

TEST(SystemCalls, AreNotLimitedInOneRowAndFreeInAnother) {
    for (const Proc who : kConfined) {
        std::set<std::string_view> limited;
        std::set<std::string_view> free;
        for (const SystemCall& row : system_calls())
            if (allows(row, who, Phase::starting)) (row.limits_text.empty() ? free : limited).insert(row.name);
        for (const std::string_view name : limited)
            EXPECT_FALSE(free.contains(name)) << proc_name(who) << " " << name;
    }
}

TEST(Filter, NamesTheDeniedCallAndEndsTheProcess) {
    for (const Proc who : kConfined) {
        expect_denied(end_of(who, [] { socket(AF_INET, SOCK_DGRAM, 0); }), who, "socket");
        expect_denied(end_of(who, [] { syscall(SYS_kill, 1, 0); }), who, "kill");
        expect_denied(end_of(who, [] { syscall(SYS_ptrace, 0, 0, 0, 0); }), who, "ptrace");
        expect_denied(end_of(who, [] { execl("/bin/true", "true", nullptr); }), who, "execve");
        expect_denied(end_of(who, [] { fork(); }), who, "clone");
        expect_denied(end_of(who, [] { syscall(SYS_tgkill, 1, 1, SIGABRT); }), who, "tgkill");
    }
}

TEST(Filter, HasNoNameForACallOfTheFuture) {
    const End end = end_of(Proc::session, [] { syscall(511); });
    EXPECT_TRUE(end.by(SIGSYS));
    EXPECT_TRUE(end.printed.starts_with("sessiond: denied system call 511(")) << end.printed;
}

TEST(Filter, TellsWhichOfTheArgumentsItLooksAt) {
    EXPECT_TRUE(end_of(Proc::session, [] { fcntl(0, F_GETFL); }).well());
    const End end = end_of(Proc::session, [] { fcntl(0, F_SETOWN, 7); });
    expect_denied(end, Proc::session, "fcntl");
#ifdef __x86_64__
    EXPECT_NE(end.printed.find("fcntl(0, 8, 7, ...)"), std::string::npos) << end.printed;
#endif
}

TEST(Filter, HighBitsOfAnIntegerChangeNothing) {
    const auto high = static_cast<long>(0x100000000);
    EXPECT_TRUE(end_of(Proc::session, [=] { syscall(SYS_fcntl, 0, high | F_GETFL); }).well());
    EXPECT_TRUE(end_of(Proc::session, [=] { syscall(SYS_fcntl, 0, high | F_SETOWN, 0); }).by(SIGSYS));
}

TEST(Filter, LetsMemoryGrowButNotBecomeExecutable) {
    const auto map = [](int protection, int flags, int fd) {
        if (mmap(nullptr, 4096, protection, flags, fd, 0) == MAP_FAILED) _exit(1);
    };
    for (const Proc who : kConfined) {
        EXPECT_TRUE(end_of(who, [&] { map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1); }).well());
        expect_denied(end_of(who, [&] { map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1); }), who, "mmap");
        expect_denied(end_of(who, [&] { map(PROT_READ, MAP_SHARED, 0); }), who, "mmap");
        expect_denied(end_of(who, [&] { map(PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1); }), who, "mmap");
    }
}

TEST(Filter, HasWhatOnlySanitizersNeedInABuildWithThemAlone) {
    for (const Proc who : {Proc::session, Proc::datapath}) {
        const End end = end_of(who, [] { syscall(SYS_getuid); });
#ifdef LNS_SANITIZED
        EXPECT_TRUE(end.well()) << end.printed;
#else
        expect_denied(end, who, "getuid");
#endif
    }
}

#ifdef LNS_SANITIZED
TEST(Filter, LetsASanitizerSayWhatItFound) {
    for (const Proc who : kConfined) {
        const End end = end_of(who, [] {
            std::string text(100, 'x');
            const auto* volatile beyond = text.data() + text.size() + 1;
            fprintf(stderr, "%c", *beyond);
        });
        EXPECT_NE(end.printed.find("heap-buffer-overflow"), std::string::npos) << proc_name(who) << end.printed;
        EXPECT_EQ(end.printed.find("denied system call"), std::string::npos) << end.printed;
    }
}
#endif

TEST(Filter, LetsAnAbortBeOne) {
    for (const Proc who : kConfined)
        EXPECT_TRUE(end_of(who, [] { abort(); }).by(SIGABRT)) << proc_name(who);
}

TEST(Filter, ServingIsNarrowerThanStarting) {
    const auto set_up = [] { ioctl(0, TUNGETIFF, nullptr); };
    EXPECT_TRUE(end_of([&] {
                    confine(Proc::datapath, Phase::starting);
                    set_up();
                }).well());
    const End end = end_of([&] {
        confine(Proc::datapath, Phase::starting);
        confine(Proc::datapath, Phase::serving);
        set_up();
    });
    expect_denied(end, Proc::datapath, "ioctl");
    // Nobody gets another filter then, but clid for its children.
    expect_denied(end_of(Proc::session, [] { confine(Proc::session, Phase::serving); }), Proc::session,
                  kFirstCallOfAFilter);
}

TEST(Filter, AChildOfClidIsNarrowerThanClid) {
    const auto plain_fork = [] {
        const long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
        _exit(pid < 0 && errno == EFAULT ? 0 : 1); // no place for the pidfd
    };
    EXPECT_TRUE(end_of(Proc::cli, plain_fork).well());
    const End end = end_of(Proc::cli, [&] {
        confine(Proc::cli_child, Phase::serving);
        plain_fork();
    });
    expect_denied(end, Proc::cli_child, "clone");
}

} // namespace
} // namespace lns::worker
