// SPDX-License-Identifier: ISC
#include "radiusd-client/transport.h"

#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/log.h"
#include "lib/radius/packet.h"

namespace lns::radius_client {

namespace {

constexpr int kDatagramsPerWake = 256;  // then the other sockets' turn
constexpr int kReceiveBuffer = 1 << 20; // thousands of replies may come at once

} // namespace

Transport::Transport(EventLoop& loop, std::vector<UniqueFd> sockets, Received received)
    : sockets_(std::move(sockets)), received_(std::move(received)), buffer_(radius::kMaxPacket + 1) {
    for (std::uint16_t i = 0; i < this->sockets(); ++i) {
        const int fd = sockets_[i].get();
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
        watches_.emplace_back(loop, fd, [this, i] { readable(i); });
    }
}

bool Transport::send(std::uint16_t socket, Endpoint to, Bytes packet) {
    const sockaddr_in address = to_sockaddr(to);
    const ssize_t n = sendto(sockets_[socket].get(), packet.data(), packet.size(), MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (n < 0) log_debug("sending to %s failed: errno %d", to_string(to).c_str(), errno);
    return n >= 0;
}

void Transport::readable(std::uint16_t socket) {
    for (int i = 0; i < kDatagramsPerWake; ++i) {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        const ssize_t n = recvfrom(sockets_[socket].get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr*>(&address), &length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return;
        received_(socket, from_sockaddr(address), Bytes(buffer_).first(static_cast<std::size_t>(n)));
    }
}

} // namespace lns::radius_client
