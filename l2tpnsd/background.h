// SPDX-License-Identifier: ISC
// Option -d: the caller's process stays until the new one serves or has failed, so that its exit status
// tells which. And what the session, which a service has to itself, means to the scheduler.
#pragma once

#include "lib/base/fd.h"

namespace lns::parent {

class Background {
public:
    Background() = default; // in the foreground: does nothing
    // Returns in the new process only; the old one waits and exits with what is reported.
    static Background enter();

    // Start-up succeeded: the caller is let go, and standard streams become /dev/null.
    void serving();
    // Start-up failed with that exit status.
    void failed(int status);

private:
    void report(int status);
    UniqueFd pipe_;
};

// The kernel groups processes by session, and weighs nice values within a group only: that of the group counts beside
// others, among them the kernel's own threads. Gives ours, where the process leads it, that of the workers that must
// precede these (lib/worker/precedence.h). Before privileges are reduced: others than CAP_SYS_ADMIN may be refused for
// a moment. Does nothing where it cannot.
void precede_other_sessions();

} // namespace lns::parent
