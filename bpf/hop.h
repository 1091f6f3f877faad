// SPDX-License-Identifier: ISC OR GPL-2.0-only
// The way to a LAC, by the kernel's tables.
#pragma once

#include "bpf/session.h"

static __always_inline void set_link_header(struct ethhdr* eth, const struct bpf_fib_lookup* way) {
    __builtin_memcpy(eth->h_dest, way->dmac, ETH_ALEN);
    __builtin_memcpy(eth->h_source, way->smac, ETH_ALEN);
    eth->h_proto = bpf_htons(ETH_P_IP);
}

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

struct Hop {
    __u32 interface;
    __be32 address;
    struct ethhdr link; // h_proto 0: not known
};

// A look-up is a large part of what the program costs, so what it found is good for the tick of the clock that it was
// made in, 1 to 10 ms: a changed route or neighbour is followed so much later at most. Each processor has its own.
// Nothing else looks at them while a packet is at it; even if (on a kernel for real time) the tick is written first, as
// none, and last, and read last.
struct KnownHop {
    __u64 tick; // 0: none
    __be32 local, peer;
    __be16 port, peer_port;
    __u32 largest; // datagram that need not be fragmented
    struct Hop hop;
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

static __always_inline int is_ethernet(__u32 interface) {
    return bpf_map_lookup_elem(&fast_ports, &interface) != 0; // no others are in it
}

static __always_inline void note_hop(struct KnownHop* known, const struct Encapsulation* e,
                                     const struct bpf_fib_lookup* way, int has_neighbour, __u64 tick) {
    WRITE_ONCE(known->tick, 0);
    barrier();
    known->local = e->ip.saddr;
    known->peer = e->ip.daddr;
    known->port = e->udp.source;
    known->peer_port = e->udp.dest;
    known->largest = way->tot_len; // the way's MTU by now, before Linux 5.12 what was asked for
    known->hop.interface = way->ifindex;
    known->hop.address = way->ipv4_dst;
    set_link_header(&known->hop.link, way);
    if (!has_neighbour || !is_ethernet(way->ifindex)) known->hop.link.h_proto = 0;
    barrier();
    WRITE_ONCE(known->tick, tick);
}

// The next hop to the LAC for a datagram of that size. False: none, or it does not fit. The link header is known only
// to what comes later in the tick: the first packet goes by the kernel's neighbour, which notices that it is in use and
// asks whether it is still there.
static __always_inline int find_hop(struct __sk_buff* skb, const struct Encapsulation* e, __u32 size, __u64 tick,
                                    struct Hop* hop) {
    const __u32 slot = LNS_FAST_HASH(bpf_ntohl(e->ip.daddr) ^ e->udp.dest, KNOWN_HOPS - 1);
    struct KnownHop* known = bpf_map_lookup_elem(&fast_hops, &slot);
    if (!known) return 0;
    *hop = known->hop;
    barrier();
    if (is_hop_for(known, e, size, tick)) return 1;
    struct bpf_fib_lookup way;
    const long found = find_way(skb, e, size, &way);
    if (found != BPF_FIB_LKUP_RET_SUCCESS && found != BPF_FIB_LKUP_RET_NO_NEIGH) return 0;
    note_hop(known, e, &way, found == BPF_FIB_LKUP_RET_SUCCESS, tick);
    hop->interface = way.ifindex;
    hop->address = way.ipv4_dst;
    hop->link.h_proto = 0;
    return 1;
}
