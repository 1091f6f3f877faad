// SPDX-License-Identifier: ISC OR GPL-2.0-only
// fast_path tc: up into the ingress of the TUN device, down at its egress.
#pragma once

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "bpf/hop.h"
#include "bpf/session.h"
#include "bpf/throttle.h"

// To user space, by way of whatever other programs there are.
#define LEAVE_ALONE TC_ACT_UNSPEC

// Do the octets that can be read directly go so far?
static __always_inline int reaches(const struct __sk_buff* skb, __u32 octets) {
    return (const void*)(long)skb->data + octets <= (const void*)(long)skb->data_end;
}

// Does the UDP checksum hold? As the kernel decides it for a socket: none, verified by the network card, or still to be
// made by the card of a neighbour on this machine (then it is the pseudo header's sum); otherwise by adding it all up.
static __noinline int checksum_holds(struct __sk_buff* skb) {
    const struct Outer* outer = (const void*)(long)skb->data;
    if ((const void*)(outer + 1) > (const void*)(long)skb->data_end) return 0;
    if (outer->udp.check == 0 || bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0) return 1;
    return outer->udp.check == fold(pseudo_header_sum(outer)) || adds_up(skb, HOOK_TC, outer);
}

SEC("tc")
int fast_up(struct __sk_buff* skb) {
    // A train that the card or GRO has joined, or a frame that is not for us
    if (skb->protocol != bpf_htons(ETH_P_IP) || skb->pkt_type != PACKET_HOST || skb->gso_size != 0 || skb->vlan_present)
        return LEAVE_ALONE;
    if (!reaches(skb, HEADERS) && bpf_skb_pull_data(skb, HEADERS) != 0) return LEAVE_ALONE;
    const void* data = (const void*)(long)skb->data;
    struct Passing p;
    if (!find_up(data, (const void*)(long)skb->data_end, skb->len, &p)) return LEAVE_ALONE;
    const struct iphdr* inner = data + p.offset;
    if (announces_segment_size(skb, HOOK_TC, inner, p.offset + sizeof *inner) || !checksum_holds(skb))
        return LEAVE_ALONE;

    const enum Admission admission = admit(&p.session->up, LNS_FAST_UP, p.index, 1, p.octets);
    if (admission != ADMITTED) return refuse(admission, &p.counters->up_throttled, TC_ACT_SHOT, LEAVE_ALONE);
    if (bpf_skb_adjust_room(skb, (__s32)sizeof(struct ethhdr) - (__s32)p.offset, BPF_ADJ_ROOM_MAC, 0) != 0)
        return LEAVE_ALONE;
    count_up(&p);
    return (int)bpf_redirect(p.state->tun, BPF_F_INGRESS);
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

SEC("tc")
int fast_down(struct __sk_buff* skb) {
    if (skb->protocol != bpf_htons(ETH_P_IP)) return LEAVE_ALONE;
    const __u32 needed = sizeof(struct iphdr) + sizeof(struct tcphdr);
    if (!reaches(skb, needed)) bpf_skb_pull_data(skb, skb->len < needed ? skb->len : needed);
    void* data = (void*)(long)skb->data;
    void* end = (void*)(long)skb->data_end;
    const struct iphdr* ip = data;
    if ((void*)(ip + 1) > end || ip->version != 4) return LEAVE_ALONE;
    struct Passing p;
    if (!find_down(ip->daddr, &p)) return LEAVE_ALONE;
    struct Load load;
    if (!weigh(skb, ip, end, &load) || load.largest > p.session->mru) return LEAVE_ALONE;
    if (skb->len + sizeof(struct Encapsulation) > 0xffff ||
        announces_segment_size(skb, HOOK_TC, ip, (__u32)ip->ihl * 4))
        return LEAVE_ALONE;

    struct Encapsulation e ALIGNED;
    if (!make_encapsulation(&e, &p, skb->len)) return LEAVE_ALONE;
    struct Hop hop;
    if (!find_hop(skb, &e, load.largest + sizeof e, p.now, &hop) || hop.interface == p.state->tun) return LEAVE_ALONE;
    const enum Admission admission = admit(&p.session->down, LNS_FAST_DOWN, p.index, load.packets, load.octets);
    if (admission != ADMITTED) return refuse(admission, &p.counters->down_throttled, TC_ACT_SHOT, LEAVE_ALONE);

    const __u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
                        BPF_F_ADJ_ROOM_ENCAP_L2(sizeof e.l2tp + sizeof e.ppp);
    if (bpf_skb_adjust_room(skb, sizeof e, BPF_ADJ_ROOM_MAC, flags) != 0) return LEAVE_ALONE;
    const long made = bpf_skb_change_head(skb, sizeof(struct ethhdr), 0);
    void* out = (void*)(long)skb->data;
    if (made != 0 || out + sizeof(struct ethhdr) + sizeof e > (void*)(long)skb->data_end) {
        count_lost(LNS_FAST_DOWN);
        return TC_ACT_SHOT;
    }
    // The hash stays the inner packet's: what is for one LAC is spread over a card's queues by flow.
    put_encapsulation(out + sizeof(struct ethhdr), &e);
    count_down(&p, load.packets, load.octets);
    if (hop.link.h_proto != 0) {
        put_link_header(out, &hop.link);
        return (int)bpf_redirect(hop.interface, 0);
    }
    // It wants the place of a link header, and fills it.
    struct bpf_redir_neigh next = {.nh_family = FAMILY_IPV4, .ipv4_nh = hop.address};
    return (int)bpf_redirect_neigh(hop.interface, &next, sizeof next, 0);
}
