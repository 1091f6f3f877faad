// SPDX-License-Identifier: ISC OR GPL-2.0-only
// Throttling as user space does it (datapathd/gcra.h), and on the same words. For every hook.
#pragma once

#include "bpf/maps.h"

#define FINE_PER_NANOSECOND 16
#define ADMIT_ATTEMPTS 4 // to be the one who changes the word; all fail only when other processors are at it, too

enum Admission {
    ADMITTED,
    OVER_THE_RATE, // to be dropped, and counted
    UNDECIDED,     // for user space: a train whose packets have to be judged one by one, or a word in dispute
};

// May a load of so many packets and octets of session `index` pass at the rate? What passes is charged: nothing but to
// forward it is to follow. For a session without a rate this is one test of a word next to those just read.
static __always_inline enum Admission admit(const struct LnsFastRate* rate, enum LnsFastWay way, __u32 index,
                                            __u32 packets, __u32 octets) {
    const __u64 per_octet = READ_ONCE(rate->per_octet);
    if (per_octet == 0) return ADMITTED;
    struct LnsFastThrottle* throttle = bpf_map_lookup_elem(&fast_throttle, &index);
    if (!throttle) return UNDECIDED;
    __u64* full_at = way == LNS_FAST_UP ? &throttle->up : &throttle->down;
    const __u64 cost = octets * per_octet >> LNS_FAST_RATE_SHIFT;
    const __u64 now = bpf_ktime_get_ns() * FINE_PER_NANOSECOND; // the coarse clock stands still for milliseconds
    const __u64 latest = now + READ_ONCE(rate->burst);
    __u64 known = READ_ONCE(*full_at);
#pragma unroll
    for (int i = 0; i < ADMIT_ATTEMPTS; ++i) {
        const __u64 from = known > now ? known : now;
        // A packet that costs more than the burst may pass when nothing is owed, or it never could; a train need not.
        if (from + cost > latest && (packets > 1 || from > now)) return packets > 1 ? UNDECIDED : OVER_THE_RATE;
        const __u64 found = __sync_val_compare_and_swap(full_at, known, from + cost);
        if (found == known) return ADMITTED;
        known = found;
    }
    return UNDECIDED;
}

// What becomes of one that is not admitted.
static __always_inline int refuse(enum Admission admission, __u64* dropped, int drop, int leave_alone) {
    if (admission != OVER_THE_RATE) return leave_alone;
    __sync_fetch_and_add(dropped, 1);
    return drop;
}
