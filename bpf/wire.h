// SPDX-License-Identifier: ISC OR GPL-2.0-only
// What the programs see and make on the wire, and the sums over it.
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define IP_DF 0x4000
#define IP_OFFSET 0x1fff
#define L2TP_DATA 2 // flags and version: no T, L, S, O, P bit; version 2
#define LOOPBACK 1  // its index in every namespace; a route looked up from there is one of our own packets
#define FAMILY_IPV4 2

// Makes the compiler forget what it knows of a value, so that it does not leave out a test that the verifier needs.
#define KEEP_BOUNDS(x) __asm__ volatile("" : "+r"(x))
#define READ_ONCE(x) (*(const volatile typeof(x)*)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x)*)&(x) = (value))

struct L2tpData {
    __be16 flags;
    __be16 tunnel;
    __be16 session;
};

struct Outer { // what arrives, up to the PPP header
    struct ethhdr eth;
    struct iphdr ip;
    struct udphdr udp;
    struct L2tpData l2tp;
} __attribute__((packed));

struct Encapsulation { // what is put in front; a variable of it has to be ALIGNED
    struct iphdr ip;
    struct udphdr udp;
    struct L2tpData l2tp;
    __u8 ppp[4];
} __attribute__((packed));
#define ALIGNED __attribute__((aligned(8)))

typedef __u64 __attribute__((may_alias)) Word64; // of what has other types
typedef __u32 __attribute__((may_alias)) Word32;
typedef __u16 __attribute__((may_alias)) Word16;

// By words: the compiler would copy octets, since it knows nothing of where a packet is.
static __always_inline void put_link_header(void* at, const struct ethhdr* link) {
    const void* from = link;
#pragma unroll
    for (__u32 i = 0; i < sizeof *link / sizeof(Word16); ++i)
        ((Word16*)at)[i] = ((const Word16*)from)[i];
}

static __always_inline void put_encapsulation(void* at, const struct Encapsulation* e) {
    _Static_assert(sizeof *e == 4 * sizeof(Word64) + sizeof(Word32) + sizeof(Word16), "all of it");
    const void* from = e;
#pragma unroll
    for (int i = 0; i < 4; ++i)
        ((Word64*)at)[i] = ((const Word64*)from)[i];
    *(Word32*)(at + 4 * sizeof(Word64)) = *(const Word32*)(from + 4 * sizeof(Word64));
    *(Word16*)(at + sizeof *e - sizeof(Word16)) = *(const Word16*)(from + sizeof *e - sizeof(Word16));
}

#define PPP_ALL_STATIONS 0xff
#define PPP_UNNUMBERED 0x03
#define PPP_IP 0x21
#define MAX_PPP 4
#define HEADERS (sizeof(struct Outer) + MAX_PPP + sizeof(struct iphdr))

static __always_inline __u32 fold(__u64 sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__u32)sum;
}

// Of a header without options; 0xffff when its checksum holds.
static __always_inline __u32 header_sum(const void* header) {
    const __u32* w = header;
    return fold((__u64)w[0] + w[1] + w[2] + w[3] + w[4]);
}

// Where the inner packet begins, for a PPP frame of protocol IP, compressed or not (RFC 1661 6.5, 6.6); 0: another.
static __always_inline __u32 inner_offset(const __u8* ppp) {
    __u32 at = 0;
    if (ppp[0] == PPP_ALL_STATIONS && ppp[1] == PPP_UNNUMBERED) at = 2;
    if (at == 0) {
        if (ppp[0] == PPP_IP) return sizeof(struct Outer) + 1;
        return ppp[0] == 0 && ppp[1] == PPP_IP ? sizeof(struct Outer) + 2 : 0;
    }
    if (ppp[2] == PPP_IP) return sizeof(struct Outer) + 3;
    return ppp[2] == 0 && ppp[3] == PPP_IP ? sizeof(struct Outer) + 4 : 0;
}
