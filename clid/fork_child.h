// SPDX-License-Identifier: ISC
// fork(2) that also gives a descriptor of the child, the only way that clid's system call filter leaves to end
// one: it reaches no other process, whatever clid is made to do.
#pragma once

#include <sys/types.h>

#include "lib/base/fd.h"

namespace lns::clid {

struct Forked {
    pid_t pid = -1;   // 0 in the child; -1: it failed, errno says why
    UniqueFd process; // in the parent: the child's pidfd
};

Forked fork_child();

} // namespace lns::clid
