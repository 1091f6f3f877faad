// SPDX-License-Identifier: ISC
#include "lib/worker/system_calls.h"

#include <asm/unistd.h>
#include <csignal>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace lns::worker {

namespace {

constexpr Processes kSession = only(Proc::session);
constexpr Processes kDatapath = only(Proc::datapath);
constexpr Processes kRadius = only(Proc::radius);
constexpr Processes kCli = only(Proc::cli);
constexpr Processes kChild = only(Proc::cli_child);
constexpr Processes kReadsFiles = kSession | kRadius | kCli;

using enum Phase;

// The kernel looks at 32 bits of an int, whatever else the register holds.
constexpr ArgumentLimit is(std::uint8_t argument, std::uint64_t value) { return {argument, 0xffffffff, value}; }
constexpr ArgumentLimit lacks(std::uint8_t argument, std::uint64_t bits) { return {argument, bits, 0}; }
constexpr ArgumentLimit kHeap{3, MAP_ANONYMOUS | MAP_TYPE, MAP_ANONYMOUS | MAP_PRIVATE};
constexpr ArgumentLimit is_own_pid(std::uint8_t argument) { return {argument, 0xffffffff, kOwnPid}; }

constexpr std::array kCalls{
    // Messages, packets, and what a worker says at its end
    SystemCall{"read", kEvery, serving, "", {}, "TUN device, what an operator types, wake-ups of the loop"},
    SystemCall{"write", kEvery, serving, "", {}, "standard error"},
    SystemCall{"writev", kEvery, serving, "", {}, "TUN device; last words of the C library"},
    SystemCall{"recvmsg", kEvery, serving, "", {}, "messages of other processes, with descriptors"},
    SystemCall{"sendmsg", kEvery, serving, "", {}, "messages to other processes; packets"},
    SystemCall{"recvfrom", kEvery, serving, "", {}, "relays, RADIUS servers, operators"},
    SystemCall{"sendto", kDatapath | kRadius | kCli | kChild, serving, "", {}, "ICMP errors, RADIUS servers, refusals"},
    SystemCall{"recvmmsg", kEvery, serving, "", {}, "messages of other processes; packets"},
    SystemCall{"sendmmsg", kSession | kDatapath | kRadius, serving, "", {}, "messages to other processes; packets"},
    SystemCall{"close", kEvery, serving, "", {}, "channels of workers that ended, files read"},

    // The event loop
    SystemCall{"epoll_wait", kEvery, serving, "", {}, "event loop"},
    SystemCall{"epoll_pwait", kEvery, serving, "", {}, "event loop where there is no epoll_wait"},
    SystemCall{"epoll_ctl", kEvery, serving, "", {}, "event loop"},
    SystemCall{"poll", kEvery, serving, "", {}, "waiting for one channel"},
    SystemCall{"ppoll", kEvery, serving, "", {}, "poll where there is no such call"},
    SystemCall{"fcntl", kEvery, serving, "F_GETFL", {is(1, F_GETFL)}, "new channels become non-blocking"},
    SystemCall{"fcntl", kEvery, serving, "F_SETFL", {is(1, F_SETFL)}, "new channels become non-blocking"},

    // Memory: none that is executable, none that maps a file
    SystemCall{"brk", kEvery, serving, "", {}, "heap"},
    SystemCall{"mmap", kEvery, serving, "anonymous, private, not PROT_EXEC", {lacks(2, PROT_EXEC), kHeap}, "heap"},
    SystemCall{"mremap", kEvery, serving, "", {}, "heap"},
    SystemCall{"munmap", kEvery, serving, "", {}, "heap"},
    SystemCall{"madvise", kEvery, serving, "", {}, "heap"},

    // Time, identity, randomness, the C library
    SystemCall{"clock_gettime", kEvery, serving, "", {}, "where the vDSO cannot answer"},
    SystemCall{"gettimeofday", kEvery, serving, "", {}, "where the vDSO cannot answer"},
    SystemCall{"time", kEvery, serving, "", {}, "where the vDSO cannot answer"},
    SystemCall{"getrandom", kEvery, serving, "", {}, "challenges, identifiers, authenticators"},
    SystemCall{"getpid", kEvery, serving, "", {}, "header of a message; abort"},
    SystemCall{"gettid", kEvery, serving, "", {}, "abort"},
    SystemCall{"tgkill", kEvery, serving, "itself, SIGABRT", {is_own_pid(0), is(2, SIGABRT)}, "abort"},
    SystemCall{"futex", kEvery, serving, "", {}, "locks of libraries"},
    SystemCall{"rt_sigprocmask", kEvery, serving, "", {}, "abort; signal handlers"},
    SystemCall{"rt_sigreturn", kEvery, serving, "", {}, "return from a signal handler"},
    SystemCall{
        "rt_sigaction", kEvery, serving, "SIGTERM", {is(0, SIGTERM)}, "asked to leave, by a parent that takes over"},
    SystemCall{"restart_syscall", kEvery, serving, "", {}, "after SIGSTOP and SIGCONT"},
    SystemCall{"exit_group", kEvery, serving, "", {}, "the end"},
    SystemCall{"exit", kEvery, serving, "", {}, "the end"},

    // Files that the parent opened
    SystemCall{"pread64", kReadsFiles | kDatapath | kChild, serving, "", {}, "files of the configuration; the spool"},

    SystemCall{"mmap", kSession, starting, "PROT_READ", {is(2, PROT_READ)}, "state saved by an earlier process"},
    SystemCall{"fstat", kSession, starting, "", {}, "the same"},
    SystemCall{"newfstatat", kSession, starting, "", {}, "the same where there is no fstat"},

    // Set-up of the sockets that were handed over
    SystemCall{"setsockopt",
               kSession | kDatapath,
               starting,
               "IPPROTO_IP",
               {is(1, IPPROTO_IP)},
               "local address of each packet, no DF"},
    SystemCall{"setsockopt", kDatapath, starting, "IPPROTO_UDP", {is(1, IPPROTO_UDP)}, "trains of packets"},
    SystemCall{"setsockopt",
               kRadius,
               starting,
               "SO_RCVBUF",
               {is(1, SOL_SOCKET), is(2, SO_RCVBUF)},
               "room for many replies at once"},
    SystemCall{"ioctl", kDatapath, starting, "TUNGETIFF", {is(1, TUNGETIFF)}, "name and flags of the TUN device"},
    SystemCall{"ioctl", kDatapath, starting, "TUNSETVNETHDRSZ", {is(1, TUNSETVNETHDRSZ)}, "header of a TUN packet"},
    SystemCall{"ioctl", kDatapath, starting, "TUNSETOFFLOAD", {is(1, TUNSETOFFLOAD)}, "trains of packets"},
    SystemCall{"prctl",
               kDatapath,
               starting,
               "PR_SET_TIMERSLACK",
               {is(0, PR_SET_TIMERSLACK)},
               "a rest of 100 us must not become a long one"},
    SystemCall{"io_uring_setup", kDatapath, starting, "", {}, "a ring that can do nothing but write"},
    SystemCall{"io_uring_register", kDatapath, starting, "", {}, "its restrictions"},
    SystemCall{"mmap",
               kDatapath,
               starting,
               "read and write, shared, populated",
               {is(2, PROT_READ | PROT_WRITE), is(3, MAP_SHARED | MAP_POPULATE)},
               "its memory"},
    SystemCall{"io_uring_enter", kDatapath, serving, "", {}, "packets to the TUN device"},
    SystemCall{"clock_nanosleep", kDatapath, serving, "", {}, "a rest between packets that come a few at a time"},
    SystemCall{"ioctl", kDatapath, serving, "SIOCGIFADDR", {is(1, SIOCGIFADDR)}, "our address, for ICMP errors"},

    // The second filter
    SystemCall{"prctl",
               kEvery,
               starting,
               "PR_SET_NO_NEW_PRIVS",
               {is(0, PR_SET_NO_NEW_PRIVS)},
               "set already; set again by libseccomp"},
    SystemCall{"seccomp",
               kEvery,
               starting,
               "SECCOMP_SET_MODE_FILTER",
               {is(0, SECCOMP_SET_MODE_FILTER)},
               "filter of a worker that serves"},

    // radiusd-client: SQLite in the spool, which is all that its root directory holds
    SystemCall{"openat", kRadius, serving, "", {}, "the spool"},
    SystemCall{"newfstatat", kRadius, serving, "", {}, "the spool"},
    SystemCall{"fstat", kRadius, serving, "", {}, "the spool"},
    SystemCall{"lseek", kRadius, serving, "", {}, "the spool"},
    SystemCall{"pwrite64", kRadius, serving, "", {}, "the spool"},
    SystemCall{"fsync", kRadius, serving, "", {}, "the spool"},
    SystemCall{"fdatasync", kRadius, serving, "", {}, "the spool"},
    SystemCall{"ftruncate", kRadius, serving, "", {}, "the spool; it holds no table's descriptor"},
    SystemCall{"unlink", kRadius, serving, "", {}, "the spool's journal"},
    SystemCall{"unlinkat", kRadius, serving, "", {}, "the same where there is no unlink"},
    SystemCall{"rename", kRadius, serving, "", {}, "a damaged spool is set aside"},
    SystemCall{"renameat", kRadius, serving, "", {}, "the same where there is no rename"},
    SystemCall{"access", kRadius, serving, "", {}, "the spool"},
    SystemCall{"faccessat", kRadius, serving, "", {}, "the same where there is no access"},
    SystemCall{"readlink", kRadius, serving, "", {}, "full name of the spool"},
    SystemCall{"readlinkat", kRadius, serving, "", {}, "the same where there is no readlink"},
    SystemCall{"getcwd", kRadius, serving, "", {}, "full name of the spool"},
    SystemCall{"geteuid", kRadius, serving, "", {}, "owner of the spool"},
    SystemCall{"fcntl", kRadius, serving, "F_SETLK", {is(1, F_SETLK)}, "locks of the spool"},
    SystemCall{"fcntl", kRadius, serving, "F_GETLK", {is(1, F_GETLK)}, "locks of the spool"},
    SystemCall{"fcntl", kRadius, serving, "F_GETFD", {is(1, F_GETFD)}, "the spool is close-on-exec"},
    SystemCall{"fcntl", kRadius, serving, "F_SETFD", {is(1, F_SETFD)}, "the spool is close-on-exec"},

    // clid: one child a caller
    SystemCall{"accept4", kCli, serving, "", {}, "callers"},
    SystemCall{"rt_sigaction", kCli, serving, "SIGCHLD", {is(0, SIGCHLD)}, "children that ended"},
    SystemCall{"socketpair", kCli, serving, "AF_UNIX", {is(0, AF_UNIX)}, "channel to a child"},
    SystemCall{"setsockopt",
               kCli,
               serving,
               "SO_SNDBUFFORCE",
               {is(1, SOL_SOCKET), is(2, SO_SNDBUFFORCE)},
               "channel to a child; refused by the kernel, which does no harm"},
    SystemCall{"clone",
               kCli,
               serving,
               "a plain fork that gives a pidfd",
               {is(0, CLONE_PIDFD | SIGCHLD)},
               "a child for each caller, and one for each password"},
    SystemCall{"wait4", kCli, serving, "", {}, "children that ended"},
    SystemCall{"pidfd_send_signal",
               kCli,
               serving,
               "SIGKILL",
               {is(1, SIGKILL)},
               "a child that does not end; there is no way to the descriptor of another process"},

    // A child of clid, before it narrows itself
    SystemCall{"prctl", kCli, serving, "PR_SET_PDEATHSIG", {is(0, PR_SET_PDEATHSIG)}, "a child ends with clid"},
    SystemCall{
        "prctl", kCli, serving, "PR_SET_NO_NEW_PRIVS", {is(0, PR_SET_NO_NEW_PRIVS)}, "before the filter of a child"},
    SystemCall{"getppid", kCli, serving, "", {}, "a child ends with clid"},
    SystemCall{"fcntl", kCli, serving, "F_DUPFD_CLOEXEC", {is(1, F_DUPFD_CLOEXEC)}, "a child keeps two descriptors"},
    SystemCall{"dup2", kCli, serving, "", {}, "a child keeps two descriptors"},
    SystemCall{"dup3", kCli, serving, "", {}, "the same where there is no dup2"},
    SystemCall{"close_range", kCli, serving, "", {}, "a child keeps two descriptors"},
    SystemCall{"mprotect", kCli, serving, "PROT_READ", {is(2, PROT_READ)}, "a child may not write clid's counters"},
    SystemCall{
        "setsockopt", kCli, serving, "SO_KEEPALIVE", {is(1, SOL_SOCKET), is(2, SO_KEEPALIVE)}, "callers that vanished"},
    SystemCall{"setsockopt",
               kCli,
               serving,
               "SO_SNDTIMEO",
               {is(1, SOL_SOCKET), is(2, SO_SNDTIMEO)},
               "callers that do not read"},
    SystemCall{
        "setsockopt", kCli, serving, "TCP_NODELAY", {is(1, IPPROTO_TCP), is(2, TCP_NODELAY)}, "callers that type"},
    SystemCall{"prlimit64",
               kCli,
               serving,
               "itself, RLIMIT_CPU",
               {is(0, 0), is(1, RLIMIT_CPU)},
               "checking a password ends in time"},
    SystemCall{
        "seccomp", kCli, serving, "SECCOMP_SET_MODE_FILTER", {is(0, SECCOMP_SET_MODE_FILTER)}, "filter of a child"},

    // A child of clid, with what a caller types
    SystemCall{"dup", kChild, serving, "", {}, "libcli closes its socket"},
    SystemCall{"newfstatat", kChild, serving, "", {}, "stdio"},
    SystemCall{"fstat", kChild, serving, "", {}, "stdio"},
    SystemCall{"select", kChild, serving, "", {}, "waiting for the caller"},
    SystemCall{"pselect6", kChild, serving, "", {}, "the same where there is no select"},
    SystemCall{"shutdown", kCli | kChild, serving, "", {}, "end of a connection"},
    SystemCall{"clock_nanosleep", kChild, serving, "", {}, "rates are measured over a second"},
    SystemCall{"sysinfo", kChild, serving, "", {}, "load and up time"},
};

constexpr std::array kSanitizerCalls{
    SystemCall{"sigaltstack", kEvery, serving, "", {}, "reports"},
    SystemCall{"rt_sigaction", kEvery, serving, "", {}, "reports"},
    SystemCall{"sched_yield", kEvery, serving, "", {}, "locks"},
    SystemCall{"pipe2", kEvery, serving, "without flags", {is(1, 0)}, "whether an address can be read"},
    SystemCall{"pipe", kEvery, serving, "", {}, "the same"},
    SystemCall{"sched_getaffinity", kEvery, serving, "", {}, "reports"},
    SystemCall{"mprotect", kEvery, serving, "not PROT_EXEC", {lacks(2, PROT_EXEC)}, "shadow memory"},
    SystemCall{"prctl", kEvery, serving, "", {}, "reports"},
    SystemCall{"prlimit64", kEvery, serving, "", {}, "size of the stack"},
    SystemCall{"getrlimit", kEvery, serving, "", {}, "size of the stack"},
    SystemCall{"openat", kEvery, serving, "", {}, "reports"},
    SystemCall{"open", kEvery, serving, "", {}, "reports"},
    SystemCall{"readlink", kEvery, serving, "", {}, "reports"},
    SystemCall{"newfstatat", kEvery, serving, "", {}, "reports"},
    SystemCall{"stat", kEvery, serving, "", {}, "reports"},
    SystemCall{"fstat", kEvery, serving, "", {}, "reports"},
    SystemCall{"getcwd", kEvery, serving, "", {}, "reports"},
    SystemCall{"ioctl", kEvery, serving, "TCGETS", {is(1, 0x5401)}, "reports"},
    SystemCall{"getppid", kEvery, serving, "", {}, "reports"},
    SystemCall{"getuid", kEvery, serving, "", {}, "reports"},
};

// What the handler of a denied call ends the process with (denied_call.cc), and what no worker ever needs.
constexpr bool has_none_of_these(const auto& rows) {
    constexpr std::array<std::string_view, 10> kNever{"ptrace", "execve", "execveat",  "kill",   "tkill",
                                                      "socket", "bind",   "fallocate", "setuid", "mount"};
    for (const SystemCall& row : rows)
        for (const std::string_view name : kNever)
            if (row.name == name) return false;
    return true;
}
static_assert(has_none_of_these(kCalls) && has_none_of_these(kSanitizerCalls));

constexpr bool rows_are_whole(const auto& rows) {
    for (const SystemCall& row : rows) {
        if (row.name.empty() || row.who == 0 || row.reason.empty()) return false;
        if ((row.limits[0].mask == 0) != row.limits_text.empty()) return false;
    }
    return true;
}
static_assert(rows_are_whole(kCalls) && rows_are_whole(kSanitizerCalls));

} // namespace

std::span<const SystemCall> system_calls() { return kCalls; }
std::span<const SystemCall> sanitizer_calls() { return kSanitizerCalls; }

bool allows(const SystemCall& row, Proc who, Phase phase) {
    const Processes whose = who == Proc::cli ? only(Proc::cli, Proc::cli_child) : only(who);
    return (row.who & whose) != 0 && (phase == Phase::starting || row.phase == Phase::serving);
}

} // namespace lns::worker
