// SPDX-License-Identifier: ISC
// One worker as a process: started, signalled and reaped by pidfd, so that a signal cannot reach another
// process that got the same number.
#pragma once

#include <string>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace lns::parent {

// Has the process of that pidfd ended by then? Waits if need be.
bool ended_by(int pidfd, MonoTime deadline);

class ChildProcess {
public:
    // Forks and executes: the parent's channel becomes descriptor 3, `output` its standard output and
    // error. All other descriptors of ours must be close-on-exec.
    static Result<ChildProcess> start(const std::string& program, UniqueFd channel, UniqueFd output);

    // The same for PROGRAM --layout: no channel, no capabilities, no way to new ones, nothing to be written to disk.
    static Result<ChildProcess> probe(const std::string& program, UniqueFd output);

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] int pidfd() const { return pidfd_.get(); } // readable when it has ended
    void signal(int number) const;
    // Takes its exit status, waiting if need be: "exit status 2", "signal 9 (Killed)".
    std::string reap();

private:
    static Result<ChildProcess> fork_and_execute(const std::string& program, int channel, int output);
    ChildProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    pid_t pid_;
    UniqueFd pidfd_;
};

} // namespace lns::parent
