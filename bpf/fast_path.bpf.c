// SPDX-License-Identifier: ISC OR GPL-2.0-only
// The fast path in the kernel: programs that forward the plain data packets of established sessions.
//
// tc.h:
//   up    ingress of an interface towards LACs: L2TP/UDP -> decapsulated into the ingress of the TUN device
//   down  egress of the TUN device: encapsulated, and out by the route to the LAC
// xdp.h, in place of up:
//   stack  in the driver of an interface towards LACs: decapsulated, into the kernel's input of that interface
//   redirect  in the drivers of those, and of interfaces towards the core: both ways, past the kernel
//
// A packet that is not wholly as expected goes on unchanged to user space, which knows all the rest of the rules and
// counts it; but one that is over its session's rate is dropped and counted here. Of the checks of user space none is
// left out (datapathd/decap.cc, downstream.cc). (Dual licence because the kernel gives bpf_fib_lookup only to programs
// under the GPL.)
#include "bpf/tc.h"
#include "bpf/xdp.h"

char licence[] SEC("license") = "Dual BSD/GPL";
