// SPDX-License-Identifier: ISC
#include "config.h"

#include "l2tpnsd/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

#include "l2tpnsd/privileges.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr int kChannelFd = 3; // lib/worker expects it there

// What a worker sees of the environment root was in when it started us.
constexpr std::array kPassedOn{
    "TZ",
#ifdef LNS_SANITIZED
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
#endif
};

std::vector<std::string> environment() {
    std::vector<std::string> variables;
    for (const char* name : kPassedOn)
        if (const char* value = getenv(name)) variables.push_back(std::string(name) + "=" + value);
    return variables;
}

bool place(int fd, int at) { return fd == at ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, at) == at; }

[[noreturn]] void give_up(const char* what) {
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(127);
}

struct Launch {
    const char* program;
    int channel; // of a worker; -1 of one that is only asked for its layout
    int output;
    char** environment_block;
    [[nodiscard]] bool is_probe() const { return channel < 0; }
};

// A program that is not trusted with anything yet.
bool bound_probe() {
    constexpr rlimit kNothing{0, 0};
    constexpr rlimit kSeconds{5, 5};
    const bool bound = geteuid() != 0 || drop_bounding_set(); // only root gains by exec
    return bound && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_FSIZE, &kNothing) == 0 &&
           setrlimit(RLIMIT_CORE, &kNothing) == 0 && setrlimit(RLIMIT_CPU, &kSeconds) == 0;
}

// Not in the process group of a shell, whose terminal sends it signals. Where the parent has a session of its own there
// is no terminal, and the session's precedence is the worker's, too.
void leave_terminal() {
    if (getsid(0) == getppid())
        setpgid(0, 0);
    else
        setsid();
}

// In the child. The output is copied to a high number first: it may be one of those replaced.
[[noreturn]] void become(const Launch& launch) {
    const char* program = launch.program;
    leave_terminal();
    const int high = fcntl(launch.output, F_DUPFD_CLOEXEC, 10);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (high < 0 || null < 0 || !(launch.is_probe() || place(launch.channel, kChannelFd)) ||
        !place(null, STDIN_FILENO) || !place(high, STDOUT_FILENO) || !place(high, STDERR_FILENO))
        give_up("descriptors of a worker");
    if (launch.is_probe() ? !bound_probe() : !bound_worker()) give_up("bounding set of a worker");
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL); // also what we ignore
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const char* slash = strrchr(program, '/');
    std::array<char*, 3> arguments{const_cast<char*>(slash != nullptr ? slash + 1 : program),
                                   launch.is_probe() ? const_cast<char*>("--layout") : nullptr, nullptr};
    execve(program, arguments.data(), launch.environment_block);
    give_up(program);
}

} // namespace

bool ended_by(int pidfd, MonoTime deadline) {
    pollfd p{pidfd, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) == 1;
}

Result<ChildProcess> ChildProcess::start(const std::string& program, UniqueFd channel, UniqueFd output) {
    return fork_and_execute(program, channel.get(), output.get());
}

Result<ChildProcess> ChildProcess::probe(const std::string& program, UniqueFd output) {
    return fork_and_execute(program, -1, output.get());
}

Result<ChildProcess> ChildProcess::fork_and_execute(const std::string& program, int channel, int output) {
    auto variables = environment();
    std::vector<char*> block;
    for (std::string& variable : variables)
        block.push_back(variable.data());
    block.push_back(nullptr);
    // No handler of ours may run in the child: its loop's descriptors are shared with ours.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t pid = fork();
    if (pid == 0) become({program.c_str(), channel, output, block.data()});
    const int error = errno;
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return failure(std::string("fork: ") + strerror(error));
    UniqueFd pidfd(pidfd_open(pid, 0));
    if (!pidfd) fatal("pidfd_open");
    return ChildProcess(pid, std::move(pidfd));
}

void ChildProcess::signal(int number) const { pidfd_send_signal(pidfd_.get(), number, nullptr, 0); }

std::string ChildProcess::reap() {
    siginfo_t info{};
    while (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0)
        if (errno != EINTR) return "unknown end";
    if (info.si_code == CLD_EXITED) return "exit status " + std::to_string(info.si_status);
    return "signal " + std::to_string(info.si_status) + " (" + strsignal(info.si_status) + ")";
}

} // namespace lns::parent
