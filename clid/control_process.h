// SPDX-License-Identifier: ISC
// The process that reads the control port, the only one that does. It holds the socket, the secret, the
// channel to the master and read-only tables.
#pragma once

#include <sys/types.h>

#include "clid/suite_view.h"
#include "lib/base/fd.h"
#include "lib/base/secret.h"

namespace lns::clid {

struct ControlPlan {
    UniqueFd socket;
    UniqueFd channel;
    pid_t master = 0;
    Secret secret;
};

// After the fork. Closes all other descriptors; ends with the master.
[[noreturn]] void serve_control(ControlPlan plan, const SuiteView& view);

} // namespace lns::clid
