// SPDX-License-Identifier: ISC
// What the driver of an interface can do for XDP, by the kernel's netdev family of generic netlink.
#pragma once

namespace lns::parent {

// Does it send frames that arrived at another interface? Kernels before Linux 6.3 do not tell: then yes.
bool sends_redirected_frames(unsigned interface);

} // namespace lns::parent
