// SPDX-License-Identifier: ISC
// Giving up privileges: one linear list that anybody can audit (DESIGN 2, worker start).
#pragma once

#include <cstdint>
#include <string>

#include "lib/imsg/process.h"

namespace lns::worker {

struct Jail {
    Proc who{};
    std::string chroot_path; // empty directory; "" keeps the root (tests without privileges)
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    bool lock_pages = false;
    bool scheduler_fifo = false;
    std::uint32_t session_slots = 0; // of the tables: what it may keep in memory follows from it
};

// Ends the process when any step fails: no worker runs with more than it should have. The filter of system
// calls comes on top (system_call_filter.h).
void enter_jail(const Jail& jail);

} // namespace lns::worker
