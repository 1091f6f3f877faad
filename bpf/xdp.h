// SPDX-License-Identifier: ISC OR GPL-2.0-only
// fast_path stack: decapsulated before the kernel's own input, which then takes the packet as one of that interface.
// fast_path redirect: both directions past the kernel's input and output, from driver to driver.
#pragma once

#include "bpf/hop.h"
#include "bpf/session.h"
#include "bpf/throttle.h"

// Does the UDP checksum hold? There is no word of the network card's here. One that is still to be made by the card of
// a neighbour on this machine does not: the kernel knows of those, and would go on to finish it where it is no more.
static __noinline int xdp_checksum_holds(struct xdp_md* frame) {
    const struct Outer* outer = (const void*)(long)frame->data;
    if ((const void*)(outer + 1) > (const void*)(long)frame->data_end) return 0;
    return outer->udp.check == 0 || adds_up(frame, HOOK_XDP, outer);
}

// False of a frame in several buffers, which goes the usual way.
static __always_inline int is_whole(const struct xdp_md* frame, __u64 size) {
    return size <= 0xffff && (const void*)(long)frame->data + size <= (const void*)(long)frame->data_end;
}

// Is its Ethernet header for the interface that it arrived at? A card may listen to those for others, too.
static __always_inline int is_for_us(const struct xdp_md* frame) {
    const struct ethhdr* eth = (const void*)(long)frame->data;
    const __u32 interface = frame->ingress_ifindex;
    const struct LnsFastPort* port = bpf_map_lookup_elem(&fast_ports, &interface);
    if (!port || (const void*)(eth + 1) > (const void*)(long)frame->data_end) return 0;
    const __u16* to = (const void*)eth->h_dest;
    return to[0] == port->address[0] && to[1] == port->address[1] && to[2] == port->address[2];
}

static __always_inline int find_up_xdp(struct xdp_md* frame, struct Passing* p) {
    const __u64 size = bpf_xdp_get_buff_len(frame);
    const void* data = (const void*)(long)frame->data;
    if (!is_whole(frame, size) || !find_up(data, (const void*)(long)frame->data_end, (__u32)size, p)) return 0;
    const struct iphdr* inner = data + p->offset;
    return is_for_us(frame) && !announces_segment_size(frame, HOOK_XDP, inner, p->offset + sizeof *inner) &&
           xdp_checksum_holds(frame);
}

// Leaves the packet behind an Ethernet header. False: it is lost.
static __always_inline int decapsulate(struct xdp_md* frame, const struct Passing* p, const struct ethhdr* header) {
    if (bpf_xdp_adjust_head(frame, (int)(p->offset - sizeof *header)) != 0) return 0;
    struct ethhdr* eth = (void*)(long)frame->data;
    if ((void*)(eth + 1) > (void*)(long)frame->data_end) return 0;
    *eth = *header;
    return 1;
}

SEC("xdp.frags")
int fast_stack(struct xdp_md* frame) {
    struct Passing p;
    if (!find_up_xdp(frame, &p)) return XDP_PASS;
    const struct ethhdr* eth = (const void*)(long)frame->data;
    if ((const void*)(eth + 1) > (const void*)(long)frame->data_end) return XDP_PASS;
    const struct ethhdr header = *eth;

    const enum Admission admission = admit(&p.session->up, LNS_FAST_UP, p.index, 1, p.octets);
    if (admission != ADMITTED) return refuse(admission, &p.counters->up_throttled, XDP_DROP, XDP_PASS);
    if (!decapsulate(frame, &p, &header)) {
        count_lost(LNS_FAST_UP);
        return XDP_DROP;
    }
    count_up(&p);
    return XDP_PASS;
}

// A sum of TCP or UDP that a card was to finish: such a packet comes from a neighbour on this machine, and no card will
// see it any more.
static __always_inline int is_unfinished(struct xdp_md* frame, const struct iphdr* ip, __u32 at) {
    __u16 sum = 0;
    const __u32 where = ip->protocol == IPPROTO_TCP ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check);
    if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP) return 0;
    if ((ip->frag_off & bpf_htons(IP_OFFSET)) != 0) return 0;
    if (bpf_xdp_load_bytes(frame, at + where, &sum, sizeof sum) != 0) return 0;
    const __be16 size = bpf_htons(bpf_ntohs(ip->tot_len) - sizeof *ip);
    return sum == fold((__u64)ip->saddr + ip->daddr + bpf_htons(ip->protocol) + size);
}

static __always_inline int can_be_sent_by(__u32 interface) {
    const struct LnsFastPort* port = bpf_map_lookup_elem(&fast_ports, &interface);
    return port && port->sends;
}

// RFC 1812 5.3.1
static __always_inline void decrement_ttl(struct iphdr* ip) {
    const __u32 sum = (__u32)ip->check + bpf_htons(0x0100);
    ip->check = (__u16)(sum + (sum >= 0xffff));
    --ip->ttl;
}

// Without what padded a short frame.
static __always_inline int cut_to(struct xdp_md* frame, __u32 size) {
    const int padding = (int)(bpf_xdp_get_buff_len(frame) - size);
    return padding <= 0 || bpf_xdp_adjust_tail(frame, -padding) == 0;
}

