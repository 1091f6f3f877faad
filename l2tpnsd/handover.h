// SPDX-License-Identifier: ISC
// Descriptors that pass to the next image of the parent when it executes itself: the sockets that the world sends
// to, and the queues of the TUN device. What waits in them is lost to nobody, and a RADIUS server that is asked again
// is asked from the port it knows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "l2tpnsd/start_kit.h"
#include "lib/base/fd.h"

namespace lns::parent {

class Handover {
public:
    Handover() = default; // of a start from nothing
    // What the image before left in the environment, which forgets it.
    static Handover take();
    // Leaves descriptors behind: to be followed by execve. With `stay` false that is undone.
    static void give(const std::vector<HeldSocket>& sockets, bool stay = true);

    [[nodiscard]] bool any() const { return any_; }
    // All of a kind, in the order they were held in.
    std::vector<UniqueFd> sockets(imsg::SocketKind kind);

private:
    bool any_ = false;
    std::vector<std::pair<imsg::SocketKind, UniqueFd>> held_;
};

} // namespace lns::parent
