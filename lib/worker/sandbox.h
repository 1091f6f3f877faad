// SPDX-License-Identifier: ISC
// Giving up privileges: one linear list that anybody can audit (DESIGN 2, worker start).
#pragma once

#include <cstdint>
#include <string>

namespace lns::worker {

struct Jail {
    std::string chroot_path; // empty directory; "" keeps the root (tests without privileges)
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

// Ends the process when any step fails: no worker runs with more than it should have.
void enter_jail(const Jail& jail);

} // namespace lns::worker
