// SPDX-License-Identifier: ISC OR GPL-2.0-only
// What a packet of a session has to be, and gets, whichever hook it is met at.
#pragma once

#include <stddef.h>

#include "bpf/maps.h"

// The hook that a program is at; a constant wherever it is passed on.
enum Hook { HOOK_TC, HOOK_XDP };

static __always_inline int is_plain_data(const struct Outer* outer, const struct LnsFastState* state, __u32 received) {
    const __u32 total = bpf_ntohs(outer->ip.tot_len);
    return outer->eth.h_proto == bpf_htons(ETH_P_IP) && *(const __u8*)&outer->ip == 0x45 &&
           (outer->ip.frag_off & ~bpf_htons(IP_DF)) == 0 && outer->ip.protocol == IPPROTO_UDP &&
           outer->udp.dest == state->port && outer->l2tp.flags == bpf_htons(L2TP_DATA) &&
           sizeof(struct ethhdr) + total <= received && bpf_ntohs(outer->udp.len) + sizeof(struct iphdr) == total &&
           header_sum((const void*)&outer->ip) == 0xffff;
}

static __always_inline int is_from_session(const struct Outer* outer, const struct LnsFastSession* session) {
    return session->local_tunnel == outer->l2tp.tunnel && session->local_session == outer->l2tp.session &&
           session->peer == outer->ip.saddr && session->peer_port == outer->udp.source &&
           session->local == outer->ip.daddr;
}

// A plain packet of a session, on its way through.
struct Passing {
    const struct LnsFastState* state;
    const struct LnsFastSession* session;
    struct LnsFastCounters* counters;
    __u64 now;
    __u32 index;
    __u32 version;
    __u32 offset; // up: where the packet begins in its frame
    __u32 octets; // up: of the packet
};

static __always_inline int find_session(__u32 index, struct Passing* p) {
    p->index = index;
    p->session = bpf_map_lookup_elem(&fast_sessions, &index);
    p->counters = bpf_map_lookup_elem(&fast_counters, &index);
    if (!p->session || !p->counters) return 0;
    p->version = READ_ONCE(p->session->version);
    return p->version != 0;
}

// Does the frame hold a plain packet of a session, by all that its headers say?
static __always_inline int find_up(const void* data, const void* end, __u32 received, struct Passing* p) {
    if (data + HEADERS > end) return 0;
    const struct Outer* outer = data;
    p->now = bpf_ktime_get_coarse_ns();
    p->state = serving_state(p->now);
    if (!p->state || !is_plain_data(outer, p->state, received)) return 0;
    if (!find_session(session_of(outer->l2tp.tunnel, outer->l2tp.session), p)) return 0;
    if (!is_from_session(outer, p->session)) return 0;

    p->offset = inner_offset(data + sizeof(struct Outer));
    if (p->offset == 0) return 0;
    const struct iphdr* inner = data + p->offset;
    if ((const void*)(inner + 1) > end) return 0;
    p->octets = bpf_ntohs(inner->tot_len);
    return *(const __u8*)inner == 0x45 && p->octets >= sizeof *inner &&
           p->offset + p->octets <= sizeof(struct ethhdr) + bpf_ntohs(outer->ip.tot_len) &&
           header_sum(inner) == 0xffff && is_source_of(p->session, p->index, p->version, inner->saddr) &&
           READ_ONCE(p->session->version) == p->version;
}

static __always_inline int find_down(__be32 destination, struct Passing* p) {
    const struct Towards to = session_towards(destination);
    if (to.version == 0 || !find_session(to.index, p)) return 0;
    p->version = to.version; // of the session that has the destination
    p->now = bpf_ktime_get_coarse_ns();
    p->state = serving_state(p->now);
    return p->state != 0;
}

static __always_inline void count_up(const struct Passing* p) {
    __sync_fetch_and_add(&p->counters->up_packets, 1);
    __sync_fetch_and_add(&p->counters->up_octets, p->octets);
    p->counters->last_up = p->now;
}

static __always_inline void count_down(const struct Passing* p, __u32 packets, __u32 octets) {
    __sync_fetch_and_add(&p->counters->down_packets, packets);
    __sync_fetch_and_add(&p->counters->down_octets, octets);
    p->counters->last_down = p->now;
}

