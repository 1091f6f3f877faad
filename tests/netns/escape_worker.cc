// SPDX-License-Identifier: ISC
// A worker that tries to break out, for a test of the sandbox; built for tests only. What it is, the name it was
// started by says. With the start kit of that worker, and before it gives up privileges itself, it makes a process
// for each attempt, which enters the sandbox by the very code of the workers and then does what it must not. Behind
// the filter of system calls, and once more without it: what stands behind the filter must hold alone. As clid it tries
// all of it a second time behind the filter of clid's children.
#include "config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/worker/sandbox.h"
#include "lib/worker/system_call_filter.h"
#include "lib/worker/worker.h"

using namespace lns;
using worker::Processes;
using worker::Worker;

namespace {

constexpr int kDescriptors = 128;
constexpr int kEscaped = 42; // no status of a crash

enum class Without { tried, not_tried }; // is the attempt also made without the filter?

struct Target {
    Worker& worker;
    pid_t parent; // l2tpnsd
    int file;     // what it may not have any more
};

struct Attempt {
    const char* name;
    const char* call; // what the log must name
    Without filter;
    Processes allowed;           // whose filter lets the call through; it must fail all the same
    Processes duty;              // who does that for a living, if only by a call of its filter
    bool (*succeeds)(Target& t); // did it get what it wanted?
};

bool opened(const char* path, int flags) { return open(path, flags | O_CLOEXEC, 0600) >= 0; }

bool any_descriptor(bool (*act)(int fd)) {
    bool done = false;
    for (int fd = 0; fd < kDescriptors; ++fd)
        done = act(fd) || done;
    return done;
}

void* config_table(Target& t) { return t.worker.table(shm::TableId::config).view<std::uint8_t>().data(); }

// The table's mapping begins a page before its records.
bool make_writable(void* records) {
    constexpr std::uintptr_t page = 4096;
    auto* start = static_cast<std::uint8_t*>(records) - reinterpret_cast<std::uintptr_t>(records) % page;
    return mprotect(start, page, PROT_READ | PROT_WRITE) == 0;
}

bool forks() {
    const pid_t pid = fork();
    if (pid == 0) _exit(0);
    return pid > 0;
}

bool binds(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in any = to_sockaddr({Ipv4{}, port});
    return bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
}

bool reads_memory(pid_t pid) {
    char octet = 0;
    iovec to{&octet, 1};
    iovec from{reinterpret_cast<void*>(0x400000), 1};
    return process_vm_readv(pid, &to, 1, &from, 1, 0) >= 0 || errno == EFAULT; // it was let in
}

bool becomes_tun(int fd) {
    ifreq request{};
    request.ifr_flags = IFF_TUN;
    return ioctl(fd, TUNSETIFF, &request) == 0;
}

bool catches_denied_calls() { return signal(SIGSYS, SIG_IGN) != SIG_ERR; }

constexpr Processes kNobody = 0;
[[maybe_unused]] constexpr Processes kEverybody = worker::kEvery;
constexpr Processes kRadius = worker::only(Proc::radius);
constexpr Processes kCli = worker::only(Proc::cli);
using enum Without;

constexpr std::array kAttempts{
    Attempt{"read a file", "openat", tried, kRadius, kNobody, [](Target&) { return opened("/etc/passwd", O_RDONLY); }},
    Attempt{"read a file above the root", "openat", tried, kRadius, kNobody,
            [](Target&) { return opened("../../../../../../etc/passwd", O_RDONLY); }},
    Attempt{"look at processes", "openat", tried, kRadius, kNobody,
            [](Target&) { return opened("/proc/1/status", O_RDONLY); }},
    Attempt{"write a file", "openat", tried, kRadius, kRadius,
            [](Target& t) { return t.worker.self() != Proc::radius && opened("/escape", O_WRONLY | O_CREAT); }},
    Attempt{"leave the root directory", "chroot", tried, kNobody, kNobody, [](Target&) { return chroot(".") == 0; }},
    Attempt{"mount", "mount", tried, kNobody, kNobody,
            [](Target&) { return mount("x", "/", "tmpfs", 0, nullptr) == 0; }},
    Attempt{"make a namespace of network", "unshare", tried, kNobody, kNobody,
            [](Target&) { return unshare(CLONE_NEWNET) == 0; }},
    Attempt{"make a namespace of users", "unshare", not_tried, kNobody, kNobody,
            [](Target&) { return unshare(CLONE_NEWUSER) == 0; }},
    Attempt{"become root", "setuid", tried, kNobody, kNobody, [](Target&) { return setuid(0) == 0; }},
    Attempt{"become root's group", "setgid", tried, kNobody, kNobody, [](Target&) { return setgid(0) == 0; }},
    Attempt{"trace the parent", "ptrace", tried, kNobody, kNobody,
            [](Target& t) { return ptrace(PTRACE_SEIZE, t.parent, nullptr, nullptr) == 0; }},
    Attempt{"read the parent's memory", "process_vm_readv", tried, kNobody, kNobody,
            [](Target& t) { return reads_memory(t.parent); }},
    Attempt{"signal the parent", "kill", tried, kNobody, kNobody, [](Target& t) { return kill(t.parent, 0) == 0; }},
    Attempt{"abort the parent", "tgkill", tried, kNobody, kNobody,
            [](Target& t) { return syscall(SYS_tgkill, t.parent, t.parent, 0) == 0; }},
    Attempt{"get hold of the parent", "pidfd_open", not_tried, kNobody, kNobody,
            [](Target& t) { return syscall(SYS_pidfd_open, t.parent, 0) >= 0; }},
    Attempt{"fork", "clone", tried, kNobody, kCli, [](Target&) { return forks(); }},
    Attempt{"execute", "execve", tried, kNobody, kNobody,
            [](Target&) { return execl("/bin/sh", "sh", "-c", "exit 42", nullptr) == 0; }},
    Attempt{"make a socket", "socket", not_tried, kNobody, kNobody,
            [](Target&) { return socket(AF_INET, SOCK_DGRAM, 0) >= 0; }},
    Attempt{"make a raw socket", "socket", tried, kNobody, kNobody,
            [](Target&) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0; }},
    Attempt{"bind a low port", "socket", tried, kNobody, kNobody, [](Target&) { return binds(22); }},
    Attempt{"bind what it has", "bind", not_tried, kNobody, kNobody,
            [](Target&) {
                return any_descriptor([](int fd) {
                    const sockaddr_in any = to_sockaddr({Ipv4{}, 4711});
                    return bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
                });
            }},
    Attempt{"make a TUN device", "ioctl", tried, kNobody, kNobody, [](Target&) { return any_descriptor(becomes_tun); }},
    Attempt{"make a read-only table writable", "mprotect", tried, kNobody, kNobody,
            [](Target& t) { return make_writable(config_table(t)); }},
    Attempt{"shorten a table", "ftruncate", tried, kRadius, kNobody,
            [](Target&) { return any_descriptor([](int fd) { return ftruncate(fd, 1) == 0; }); }},
    Attempt{"empty a table", "fallocate", tried, kNobody, kNobody,
            [](Target&) {
                return any_descriptor(
                    [](int fd) { return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0; });
            }},
#ifndef LNS_SANITIZED // it takes as much itself
    Attempt{"take all memory", "mmap", tried, kEverybody, kNobody,
            [](Target&) {
                constexpr std::size_t all = std::size_t{1} << 40;
                constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
                return mmap(nullptr, all, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
            }},
#endif
    Attempt{"take memory that no limit counts", "mmap", not_tried, kNobody, kNobody,
            [](Target&) {
                constexpr int flags = MAP_SHARED | MAP_ANONYMOUS;
                return mmap(nullptr, 4096, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
            }},
    Attempt{"map executable memory", "mmap", not_tried, kNobody, kNobody,
            [](Target&) {
                return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
            }},
    Attempt{"map a file", "mmap", not_tried, kNobody, kNobody,
            [](Target& t) { return mmap(nullptr, 4096, PROT_READ, MAP_SHARED, t.file, 0) != MAP_FAILED; }},
    Attempt{"make a file in memory", "memfd_create", not_tried, kNobody, kNobody,
            [](Target&) { return memfd_create("x", 0) >= 0; }},
    Attempt{"allow core dumps", "prctl", not_tried, kNobody, kNobody,
            [](Target&) { return prctl(PR_SET_DUMPABLE, 1) == 0; }},
    Attempt{"raise a limit", "prlimit64", tried, kNobody, kNobody,
            [](Target&) {
                const rlimit more{4096, 4096};
                return setrlimit(RLIMIT_NOFILE, &more) == 0;
            }},
    Attempt{"load a program into the kernel", "bpf", tried, kNobody, kNobody,
            [](Target&) { return syscall(SYS_bpf, 5, nullptr, 0) >= 0; }},
    Attempt{"use io_uring", "io_uring_setup", not_tried, kNobody, kNobody,
            [](Target&) {
                std::array<char, 120> parameters{};
                return syscall(SYS_io_uring_setup, 1, parameters.data()) >= 0;
            }},
    Attempt{"see nothing denied any more", "rt_sigaction", not_tried, kNobody, kNobody,
            [](Target&) { return catches_denied_calls(); }},
};

// A build with sanitizers allows more calls, for them: what such an attempt comes to says nothing then.
bool is_for_sanitizers([[maybe_unused]] const Attempt& attempt) {
#ifdef LNS_SANITIZED
    return std::ranges::any_of(worker::sanitizer_calls(), [&](const auto& row) { return row.name == attempt.call; });
#else
    return false;
#endif
}

struct End {
    int status = 0;
    std::string printed;
};

// In a process of its own, what it prints is what the parent would log.
template <class Act>
End in_a_process(Act act) {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) fatal("pipe");
    const pid_t pid = fork();
    if (pid < 0) fatal("fork");
    if (pid == 0) {
        dup2(pipe_ends[1], STDERR_FILENO);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        log_set_sink({});
        act();
    }
    close(pipe_ends[1]);
    End end;
    std::array<char, 512> buffer{};
    for (ssize_t n = 0; (n = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;)
        end.printed.append(buffer.data(), static_cast<std::size_t>(n));
    close(pipe_ends[0]);
    waitpid(pid, &end.status, 0);
    return end;
}

void enter(Worker& w, Proc role, bool filtered) {
    if (filtered) {
        w.drop_privileges();
        confine(w.self(), worker::Phase::serving);
        if (role != w.self()) confine(role, worker::Phase::serving);
        return;
    }
    const auto& id = w.kit().identity;
    worker::enter_jail({w.self(), id.chroot_path.str(), id.uid, id.gid, false, false, 65536});
}

// What came of it, or what should have.
std::string judge(const Attempt& attempt, const End& end, Proc self, Proc role, bool filtered) {
    if (WIFEXITED(end.status) && WEXITSTATUS(end.status) == kEscaped) return "ESCAPED";
    if (!filtered || (attempt.allowed & worker::only(role)) != 0)
        return WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0 ? "refused" : "FAILED: " + end.printed;
    const bool denied = WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGSYS;
    const std::string line = std::string(proc_name(self)) + ": denied system call " + attempt.call + "(";
    return denied && end.printed.starts_with(line) ? "denied" : "FAILED: " + end.printed;
}

bool is_duty(const Attempt& attempt, Proc role, bool filtered) {
    const Processes who = filtered ? attempt.duty & attempt.allowed : attempt.duty;
    return (who & worker::only(role)) != 0;
}

void make_attempt(Worker& w, Proc role, const Attempt& attempt, bool filtered) {
    if (is_duty(attempt, role, filtered) || (filtered && is_for_sanitizers(attempt))) return;
    Target target{w, getppid(), dup(w.parent().fd())};
    const End end = in_a_process([&] {
        signal(SIGXFSZ, SIG_IGN); // so that a limit refuses, and does not end us
        enter(w, role, filtered);
        _exit(attempt.succeeds(target) ? kEscaped : 0);
    });
    close(target.file);
    if (!end.printed.empty()) fprintf(stderr, "%s", end.printed.c_str());
    log_info("escape: %s%s%s: %s", role == w.self() ? "" : "child: ", attempt.name, filtered ? "" : " without filter",
             judge(attempt, end, w.self(), role, filtered).c_str());
}

// Each table that it may only read.
void write_read_only(Worker& w) {
    for (const auto& table : w.kit().tables) {
        if (table.writable) continue;
        auto* records = w.table(table.id, table.instance).view<std::uint8_t>().data();
        const End end = in_a_process([&] {
            signal(SIGSEGV, SIG_DFL); // a sanitizer would report it
            enter(w, w.self(), true);
            *static_cast<volatile std::uint8_t*>(records) = 0;
            _exit(kEscaped);
        });
        const bool fault = WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGSEGV;
        log_info("escape: write to the table %s/%u: %s", shm::table_def(table.id).name.data(), table.instance,
                 fault ? "denied" : "ESCAPED");
    }
}

// As worker::run does it, up to the privileges.
int break_out(Proc self) {
    log_init(proc_name(self), LogLevel::info);
    try {
        Worker w(self, UniqueFd(3));
        w.receive_start_kit();
        for (const Attempt& attempt : kAttempts) {
            make_attempt(w, self, attempt, true);
            if (attempt.filter == tried) make_attempt(w, self, attempt, false);
            if (self == Proc::cli) make_attempt(w, Proc::cli_child, attempt, true);
        }
        write_read_only(w);
        w.drop_privileges();
        for (const Proc peer : {Proc::session, Proc::datapath, Proc::radius, Proc::cli})
            w.on_peer(peer, [](const imsg::Channel&) {});
        w.serve();
    } catch (const std::exception& e) {
        fatalx("%s", e.what());
    }
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view path(argv[0]);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    for (const Proc proc : {Proc::session, Proc::datapath, Proc::radius, Proc::cli})
        if (proc_name(proc) == name) return argc > 1 ? worker::run(argc, argv, proc, [](Worker&) {}) : break_out(proc);
    fprintf(stderr, "%s: not the name of a worker\n", argv[0]);
    return EXIT_FAILURE;
}
