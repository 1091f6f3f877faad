// SPDX-License-Identifier: ISC
// Precedence among the suite's processes; and over the other programs of the machine, more of it as the settings
// lock_pages and scheduler_fifo ask, by privileges that the worker still has: where they are missing, a warning, and it
// does without.
#pragma once

#include "lib/imsg/process.h"

namespace lns::worker {

// What the process has touched, now or later, is not swapped out. Tables are sparse: their untouched pages take no
// memory then either. Where the parent could not raise the limit, only what is mapped now: beyond it the worker would
// get no memory at all.
void lock_memory();

constexpr bool is_waited_for(Proc who) { return who == Proc::session || who == Proc::datapath; }

// Those that subscribers wait for precede the threads of the kernel that receive under a flood, which have the usual
// nice value: at the same value each would have half of the processor, and half of what was received at such cost is
// lost for want of the other half. What cannot be taken is then lost where that costs nothing, in the ring of the card.
constexpr int kPrecedence = -10; // a nice value
void precede_receiving(Proc who);

// Whether a process runs under SCHED_FIFO: one that subscribers wait for, where there is more than one processor. On
// the only one it could keep all others from running.
constexpr bool comes_first(Proc who, long processors) { return processors > 1 && is_waited_for(who); }
void schedule_first(Proc who);

// Whether a process is under SCHED_BATCH: one that no packet waits for. When it is woken on a processor that is in use,
// it does not interrupt who runs there. So it does not hold up packets, and finds more to do at once: log-ins take the
// processes that share a processor for them a third less of it.
constexpr bool gives_way(Proc who) { return who == Proc::session || who == Proc::radius; }
void give_way(Proc who);

} // namespace lns::worker
