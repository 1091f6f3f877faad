// SPDX-License-Identifier: ISC
#include "clid/child.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/worker/system_call_filter.h"

namespace lns::clid {

namespace {

void prepare_socket(unsigned idle_seconds) {
    const int on = 1;
    setsockopt(kSocketFd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(kSocketFd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Somebody who does not read a long list must not hold his place for ever.
    const timeval patience{static_cast<time_t>(idle_seconds), 0};
    setsockopt(kSocketFd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

} // namespace

void begin_child(pid_t master) {
    signal(SIGCHLD, SIG_DFL); // the master's handler writes to a descriptor that is closed here
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != master) _exit(EXIT_FAILURE);
    log_set_sink({}); // it would write to the master's channel
}

// What other objects of this memory think they own is closed behind their back: they are never used or
// destroyed here. (Telling the event loop would be wrong: its epoll instance is the master's.)
void keep_only(int channel, int socket) {
    const int c = fcntl(channel, F_DUPFD_CLOEXEC, kSocketFd + 1);
    const int s = fcntl(socket, F_DUPFD_CLOEXEC, kSocketFd + 1);
    if (c < 0 || s < 0 || dup2(c, kChannelFd) < 0 || dup2(s, kSocketFd) < 0) _exit(EXIT_FAILURE);
    if (close_range(kSocketFd + 1, ~0U, 0) != 0) _exit(EXIT_FAILURE);
}

void serve_connection(ChildPlan plan, const SuiteView& view) {
    begin_child(plan.master);
    keep_only(plan.channel.release(), plan.socket.release());
    prepare_socket(plan.settings.idle_seconds);
    worker::confine(Proc::cli_child, worker::Phase::serving);
    MasterLink master{UniqueFd(kChannelFd)};
    Shell shell(std::move(plan.settings), view, master);
    shell.run(kSocketFd);
    _exit(EXIT_SUCCESS);
}

} // namespace lns::clid
