// SPDX-License-Identifier: ISC
// What a worker may use of the machine, as rows.
#pragma once

#include <cstdint>
#include <span>
#include <sys/resource.h>

#include "lib/imsg/process.h"

namespace lns::worker {

struct ResourceLimits {
    Proc who{};
    rlim_t descriptors = 0;
    rlim_t processes = 0;          // of its user; what is 0 cannot fork
    rlim_t file_size = 0;          // 0: it writes no file
    rlim_t memory = 0;             // private and writable, in MiB; shared tables come on top
    rlim_t memory_per_session = 0; // besides, in octets for each slot of the session table
};

std::span<const ResourceLimits> resource_limits();

// Sets the row's limits; no core dump, no real-time priority. Ends the process when that fails. After the change
// of user, because a limit of processes counts those of the user.
void limit_resources(Proc who, std::uint32_t session_slots);

} // namespace lns::worker
