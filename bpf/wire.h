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

struct Encapsulation { // what is put in front
    struct iphdr ip;
    struct udphdr udp;
    struct L2tpData l2tp;
    __u8 ppp[4];
} __attribute__((packed));

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
