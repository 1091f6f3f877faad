// SPDX-License-Identifier: ISC
#include "l2tpnsd/background.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include "l2tpnsd/exit_status.h"
#include "lib/base/log.h"
#include "lib/worker/precedence.h"

namespace lns::parent {

Background Background::enter() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fatal("pipe");
    Background self;
    UniqueFd read_end(ends[0]);
    self.pipe_.reset(ends[1]);
    const pid_t pid = fork();
    if (pid < 0) fatal("fork");
    if (pid != 0) {
        self.pipe_.reset();
        std::uint8_t status = kExitSystem; // it died without a word
        [[maybe_unused]] const ssize_t ignored = read(read_end.get(), &status, 1);
        _exit(status);
    }
    setsid();
    return self;
}

void Background::report(int status) {
    const auto octet = static_cast<std::uint8_t>(status);
    if (pipe_) [[maybe_unused]]
        const ssize_t ignored = write(pipe_.get(), &octet, 1);
    pipe_.reset();
}

void Background::serving() {
    if (!pipe_) return;
    const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (null) dup2(null.get(), stream);
    report(kExitAsked);
}

void Background::failed(int status) { report(status); }

void precede_other_sessions() {
    if (getsid(0) != getpid()) return;                                        // a shell's: not ours to change
    const UniqueFd group(open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC)); // not there: processes are not grouped
    if (group) dprintf(group.get(), "%d", worker::kPrecedence);
}

} // namespace lns::parent
