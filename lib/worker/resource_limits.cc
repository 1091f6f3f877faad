// SPDX-License-Identifier: ISC
#include "config.h"

#include "lib/worker/resource_limits.h"

#include <algorithm>
#include <array>

#include "lib/base/log.h"

namespace lns::worker {

namespace {

// Descriptors: sessiond has a relay and a channel to each datapathd, clid two for each of 64 callers. Processes: the
// other instances of the suite on a machine may run as the same user. Memory: several times what the largest
// configuration was seen to need, so that it ends a process that is broken or taken over, and not the machine.
constexpr std::array kLimits{
    ResourceLimits{Proc::session, 256, 0, RLIM_INFINITY, 512, 512}, // the state it saves, into a file of the parent's
    ResourceLimits{Proc::datapath, 128, 0, 0, 256, 64},
    ResourceLimits{Proc::radius, 128, 0, RLIM_INFINITY, 512, 0},
    ResourceLimits{Proc::cli, 512, 4096, 0, 256, 0},
};

void limit(__rlimit_resource resource, rlim_t most) {
    rlimit now{};
    if (getrlimit(resource, &now) != 0) fatal("getrlimit");
    now.rlim_max = std::min(now.rlim_max, most);
    now.rlim_cur = now.rlim_max;
    if (setrlimit(resource, &now) != 0) fatal("setrlimit");
}

} // namespace

std::span<const ResourceLimits> resource_limits() { return kLimits; }

void limit_resources(Proc who, [[maybe_unused]] std::uint32_t session_slots) {
    const auto row = std::ranges::find(kLimits, who, &ResourceLimits::who);
    if (row == kLimits.end()) fatalx("no resource limits for %s", proc_name(who).data());
    limit(RLIMIT_NOFILE, row->descriptors);
    limit(RLIMIT_FSIZE, row->file_size);
    limit(RLIMIT_CORE, 0); // a core would hold secrets
    limit(RLIMIT_RTPRIO, 0);
#ifndef LNS_SANITIZED // the leak sanitizer starts a process, and shadow memory counts
    limit(RLIMIT_NPROC, row->processes);
    limit(RLIMIT_DATA, (row->memory << 20) + row->memory_per_session * session_slots);
#endif
}

} // namespace lns::worker
