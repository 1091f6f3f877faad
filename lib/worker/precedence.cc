// SPDX-License-Identifier: ISC
#include "lib/worker/precedence.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/log.h"

namespace lns::worker {

void lock_memory() {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    const bool unlimited = limit.rlim_cur == RLIM_INFINITY;
    if (!unlimited) log_warnx("lock_pages: memory that is allocated later is not locked");
    if (mlockall(MCL_CURRENT | MCL_ONFAULT | (unlimited ? MCL_FUTURE : 0)) != 0) log_warn("lock_pages");
}

void precede_receiving(Proc who) {
    if (is_waited_for(who) && setpriority(PRIO_PROCESS, 0, kPrecedence) != 0) log_warn("nice value %d", kPrecedence);
}

void schedule_first(Proc who) {
    if (!comes_first(who, sysconf(_SC_NPROCESSORS_ONLN))) return;
    sched_param lowest{};
    lowest.sched_priority = sched_get_priority_min(SCHED_FIFO);
    if (sched_setscheduler(0, SCHED_FIFO, &lowest) != 0) log_warn("scheduler_fifo");
}

void give_way(Proc who) { // or no longer, as the parent does
    const sched_param none{};
    if (sched_setscheduler(0, gives_way(who) ? SCHED_BATCH : SCHED_OTHER, &none) != 0) log_warn("SCHED_BATCH");
}

} // namespace lns::worker
