// SPDX-License-Identifier: ISC
#include "l2tpnsd/handover.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>

namespace lns::parent {

namespace {

using imsg::SocketKind;

constexpr const char* kVariable = "L2TPNSD_HANDOVER";

// Those between workers are of one set of workers only.
bool passes(SocketKind kind) {
    return kind == SocketKind::l2tp || kind == SocketKind::tun || kind == SocketKind::icmp || kind == SocketKind::cli ||
           kind == SocketKind::radius;
}

} // namespace

// "KIND:DESCRIPTOR KIND:DESCRIPTOR ..."
Handover Handover::take() {
    Handover self;
    const char* value = getenv(kVariable);
    if (value == nullptr) return self;
    self.any_ = true;
    std::istringstream text(value);
    unsigned kind = 0;
    char colon = 0;
    int fd = -1;
    while (text >> kind >> colon >> fd)
        if (fd > STDERR_FILENO && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
            self.held_.emplace_back(static_cast<SocketKind>(kind), UniqueFd(fd));
    unsetenv(kVariable);
    return self;
}

void Handover::give(const std::vector<HeldSocket>& sockets, bool stay) {
    std::string text;
    for (const HeldSocket& socket : sockets) {
        if (!passes(socket.kind)) continue;
        fcntl(socket.fd.get(), F_SETFD, stay ? 0 : FD_CLOEXEC);
        text += std::to_string(static_cast<unsigned>(socket.kind)) + ":" + std::to_string(socket.fd.get()) + " ";
    }
    if (stay)
        setenv(kVariable, text.c_str(), 1);
    else
        unsetenv(kVariable);
}

std::vector<UniqueFd> Handover::sockets(SocketKind kind) {
    std::vector<UniqueFd> out;
    for (auto& [of, fd] : held_)
        if (of == kind && fd) out.push_back(std::move(fd));
    return out;
}

} // namespace lns::parent
