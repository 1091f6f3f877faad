// SPDX-License-Identifier: ISC OR GPL-2.0-only
// What a packet of a session has to be, and gets, whichever hook it is met at.
#pragma once

#include "bpf/maps.h"

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

static __always_inline void fill(struct Encapsulation* e, const struct LnsFastSession* session, __u32 inner) {
    __builtin_memset(e, 0, sizeof *e);
    *(__u8*)&e->ip = 0x45;
    e->ip.tot_len = bpf_htons(sizeof *e + inner);
    e->ip.id = (__u16)bpf_get_prandom_u32(); // it may be fragmented on its way
    e->ip.ttl = 64;
    e->ip.protocol = IPPROTO_UDP;
    e->ip.saddr = session->local;
    e->ip.daddr = session->peer;
    e->udp.dest = session->peer_port;
    e->udp.len = bpf_htons(sizeof *e - sizeof e->ip + inner);
    e->l2tp.flags = bpf_htons(L2TP_DATA);
    e->l2tp.tunnel = session->peer_tunnel;
    e->l2tp.session = session->peer_session;
    e->ppp[0] = PPP_ALL_STATIONS;
    e->ppp[1] = PPP_UNNUMBERED;
    e->ppp[3] = PPP_IP;
}
