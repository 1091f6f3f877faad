// SPDX-License-Identifier: ISC
// Option -d: the caller's process stays until the new one serves or has failed, so that its exit status
// tells which.
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

} // namespace lns::parent