static __always_inline void count_lost(enum LnsFastWay way) {
    const __u32 only = 0;
    struct LnsFastLost* lost = bpf_map_lookup_elem(&fast_lost, &only);
    if (lost) __sync_fetch_and_add(way == LNS_FAST_UP ? &lost->up : &lost->down, 1);
}

// Octets of a frame that need not be where they can be read directly. 0, or an error.
static __always_inline long load_octets(void* frame, enum Hook hook, __u32 at, void* to, __u32 size) {
    return hook == HOOK_XDP ? bpf_xdp_load_bytes(frame, at, to, size) : bpf_skb_load_bytes(frame, at, to, size);
}

#define TCP_FLAGS_AT 13
#define TCP_SYN 2

// Of a handshake user space brings down the segment size that it announces. `at`: where the TCP header would be.
static __always_inline int announces_segment_size(void* frame, enum Hook hook, const struct iphdr* ip, __u32 at) {
    __u8 flags = 0;
    if (ip->protocol != IPPROTO_TCP || (ip->frag_off & bpf_htons(IP_OFFSET)) != 0) return 0;
    return load_octets(frame, hook, at + TCP_FLAGS_AT, &flags, sizeof flags) == 0 && (flags & TCP_SYN) != 0;
}

static __always_inline __u64 pseudo_header_sum(const struct Outer* outer) {
    return (__u64)outer->ip.saddr + outer->ip.daddr + bpf_htons(IPPROTO_UDP) + outer->udp.len;
}

#define SUM_CHUNK 256 // a multiple of 4
#define SUM_CHUNKS 8  // larger datagrams are left to user space

// Does the datagram add up with its UDP checksum?
static __always_inline int adds_up(void* frame, enum Hook hook, const struct Outer* outer) {
    const __u64 sum = pseudo_header_sum(outer);
    __u64 left = bpf_ntohs(outer->udp.len); // 64 bits: the verifier loses the bounds of what is extended
    __u32 at = offsetof(struct Outer, udp);
    __u32 part = 0;
    __u8 chunk[SUM_CHUNK];
    for (int i = 0; i < SUM_CHUNKS && left > 0; ++i) {
        __u64 size = left < SUM_CHUNK ? left : SUM_CHUNK;
        KEEP_BOUNDS(size);
        if (size == 0 || size > SUM_CHUNK) return 0;
        if (size < SUM_CHUNK) __builtin_memset(chunk, 0, sizeof chunk);
        if (load_octets(frame, hook, at, chunk, size) != 0) return 0;
        part = (__u32)bpf_csum_diff(0, 0, (void*)chunk, sizeof chunk, part);
        at += size;
        left -= size;
    }
    return left == 0 && fold(sum + part) == 0xffff;
}

#define OUTER_TTL 64

// Its checksum is added up from what the fields got: a word that was just written as two halves would be waited for.
static __always_inline void fill(struct Encapsulation* e, const struct LnsFastSession* session, __be16 port,
                                 __u32 inner) {
    __builtin_memset(e, 0, sizeof *e);
    const __be16 total = bpf_htons(sizeof *e + inner);
    const __u16 id = (__u16)bpf_get_prandom_u32(); // it may be fragmented on its way
    const __be32 from = session->local;
    const __be32 to = session->peer;
    *(__u8*)&e->ip = 0x45;
    e->ip.tot_len = total;
    e->ip.id = id;
    e->ip.ttl = OUTER_TTL;
    e->ip.protocol = IPPROTO_UDP;
    e->ip.check =
        ~(__u16)fold((__u64)from + to + bpf_htons(0x4500) + total + id + bpf_htons(OUTER_TTL << 8 | IPPROTO_UDP));
    e->ip.saddr = from;
    e->ip.daddr = to;
    e->udp.source = port;
    e->udp.dest = session->peer_port;
    e->udp.len = bpf_htons(sizeof *e - sizeof e->ip + inner);
    e->l2tp.flags = bpf_htons(L2TP_DATA);
    e->l2tp.tunnel = session->peer_tunnel;
    e->l2tp.session = session->peer_session;
    e->ppp[0] = PPP_ALL_STATIONS;
    e->ppp[1] = PPP_UNNUMBERED;
    e->ppp[3] = PPP_IP;
}

// What goes in front of `inner` octets to the session. False: it is another session by now.
static __always_inline int make_encapsulation(struct Encapsulation* e, const struct Passing* p, __u32 inner) {
    fill(e, p->session, p->state->port, inner);
    barrier();
    return READ_ONCE(p->session->version) == p->version;
}
