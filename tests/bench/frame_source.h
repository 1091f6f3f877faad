// SPDX-License-Identifier: ISC
// What frame_source and its programs share. C, for both compilers. Words marked `wire` are in network byte order.
#pragma once

#include <linux/types.h>

// A subscriber, and the words of the L2TP header that the LNS knows him by.
struct FrameSession {
    __u32 address;  // wire
    __u16 lac_port; // wire
    __u16 tunnel;   // wire: assigned by the LNS, as is the next
    __u16 session;  // wire
    __u16 unused;
};

struct FramePlan {
    __u8 to[6], from[6];        // of the link
    __u32 lac, lns, core;       // wire: addresses
    __u16 test_port, copy_port; // wire: UDP ports of test packets, and of copies that an interception makes of them
    __u16 size;                 // octets of the IP packet to or from a subscriber
    __u8 up;                    // from the subscribers to the core; 0: to them
    __u8 encapsulated;          // in L2TP
    __u32 sessions;
    __u32 train;     // frames that leave together; 0: no pause between trains, and no time in them
    __u64 train_gap; // ns from the beginning of one train to that of the next
};

// Times of flight, in buckets of a sixteenth of a power of two, in ns.
#define FRAME_BUCKETS 512
#define FRAME_BUCKET_BITS 4