// Where the kernel would forward it to, as a packet that arrived at that interface.
static __always_inline int find_way_out(struct xdp_md* frame, const struct iphdr* ip, struct bpf_fib_lookup* way) {
    __builtin_memset(way, 0, sizeof *way);
    way->family = FAMILY_IPV4;
    way->tos = ip->tos;
    way->l4_protocol = ip->protocol;
    way->tot_len = bpf_ntohs(ip->tot_len);
    way->ifindex = frame->ingress_ifindex;
    way->ipv4_src = ip->saddr;
    way->ipv4_dst = ip->daddr;
    return bpf_fib_lookup(frame, way, sizeof *way, 0) == BPF_FIB_LKUP_RET_SUCCESS && can_be_sent_by(way->ifindex);
}

static __always_inline int redirect_up(struct xdp_md* frame, const struct Passing* p) {
    const struct iphdr* inner = (const void*)(long)frame->data + p->offset;
    if ((const void*)(inner + 1) > (const void*)(long)frame->data_end || inner->ttl <= 1) return XDP_PASS;
    struct bpf_fib_lookup way;
    if (is_unfinished(frame, inner, p->offset + sizeof *inner) || !find_way_out(frame, inner, &way)) return XDP_PASS;
    struct ethhdr header;
    set_link_header(&header, &way);

    const enum Admission admission = admit(&p->session->up, LNS_FAST_UP, p->index, 1, p->octets);
    if (admission != ADMITTED) return refuse(admission, &p->counters->up_throttled, XDP_DROP, XDP_PASS);
    if (!cut_to(frame, p->offset + p->octets) || !decapsulate(frame, p, &header)) {
        count_lost(LNS_FAST_UP);
        return XDP_DROP;
    }
    struct iphdr* ip = (void*)(long)frame->data + sizeof header;
    if ((void*)(ip + 1) > (void*)(long)frame->data_end) return XDP_DROP; // never: the verifier does not know
    decrement_ttl(ip);
    count_up(p);
    return (int)bpf_redirect(way.ifindex, 0);
}

// A framed network may hold an address of this machine, which is for the machine.
static __always_inline int is_local(struct xdp_md* frame, const struct iphdr* ip, struct bpf_fib_lookup* way) {
    __builtin_memset(way, 0, sizeof *way);
    way->family = FAMILY_IPV4;
    way->ifindex = frame->ingress_ifindex;
    way->ipv4_src = ip->saddr;
    way->ipv4_dst = ip->daddr;
    return bpf_fib_lookup(frame, way, sizeof *way, 0) == BPF_FIB_LKUP_RET_NOT_FWDED;
}

#define NET_LOOPBACK 127
#define FIRST_MULTICAST 224

// No source that the kernel would refuse (RFC 1812 5.3.7).
static __always_inline int has_proper_source(const struct iphdr* ip) {
    const __u8 net = *(const __u8*)&ip->saddr;
    return net != 0 && net != NET_LOOPBACK && net < FIRST_MULTICAST;
}

// Not inlined: the stack of a program is small.
static __noinline int redirect_down(struct xdp_md* frame) {
    const __u64 size = bpf_xdp_get_buff_len(frame);
    const struct ethhdr* eth = (const void*)(long)frame->data;
    const struct iphdr* ip = (const void*)(eth + 1);
    if ((const void*)(ip + 1) > (const void*)(long)frame->data_end || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct Passing p;
    if (!find_down(ip->daddr, &p)) return XDP_PASS;
    const __u32 octets = bpf_ntohs(ip->tot_len);
    if (*(const __u8*)ip != 0x45 || octets < sizeof *ip || sizeof *eth + octets > size || octets > p.session->mru ||
        octets + sizeof(struct Encapsulation) > 0xffff || header_sum(ip) != 0xffff || ip->ttl <= 1 ||
        (ip->frag_off & ~bpf_htons(IP_DF)) != 0 || !has_proper_source(ip))
        return XDP_PASS;
    if (!is_whole(frame, size) || !is_for_us(frame)) return XDP_PASS;
    const __u32 transport = sizeof *eth + sizeof *ip;
    if (announces_segment_size(frame, HOOK_XDP, ip, transport) || is_unfinished(frame, ip, transport)) return XDP_PASS;
    struct Encapsulation e ALIGNED;
    struct bpf_fib_lookup way;
    if (ip->daddr != p.session->address && is_local(frame, ip, &way)) return XDP_PASS;
    if (!make_encapsulation(&e, &p, octets) ||
        find_way(frame, &e, octets + sizeof e, &way) != BPF_FIB_LKUP_RET_SUCCESS || !can_be_sent_by(way.ifindex))
        return XDP_PASS;

    const enum Admission admission = admit(&p.session->down, LNS_FAST_DOWN, p.index, 1, octets);
    if (admission != ADMITTED) return refuse(admission, &p.counters->down_throttled, XDP_DROP, XDP_PASS);
    // Whatever fails of this leaves the packet as it was.
    if (!cut_to(frame, sizeof *eth + octets) || bpf_xdp_adjust_head(frame, -(int)sizeof e) != 0) return XDP_PASS;
    void* out = (void*)(long)frame->data;
    struct iphdr* inner = out + sizeof *eth + sizeof e;
    if ((void*)(inner + 1) > (void*)(long)frame->data_end) return XDP_DROP; // never: the verifier does not know
    set_link_header(out, &way);
    put_encapsulation(out + sizeof *eth, &e);
    decrement_ttl(inner);
    count_down(&p, 1, octets);
    return (int)bpf_redirect(way.ifindex, 0);
}

SEC("xdp.frags")
int fast_redirect(struct xdp_md* frame) {
    struct Passing p;
    return find_up_xdp(frame, &p) ? redirect_up(frame, &p) : redirect_down(frame);
}
