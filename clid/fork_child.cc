// SPDX-License-Identifier: ISC
#include "clid/fork_child.h"

#include <csignal>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lns::clid {

// Past the C library, which has no such fork: fit for a process with one thread.
Forked fork_child() {
    int pidfd = -1;
    Forked out;
    out.pid = static_cast<pid_t>(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &pidfd, nullptr, nullptr));
    if (out.pid > 0) out.process.reset(pidfd);
    return out;
}

} // namespace lns::clid
