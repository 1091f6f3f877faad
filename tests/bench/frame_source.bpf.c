// SPDX-License-Identifier: ISC OR GPL-2.0-only
// Test packets made and taken off in the kernel: see frame_source.cc.
//
//   frame_source  run by BPF_PROG_TEST_RUN on live frames: writes one and sends it out of its interface
//   frame_sink    at the far ends: counts test packets and ends them there; all else goes on
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tests/bench/frame_source.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct FrameSession);
} frame_sessions SEC(".maps");

// Each is written by one processor only, the generator's.
struct FramePlan plan;
volatile __u32 stop;
__u32 turn;       // the session whose frame is next
__u32 left;       // frames of this train
__u64 next_train; // when it may begin
__u64 now;        // when this one did
__u64 offered, carried, copies;
__u64 flight[FRAME_BUCKETS];

#define L2TP_DATA 2
#define L2TP_PORT 1701
#define PPP_ALL_STATIONS 0xff
#define PPP_UNNUMBERED 0x03
#define PPP_IP 0x21
#define TTL 64
#define DONT_FRAGMENT 0x4000

struct Packet { // of a subscriber
    struct iphdr ip;
    struct udphdr udp;
    __u32 sent[2]; // ns, low and high half; 0: unknown
};

struct Tunnelled {
    struct iphdr ip;
    struct udphdr udp;
    __be16 flags, tunnel, session;
    __u8 ppp[4];
    __u8 packet[sizeof(struct Packet)]; // its words are not where the compiler would put them
};
#define IN_FRONT offsetof(struct Tunnelled, packet)

typedef __u16 __attribute__((may_alias)) AnyWord; // read after words of other types were written

static __always_inline __u16 header_checksum(const void* header) {
    const AnyWord* w = header;
    __u32 sum = 0;
#pragma unroll
    for (int i = 0; i < 10; ++i)
        sum += w[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__u16)~sum;
}

// UDP checksums are 0, none.
static __always_inline void write_headers(struct iphdr* ip, struct udphdr* udp, __u32 octets, __be32 from, __be32 to,
                                          __be16 from_port, __be16 to_port) {
    *(__u8*)ip = 0x45;
    ip->tos = 0;
    ip->tot_len = bpf_htons(octets);
    ip->id = 0;
    ip->frag_off = bpf_htons(DONT_FRAGMENT);
    ip->ttl = TTL;
    ip->protocol = IPPROTO_UDP;
    ip->check = 0;
    ip->saddr = from;
    ip->daddr = to;
    ip->check = header_checksum(ip);
    udp->source = from_port;
    udp->dest = to_port;
    udp->len = bpf_htons(octets - sizeof *ip);
    udp->check = 0;
}

static __always_inline void write_packet(struct Packet* packet, const struct FrameSession* session) {
    write_headers(&packet->ip, &packet->udp, plan.size, plan.up ? session->address : plan.core,
                  plan.up ? plan.core : session->address, plan.test_port, plan.test_port);
    const __u64 sent = plan.train == 0 ? 0 : now;
    packet->sent[0] = (__u32)sent;
    packet->sent[1] = (__u32)(sent >> 32);
}

static __always_inline void write_tunnelled(struct Tunnelled* frame, const struct FrameSession* session) {
    write_headers(&frame->ip, &frame->udp, IN_FRONT + plan.size, plan.lac, plan.lns, session->lac_port,
                  bpf_htons(L2TP_PORT));
    frame->flags = bpf_htons(L2TP_DATA);
    frame->tunnel = session->tunnel;
    frame->session = session->session;
    frame->ppp[0] = PPP_ALL_STATIONS;
    frame->ppp[1] = PPP_UNNUMBERED;
    frame->ppp[2] = 0;
    frame->ppp[3] = PPP_IP;
    write_packet((void*)frame->packet, session);
}

