// SPDX-License-Identifier: ISC
// The process of one connection, the only one that reads what an operator types. It holds the socket,
// the channel to the master, and read-only tables.
#pragma once

#include <sys/types.h>

#include "clid/shell.h"
#include "lib/base/fd.h"

namespace lns::clid {

// Where the two descriptors of a forked child of the master are.
inline constexpr int kChannelFd = 3;
inline constexpr int kSocketFd = 4;

// Just after the fork: ends with the master, and forgets its log.
void begin_child(pid_t master);
// Brings the two to their places, and closes all others.
void keep_only(int channel, int socket);

struct ChildPlan {
    UniqueFd socket;
    UniqueFd channel;
    pid_t master = 0;
    ShellSettings settings;
};

// After the fork. Closes all other descriptors; ends with the connection, or with the master.
[[noreturn]] void serve_connection(ChildPlan plan, const SuiteView& view);

} // namespace lns::clid
