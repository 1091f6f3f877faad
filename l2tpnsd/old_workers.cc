// SPDX-License-Identifier: ISC
#include "l2tpnsd/old_workers.h"

#include <algorithm>
#include <csignal>
#include <sys/wait.h>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

#include "l2tpnsd/child_process.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr std::chrono::seconds kTimeToObey{2};
constexpr std::chrono::seconds kTimeToDie{10};

// Of a parent that executed itself anew they are children.
void reap_if_ours(int pidfd) {
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
}

} // namespace

OldWorkers OldWorkers::find(const InstanceRecord& record) {
    OldWorkers found;
    for (const RecordedWorker& worker : record.workers) {
        UniqueFd pidfd(pidfd_open(worker.pid, 0));
        // The order counts: the process the descriptor stands for is the one whose start time is read, or dead.
        if (!pidfd || start_time_of(worker.pid) != worker.started) continue;
        if (ended_by(pidfd.get(), Clock::now())) // nobody has taken its exit status yet
            reap_if_ours(pidfd.get());
        else
            found.alive_.push_back({worker, std::move(pidfd)});
    }
    return found;
}

std::size_t OldWorkers::count(Proc proc) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(alive_, [proc](const Worker& worker) { return worker.record.id.proc == proc; }));
}

Status<> OldWorkers::end(std::span<const Proc> kinds) {
    const auto concerned = [kinds](const Worker& worker) {
        return std::ranges::find(kinds, worker.record.id.proc) != kinds.end();
    };
    for (const Worker& worker : alive_)
        if (concerned(worker)) pidfd_send_signal(worker.pidfd.get(), SIGTERM, nullptr, 0);
    const MonoTime obey = Clock::now() + kTimeToObey;
    for (const Worker& worker : alive_) {
        if (!concerned(worker)) continue;
        const char* name = proc_name(worker.record.id.proc).data();
        const int fd = worker.pidfd.get();
        if (!ended_by(fd, obey)) {
            log_warnx("%s (pid %d) of before does not go: it is killed", name, static_cast<int>(worker.record.pid));
            pidfd_send_signal(fd, SIGKILL, nullptr, 0);
        }
        if (!ended_by(fd, Clock::now() + kTimeToDie))
            return failure(std::string(name) + " (pid " + std::to_string(worker.record.pid) +
                           ") of the parent before cannot be ended");
        reap_if_ours(fd);
        log_debug("%s (pid %d) of before has ended", name, static_cast<int>(worker.record.pid));
    }
    std::erase_if(alive_, concerned);
    return Done{};
}

Status<> OldWorkers::end_all() {
    std::vector<Proc> kinds;
    for (const Worker& worker : alive_)
        kinds.push_back(worker.record.id.proc);
    return end(kinds);
}

} // namespace lns::parent
