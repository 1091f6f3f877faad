// SPDX-License-Identifier: ISC OR GPL-2.0-only
// fast_path tc: up into the ingress of the TUN device, down at its egress.
#pragma once

#include <stddef.h>

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "bpf/session.h"
#include "bpf/throttle.h"

// To user space, by way of whatever other programs there are.
#define LEAVE_ALONE TC_ACT_UNSPEC

// Do the octets that can be read directly go so far?
static __always_inline int reaches(const struct __sk_buff* skb, __u32 octets) {
    return (const void*)(long)skb->data + octets <= (const void*)(long)skb->data_end;
}

#define SUM_CHUNK 256 // a multiple of 4
#define SUM_CHUNKS 8  // larger datagrams are left to user space

// Does the UDP checksum hold? As the kernel decides it for a socket: none, verified by the network card, or still to be
// made by the card of a neighbour on this machine (then it is the pseudo header's sum); otherwise by adding it all up.
static __noinline int checksum_holds(struct __sk_buff* skb) {
    const struct Outer* outer = (const void*)(long)skb->data;
    if ((const void*)(outer + 1) > (const void*)(long)skb->data_end) return 0;
    if (outer->udp.check == 0 || bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0) return 1;
    __u64 sum = (__u64)outer->ip.saddr + outer->ip.daddr + bpf_htons(IPPROTO_UDP) + outer->udp.len;
    if (outer->udp.check == fold(sum)) return 1;
    __u64 left = bpf_ntohs(outer->udp.len); // 64 bits: the verifier loses the bounds of what is extended
    __u32 at = offsetof(struct Outer, udp);
    __u32 part = 0;
    __u8 chunk[SUM_CHUNK];
    for (int i = 0; i < SUM_CHUNKS && left > 0; ++i) {
        __u64 size = left < SUM_CHUNK ? left : SUM_CHUNK;
        KEEP_BOUNDS(size);
        if (size == 0 || size > SUM_CHUNK) return 0;
        if (size < SUM_CHUNK) __builtin_memset(chunk, 0, sizeof chunk);
        if (bpf_skb_load_bytes(skb, at, chunk, size) != 0) return 0;
        part = (__u32)bpf_csum_diff(0, 0, (void*)chunk, sizeof chunk, part);
        at += size;
        left -= size;
    }
    return left == 0 && fold(sum + part) == 0xffff;
}

#define TCP_FLAGS_AT 13
#define TCP_SYN 2

// Of a handshake user space brings down the segment size that it announces. `at`: where the TCP header would be.
static __always_inline int announces_segment_size(const struct __sk_buff* skb, const struct iphdr* ip, __u32 at) {
    __u8 flags = 0;
    if (ip->protocol != IPPROTO_TCP || (ip->frag_off & bpf_htons(IP_OFFSET)) != 0) return 0;
    return bpf_skb_load_bytes(skb, at + TCP_FLAGS_AT, &flags, sizeof flags) == 0 && (flags & TCP_SYN) != 0;
}

static __always_inline int throttled(__u64* counter) {
    __sync_fetch_and_add(counter, 1);
    return TC_ACT_SHOT;
}

SEC("tc")
int fast_up(struct __sk_buff* skb) {
    // A train that the card or GRO has joined, or a frame that is not for us
    if (skb->protocol != bpf_htons(ETH_P_IP) || skb->pkt_type != PACKET_HOST || skb->gso_size != 0 || skb->vlan_present)
        return LEAVE_ALONE;
    if (!reaches(skb, HEADERS) && bpf_skb_pull_data(skb, HEADERS) != 0) return LEAVE_ALONE;
    void* data = (void*)(long)skb->data;
    void* end = (void*)(long)skb->data_end;
    if (data + HEADERS > end) return LEAVE_ALONE;
    const struct Outer* outer = data;
    const __u64 now = bpf_ktime_get_coarse_ns();
    struct LnsFastState* state = serving_state(now);
    if (!state || !is_plain_data(outer, state, skb->len)) return LEAVE_ALONE;

    const __u32 index = session_of(outer->l2tp.tunnel, outer->l2tp.session);
    const struct LnsFastSession* session = bpf_map_lookup_elem(&fast_sessions, &index);
    struct LnsFastCounters* counters = bpf_map_lookup_elem(&fast_counters, &index);
    if (!session || !counters) return LEAVE_ALONE;
    const __u32 version = READ_ONCE(session->version);
    if (version == 0 || !is_from_session(outer, session)) return LEAVE_ALONE;

    const __u32 offset = inner_offset(data + sizeof(struct Outer));
    if (offset == 0) return LEAVE_ALONE;
    const struct iphdr* inner = data + offset;
    if ((void*)(inner + 1) > end) return LEAVE_ALONE;
    const __u32 octets = bpf_ntohs(inner->tot_len);
    if (*(const __u8*)inner != 0x45 || octets < sizeof *inner ||
        offset + octets > sizeof(struct ethhdr) + bpf_ntohs(outer->ip.tot_len) || header_sum(inner) != 0xffff ||
        !is_source_of(session, index, version, inner->saddr) || READ_ONCE(session->version) != version)
        return LEAVE_ALONE;
    if (announces_segment_size(skb, inner, offset + sizeof *inner) || !checksum_holds(skb)) return LEAVE_ALONE;

    const enum Admission admission = admit(&session->up, LNS_FAST_UP, index, 1, octets);
    if (admission == OVER_THE_RATE) return throttled(&counters->up_throttled);
    if (admission != ADMITTED) return LEAVE_ALONE;
    if (bpf_skb_adjust_room(skb, (__s32)sizeof(struct ethhdr) - (__s32)offset, BPF_ADJ_ROOM_MAC, 0) != 0)
        return LEAVE_ALONE;
    __sync_fetch_and_add(&counters->up_packets, 1);
    __sync_fetch_and_add(&counters->up_octets, octets);
    counters->last_up = now;
    return (int)bpf_redirect(state->tun, BPF_F_INGRESS);
}

