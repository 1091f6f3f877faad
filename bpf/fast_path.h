// SPDX-License-Identifier: ISC
// What the programs of the fast path and datapathd share: the values of their maps. C, for both compilers. Words
// marked `wire` are in network byte order, so that the programs compare and copy without turning them.
//
// Writers: the parent writes LnsFastState and LnsFastPort; datapathd instance 0 writes tunnel ids, tunnels, sessions
// and hosts; the programs write counters, and with every datapathd the state of throttling. Each word is written whole.
// Whatever is found half-written leads to a packet being left to user space, which is always right.
#pragma once

#include <linux/types.h>

// Changes with what the values mean; sizes are checked besides.
#define LNS_FAST_LAYOUT 0x4c4e5303U

#define LNS_FAST_TUNNEL_IDS 65536 // entries of the map of tunnel ids
#define LNS_FAST_BLOCKS 256       // of a tunnel: shm/locator.h
#define LNS_FAST_BUCKET 8         // hosts of a bucket: one cache line

// One element.
struct LnsFastState {
    __u64 serve_until; // of the monotonic clock, in ns: later than that the programs do nothing
    __u32 layout;      // LNS_FAST_LAYOUT
    __u32 tun;         // index of the TUN device
    __u16 port;        // wire: of L2TP
    __u16 unused[3];
};

// By our tunnel id.
struct LnsFastTunnelId {
    __u32 tunnel; // index; 0: none
    __u32 unused;
};

// By tunnel index.
struct LnsFastTunnel {
    __u32 blocks[LNS_FAST_BLOCKS]; // by the high octet of the local session id; 0: none
    __u32 mask;                    // local session id = id on the wire XOR this
    __u32 unused;
};

// How much may pass, in units of datapathd/gcra.h: sixteenths of nanoseconds.
struct LnsFastRate {
    __u64 per_octet; // 2^LNS_FAST_RATE_SHIFT octets take so long; 0: no limit
    __u64 burst;
};
#define LNS_FAST_RATE_SHIFT 10 // at 100 Gbit/s an octet takes 1.28 units

enum LnsFastWay { LNS_FAST_UP, LNS_FAST_DOWN };

// By session index. What a packet of the session has, and gets.
struct LnsFastSession {
    __u32 version;       // another one after each change; 0: not fast. Written last, and first set to 0
    __u32 address;       // wire: the subscriber. Set as long as the table of hosts leads here, fast or not
    __u32 peer;          // wire: the LAC
    __u32 local;         // wire: our address towards it
    __u16 peer_port;     // wire
    __u16 local_tunnel;  // wire: what the LAC puts into its packets
    __u16 local_session; // wire
    __u16 peer_tunnel;   // wire: what we put into ours
    __u16 peer_session;  // wire
    __u16 mru;           // largest IP packet downstream
    __u32 changes;       // of this entry, so far
    struct LnsFastRate up, down;
};

// By session index: the shared table `throttle`, in place of which every datapathd has this map.
struct LnsFastThrottle {
    __u64 up, down;
    __u64 down_packets; // user space's
};

// Buckets of the addresses of all sessions that are up: those that are not fast, too, so that what is for them does not
// seem to be for somebody's framed network. A bucket is chosen by LNS_FAST_HASH, or by LNS_FAST_HASH2 when that one was
// full. A slot is one word: the address (wire) in the low half, the session's index in the high one; 0: free.
struct LnsFastHosts {
    __u64 slots[LNS_FAST_BUCKET];
};
// Of the address as a number in host byte order: consecutive ones, which is what pools hand out, spread evenly.
// `mask`: buckets - 1; there is a power of two of them.
#define LNS_FAST_HASH(address, mask) ((((address)*0x9e3779b9U) >> 8) & (mask))
#define LNS_FAST_HASH2(address, mask) ((((address)*0x85ebca6bU) >> 8) & (mask))

// Behind those of the hosts, in the same map: as many buckets of framed networks, chosen likewise by the address XOR
// the length. A slot: the network's address (wire) in the low half, then 6 bits of length, then the session's index.
// The last bucket's first slot has bit N set while there are networks of length N.
#define LNS_FAST_HOSTS(buckets) (2 * (buckets) + 1)
#define LNS_FAST_ROUTE(address, length, session) ((__u64)(session) << 38 | (__u64)(length) << 32 | (address))
#define LNS_FAST_ROUTE_SESSION(slot) ((__u32)((slot) >> 38))
#define LNS_FAST_ROUTE_LENGTH(slot) ((__u32)((slot) >> 32) & 63)

// By session index. They only grow, but for what datapathd sets before the session is fast. Octets are those of IP
// packets; the times are of the monotonic clock, in ns.
struct LnsFastCounters {
    __u64 up_packets, up_octets, down_packets, down_octets;
    __u64 last_up, last_down;
    __u64 up_throttled, down_throttled; // packets dropped
};

// By the index of an interface towards LACs or the core that a program is attached to: all are Ethernet. Writer: the
// parent. Of each start its own, with its programs.
struct LnsFastPort {
    __u16 address[3]; // wire: its Ethernet address
    __u16 sends;      // frames of other interfaces, given by XDP; 0: it does not, they would be lost
};
#define LNS_FAST_PORTS 64

// One element: packets lost in the program, after it had begun to change them.
struct LnsFastLost {
    __u64 up, down;
};

#ifdef __cplusplus
static_assert(sizeof(struct LnsFastState) == 24, "");
static_assert(sizeof(struct LnsFastTunnel) == 1032, "");
static_assert(sizeof(struct LnsFastSession) == 64, "a cache line");
static_assert(sizeof(struct LnsFastHosts) == 64, "a cache line");
static_assert(sizeof(struct LnsFastCounters) == 64, "a cache line");
#else
_Static_assert(sizeof(struct LnsFastState) == 24, "");
_Static_assert(sizeof(struct LnsFastTunnel) == 1032, "");
_Static_assert(sizeof(struct LnsFastSession) == 64, "a cache line");
_Static_assert(sizeof(struct LnsFastHosts) == 64, "a cache line");
_Static_assert(sizeof(struct LnsFastCounters) == 64, "a cache line");
#endif
