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