struct Load {      // what an skb carries to the subscriber
    __u32 largest; // packet
    __u32 packets;
    __u32 octets;
};

// False: not to be judged here.
static __always_inline int weigh(struct __sk_buff* skb, const struct iphdr* ip, const void* end, struct Load* load) {
    const __u32 size = skb->len;
    const __u32 segment = skb->gso_size;
    // A fragment goes the way of those of the same packet that are too large, and so behind them.
    if (bpf_ntohs(ip->tot_len) != size || (ip->frag_off & ~bpf_htons(IP_DF)) != 0) return 0;
    load->largest = size;
    load->packets = 1;
    load->octets = size;
    if (segment == 0) return 1;
    if (*(const __u8*)ip != 0x45) return 0;
    __u32 headers = sizeof *ip;
    if (ip->protocol == IPPROTO_TCP) {
        const struct tcphdr* tcp = (const void*)(ip + 1);
        if ((const void*)(tcp + 1) > end) return 0;
        headers += (__u32)tcp->doff * 4;
    } else if (ip->protocol == IPPROTO_UDP) {
        headers += sizeof(struct udphdr);
    } else {
        return 0;
    }
    if (size <= headers) return 0;
    load->packets = (size - headers + segment - 1) / segment;
    load->octets = size + (load->packets - 1) * headers;
    if (headers + segment < size) load->largest = headers + segment;
    return 1;
}

// The way to the LAC, if it takes datagrams of that size whole.
static __always_inline int find_way(struct __sk_buff* skb, const struct Encapsulation* e, __u32 size,
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
    const long result = bpf_fib_lookup(skb, way, sizeof *way, 0);
    return result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_NO_NEIGH;
}

static __always_inline int lost_down(void) {
    const __u32 only = 0;
    struct LnsFastLost* lost = bpf_map_lookup_elem(&fast_lost, &only);
    if (lost) __sync_fetch_and_add(&lost->down, 1);
    return TC_ACT_SHOT;
}

SEC("tc")
int fast_down(struct __sk_buff* skb) {
    if (skb->protocol != bpf_htons(ETH_P_IP)) return LEAVE_ALONE;
    const __u32 needed = sizeof(struct iphdr) + sizeof(struct tcphdr);
    if (!reaches(skb, needed)) bpf_skb_pull_data(skb, skb->len < needed ? skb->len : needed);
    void* data = (void*)(long)skb->data;
    void* end = (void*)(long)skb->data_end;
    const struct iphdr* ip = data;
    if ((void*)(ip + 1) > end || ip->version != 4) return LEAVE_ALONE;
    const struct Towards to = session_towards(ip->daddr);
    const struct LnsFastSession* session = bpf_map_lookup_elem(&fast_sessions, &to.index);
    struct LnsFastCounters* counters = bpf_map_lookup_elem(&fast_counters, &to.index);
    const __u64 now = bpf_ktime_get_coarse_ns();
    struct LnsFastState* state = serving_state(now);
    if (to.version == 0 || !session || !counters || !state) return LEAVE_ALONE;
    struct Load load;
    if (!weigh(skb, ip, end, &load) || load.largest > session->mru) return LEAVE_ALONE;
    if (skb->len + sizeof(struct Encapsulation) > 0xffff || announces_segment_size(skb, ip, (__u32)ip->ihl * 4))
        return LEAVE_ALONE;

    struct Encapsulation e;
    fill(&e, session, skb->len);
    e.udp.source = state->port;
    if (READ_ONCE(session->version) != to.version) return LEAVE_ALONE;
    e.ip.check = ~(__u16)header_sum((const void*)&e.ip);
    struct bpf_fib_lookup way;
    if (!find_way(skb, &e, load.largest + sizeof e, &way) || way.ifindex == state->tun) return LEAVE_ALONE;
    const enum Admission admission = admit(&session->down, LNS_FAST_DOWN, to.index, load.packets, load.octets);
    if (admission == OVER_THE_RATE) return throttled(&counters->down_throttled);
    if (admission != ADMITTED) return LEAVE_ALONE;

    const __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
                        BPF_F_ADJ_ROOM_ENCAP_L2(sizeof e.l2tp + sizeof e.ppp);
    if (bpf_skb_adjust_room(skb, sizeof e, BPF_ADJ_ROOM_MAC, flags) != 0) return LEAVE_ALONE;
    // bpf_redirect_neigh wants the place of a link header, and fills it.
    if (bpf_skb_store_bytes(skb, 0, &e, sizeof e, BPF_F_INVALIDATE_HASH) != 0 ||
        bpf_skb_change_head(skb, sizeof(struct ethhdr), 0) != 0)
        return lost_down();
    __sync_fetch_and_add(&counters->down_packets, load.packets);
    __sync_fetch_and_add(&counters->down_octets, load.octets);
    counters->last_down = now;
    struct bpf_redir_neigh next = {.nh_family = FAMILY_IPV4, .ipv4_nh = way.ipv4_dst};
    return (int)bpf_redirect_neigh(way.ifindex, &next, sizeof next, 0);
}
