// SPDX-License-Identifier: ISC
// The seccomp filter of a worker, from the rows of system_calls.h. What they do not allow raises SIGSYS, whose
// handler prints the call's name and ends the process.
#pragma once

#include "lib/worker/system_calls.h"

namespace lns::worker {

// Confines the process for good; ends it when that fails. A later call can only narrow: every filter loaded
// before still applies. Needs no_new_privs.
void confine(Proc who, Phase phase);

} // namespace lns::worker