// Is it time for a frame? One that is much too late is not made up for.
static __always_inline int is_due(void) {
    const __u64 late = 20 * plan.train_gap;
    if (plan.train == 0) return 1;
    if (left == 0) {
        now = bpf_ktime_get_ns();
        if (now < next_train) return 0;
        next_train = next_train + late < now ? now : next_train + plan.train_gap;
        left = plan.train;
    }
    --left;
    return 1;
}

SEC("xdp")
int frame_source(struct xdp_md* context) {
    void* data = (void*)(long)context->data;
    void* end = (void*)(long)context->data_end;
    struct ethhdr* link = data;
    if (data + sizeof *link + sizeof(struct Packet) > end) return XDP_ABORTED;
    if (stop || !is_due()) return XDP_DROP; // the page comes back at once: that is how time passes
    const __u32 index = turn;
    turn = index + 1 < plan.sessions ? index + 1 : 0;
    const struct FrameSession* session = bpf_map_lookup_elem(&frame_sessions, &index);
    if (!session) return XDP_ABORTED;

    // The page has what the last receiver left in it.
    __builtin_memcpy(link->h_dest, plan.to, sizeof plan.to);
    __builtin_memcpy(link->h_source, plan.from, sizeof plan.from);
    link->h_proto = bpf_htons(ETH_P_IP);
    if (plan.encapsulated) {
        struct Tunnelled* frame = (void*)(link + 1);
        if ((void*)(frame + 1) > end) return XDP_ABORTED;
        write_tunnelled(frame, session);
    } else {
        write_packet((void*)(link + 1), session);
    }
    ++offered;
    return XDP_TX;
}

static __always_inline void count_flight(__u64 ns) {
    __u32 power = 0;
    __u64 top = ns >> FRAME_BUCKET_BITS;
    for (int i = 0; i < 32 && top > 1; ++i) {
        top >>= 1;
        ++power;
    }
    const __u64 bucket = ns < 16 ? ns : ((__u64)(power + 1) << FRAME_BUCKET_BITS) | ((ns >> power) & 15);
    if (bucket < FRAME_BUCKETS) ++flight[bucket];
}

// Is it one of ours? Ends there.
static __always_inline int take(const struct Packet* packet, const void* end) {
    if ((const void*)(packet + 1) > end || packet->ip.protocol != IPPROTO_UDP) return 0;
    if (packet->udp.dest == plan.copy_port) {
        ++copies;
        return 1;
    }
    if (packet->udp.dest != plan.test_port) return 0;
    ++carried;
    const __u64 sent = (__u64)packet->sent[1] << 32 | packet->sent[0];
    if (sent != 0) count_flight(bpf_ktime_get_ns() - sent);
    return 1;
}

// What an LNS sends through a tunnel: no more than version and ids in front, PPP header compressed or not.
static __always_inline int take_tunnelled(const struct Tunnelled* frame, const void* end) {
    if ((const void*)(frame + 1) > end || frame->ip.protocol != IPPROTO_UDP ||
        frame->udp.source != bpf_htons(L2TP_PORT) || frame->flags != bpf_htons(L2TP_DATA))
        return 0;
    const __u8* ppp = frame->ppp;
    if (ppp[0] == PPP_IP) return take((const void*)(ppp + 1), end);
    if (ppp[0] == 0 && ppp[1] == PPP_IP) return take((const void*)(ppp + 2), end);
    if (ppp[0] != PPP_ALL_STATIONS || ppp[1] != PPP_UNNUMBERED) return 0;
    if (ppp[2] == PPP_IP) return take((const void*)(ppp + 3), end);
    return ppp[2] == 0 && ppp[3] == PPP_IP && take((const void*)frame->packet, end);
}

SEC("xdp")
int frame_sink(struct xdp_md* context) {
    void* data = (void*)(long)context->data;
    void* end = (void*)(long)context->data_end;
    const struct ethhdr* link = data;
    if (data + sizeof *link > end || link->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
    return take((const void*)(link + 1), end) || take_tunnelled((const void*)(link + 1), end) ? XDP_DROP : XDP_PASS;
}

char licence[] SEC("license") = "Dual BSD/GPL";
