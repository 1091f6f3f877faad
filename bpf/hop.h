// SPDX-License-Identifier: ISC OR GPL-2.0-only
// The way to a LAC, by the kernel's tables.
#pragma once

#include "bpf/session.h"

// The way to the LAC for datagrams of that size; BPF_FIB_LKUP_RET_*.
static __always_inline long find_way(void* frame, const struct Encapsulation* e, __u32 size,
                                     struct bpf_fib_lookup* way) {
    __builtin_memset(way, 0, sizeof *way);
    way->family = FAMILY_IPV4;
    way->l4_protocol = IPPROTO_UDP;
    way->sport = e->udp.source;
    way->dport = e->udp.dest;
    way->tot_len = (__u16)size;
    way->ifindex = LOOPBACK;
    way->ipv4_src = e->ip.saddr;
    way->ipv4_dst = e->ip.daddr;
    return bpf_fib_lookup(frame, way, sizeof *way, 0);
}

// A look-up is a large part of what a packet costs, so what it found is good for the tick of the clock that it was made
// in, 1 to 10 ms: a changed route is followed so much later at most. Each processor has its own. Nothing else looks at
// them while a packet is at it; even if (on a kernel for real time) the tick is written first, as none, and last, and
// read last.
struct KnownHop {
    __u64 tick; // 0: none
    __be32 local, peer;
    __be16 port, peer_port;
    __u32 largest; // datagram that need not be fragmented
    __u32 interface;
    __be32 next; // hop
};
#define KNOWN_HOPS 256

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, KNOWN_HOPS);
    __type(key, __u32);
    __type(value, struct KnownHop);
} fast_hops SEC(".maps");

static __always_inline int is_hop_for(const struct KnownHop* known, const struct Encapsulation* e, __u32 size,
                                      __u64 tick) {
    return READ_ONCE(known->local) == e->ip.saddr && READ_ONCE(known->peer) == e->ip.daddr &&
           READ_ONCE(known->port) == e->udp.source && READ_ONCE(known->peer_port) == e->udp.dest &&
           size <= READ_ONCE(known->largest) && READ_ONCE(known->tick) == tick;
}

static __always_inline void note_hop(struct KnownHop* known, const struct Encapsulation* e,
                                     const struct bpf_fib_lookup* way, __u64 tick) {
    WRITE_ONCE(known->tick, 0);
    WRITE_ONCE(known->local, e->ip.saddr);
    WRITE_ONCE(known->peer, e->ip.daddr);
    WRITE_ONCE(known->port, e->udp.source);
    WRITE_ONCE(known->peer_port, e->udp.dest);
    WRITE_ONCE(known->largest, way->tot_len); // the way's MTU by now, before Linux 5.12 what was asked for
    WRITE_ONCE(known->interface, way->ifindex);
    WRITE_ONCE(known->next, way->ipv4_dst);
    WRITE_ONCE(known->tick, tick);
}

struct Hop {
    __u32 interface;
    __be32 address;
};

// The next hop to the LAC for a datagram of that size, its neighbour known or not. False: none, or it does not fit.
static __always_inline int find_hop(struct __sk_buff* skb, const struct Encapsulation* e, __u32 size, __u64 tick,
                                    struct Hop* hop) {
    const __u32 slot = LNS_FAST_HASH(bpf_ntohl(e->ip.daddr) ^ e->udp.dest, KNOWN_HOPS - 1);
    struct KnownHop* known = bpf_map_lookup_elem(&fast_hops, &slot);
    if (!known) return 0;
    hop->interface = READ_ONCE(known->interface);
    hop->address = READ_ONCE(known->next);
    if (is_hop_for(known, e, size, tick)) return 1;
    struct bpf_fib_lookup way;
    const long found = find_way(skb, e, size, &way);
    if (found != BPF_FIB_LKUP_RET_SUCCESS && found != BPF_FIB_LKUP_RET_NO_NEIGH) return 0;
    note_hop(known, e, &way, tick);
    hop->interface = way.ifindex;
    hop->address = way.ipv4_dst;
    return 1;
}
