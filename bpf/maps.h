// SPDX-License-Identifier: ISC OR GPL-2.0-only
// The maps, and what is looked up in them.
#pragma once

#include "bpf/fast_path.h"
#include "bpf/wire.h"

// Sizes are set when the maps are made.
#define ARRAY(name, value_type)                                                                                        \
    struct {                                                                                                           \
        __uint(type, BPF_MAP_TYPE_ARRAY);                                                                              \
        __uint(map_flags, BPF_F_MMAPABLE);                                                                             \
        __uint(max_entries, 1);                                                                                        \
        __type(key, __u32);                                                                                            \
        __type(value, struct value_type);                                                                              \
    } name SEC(".maps")

ARRAY(fast_state, LnsFastState);
ARRAY(fast_tunnel_ids, LnsFastTunnelId);
ARRAY(fast_tunnels, LnsFastTunnel);
ARRAY(fast_sessions, LnsFastSession);
ARRAY(fast_hosts, LnsFastHosts);
ARRAY(fast_counters, LnsFastCounters);
ARRAY(fast_lost, LnsFastLost);
ARRAY(fast_throttle, LnsFastThrottle);

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, LNS_FAST_PORTS);
    __type(key, __u32); // index of an interface
    __type(value, struct LnsFastPort);
} fast_ports SEC(".maps");

// The number of buckets - 1; the one thing of a map's size that a program must know.
const volatile __u32 host_mask = 0;

static __always_inline struct LnsFastState* serving_state(__u64 now) {
    const __u32 only = 0;
    struct LnsFastState* state = bpf_map_lookup_elem(&fast_state, &only);
    if (!state || READ_ONCE(state->serve_until) < now) return 0;
    return state;
}

// The session that the ids on the wire lead to; whether it is theirs is for its entry to say.
static __always_inline __u32 session_of(__be16 tunnel_id, __be16 session_id) {
    const __u32 id = bpf_ntohs(tunnel_id);
    const struct LnsFastTunnelId* by_id = bpf_map_lookup_elem(&fast_tunnel_ids, &id);
    if (!by_id) return 0;
    const __u32 number = READ_ONCE(by_id->tunnel);
    const struct LnsFastTunnel* tunnel = bpf_map_lookup_elem(&fast_tunnels, &number);
    if (!tunnel || number == 0) return 0;
    const __u32 local = bpf_ntohs(session_id) ^ (READ_ONCE(tunnel->mask) & 0xffff);
    const __u32 block = READ_ONCE(tunnel->blocks[(local >> 8) & 0xff]);
    return block == 0 ? 0 : block << 8 | (local & 0xff);
}

static __always_inline __u32 find_in(const struct LnsFastHosts* hosts, __be32 address) {
#pragma unroll
    for (int i = 0; i < LNS_FAST_BUCKET; ++i) {
        const __u64 slot = READ_ONCE(hosts->slots[i]);
        if ((__u32)slot == address) return (__u32)(slot >> 32);
    }
    return 0;
}

static __always_inline __u32 session_with(__be32 address) {
    const __u32 number = bpf_ntohl(address);
    __u32 bucket = LNS_FAST_HASH(number, host_mask);
    const struct LnsFastHosts* hosts = bpf_map_lookup_elem(&fast_hosts, &bucket);
    const __u32 found = hosts ? find_in(hosts, address) : 0;
    if (found != 0) return found;
    bucket = LNS_FAST_HASH2(number, host_mask);
    hosts = bpf_map_lookup_elem(&fast_hosts, &bucket);
    return hosts ? find_in(hosts, address) : 0;
}

// The network's slot in the bucket, or 0. Without branches, each of which the verifier would follow by itself.
static __always_inline __u64 slot_in(const struct LnsFastHosts* bucket, __u64 network) {
    __u64 found = 0;
#pragma unroll
    for (int i = 0; i < LNS_FAST_BUCKET; ++i) {
        const __u64 slot = READ_ONCE(bucket->slots[i]);
        const __u64 other = (slot & LNS_FAST_ROUTE(~0U, 63, 0)) ^ network;
        __u64 negative = -other;
        KEEP_BOUNDS(negative); // or the compiler makes a branch of it
        found |= slot & (((other | negative) >> 63) - 1);
    }
    return found;
}

// The session that has the network, with its version in the high half. The slot is read again after that: it leads to
// no session but one whose it is, and so the version is of that one.
static __always_inline __u64 owner_in(__u32 bucket, __u64 network) {
    bucket += host_mask + 1;
    const struct LnsFastHosts* there = bpf_map_lookup_elem(&fast_hosts, &bucket);
    const __u64 slot = there ? slot_in(there, network) : 0;
    if (slot == 0) return 0;
    const __u32 index = LNS_FAST_ROUTE_SESSION(slot);
    const struct LnsFastSession* session = bpf_map_lookup_elem(&fast_sessions, &index);
    const __u64 version = session ? READ_ONCE(session->version) : 0;
    return slot_in(there, network) == slot ? version << 32 | index : index;
}

// The session whose framed network the address is in, by the longest prefix, with its version (0: it is not fast) in
// the high half; 0: nobody's.
__noinline __u64 session_behind(__be32 address) {
    const __u32 number = bpf_ntohl(address);
    const __u32 last = 2 * (host_mask + 1);
    const struct LnsFastHosts* lengths = bpf_map_lookup_elem(&fast_hosts, &last);
    const __u64 used = lengths ? READ_ONCE(lengths->slots[0]) : 0;
    if (used == 0) return 0;
    for (__u32 length = 32; length > 0; --length) {
        if ((used >> length & 1) == 0) continue;
        const __u32 network = number >> (32 - length) << (32 - length);
        const __u64 wanted = LNS_FAST_ROUTE(bpf_htonl(network), length, 0);
        __u64 found = owner_in(LNS_FAST_HASH(network ^ length, host_mask), wanted);
        if (found == 0) found = owner_in(LNS_FAST_HASH2(network ^ length, host_mask), wanted);
        if (found != 0) return found;
    }
    return 0;
}

// Is the packet's source the subscriber's, for that version of the session?
static __always_inline int is_source_of(const struct LnsFastSession* session, __u32 index, __u32 version,
                                        __be32 source) {
    return source == session->address || session_behind(source) == ((__u64)version << 32 | index);
}

struct Towards { // a destination
    __u32 index;
    __u32 version; // 0: by user space
};

// Whom a packet is for: a host, otherwise the framed network with the longest prefix.
static __always_inline struct Towards session_towards(__be32 destination) {
    struct Towards to = {.index = session_with(destination), .version = 0};
    if (to.index == 0) {
        const __u64 behind = session_behind(destination);
        to.index = (__u32)behind;
        to.version = (__u32)(behind >> 32);
        return to;
    }
    const struct LnsFastSession* session = bpf_map_lookup_elem(&fast_sessions, &to.index);
    if (session) to.version = READ_ONCE(session->version);
    if (session && session->address != destination) to.version = 0;
    return to;
}
