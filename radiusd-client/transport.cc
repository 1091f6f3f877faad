// SPDX-License-Identifier: ISC
#include "radiusd-client/transport.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/log.h"
#include "lib/radius/packet.h"

namespace lns::radius_client {

namespace {

constexpr std::size_t kBatch = 16;      // as many as one system call brings
constexpr int kBatchesPerWake = 16;     // then the other sockets' turn
constexpr int kReceiveBuffer = 1 << 20; // thousands of replies may come at once

} // namespace

struct Transport::Batch {
    std::array<std::array<std::uint8_t, radius::kMaxPacket + 1>, kBatch> octets;
    std::array<mmsghdr, kBatch> messages;
    std::array<iovec, kBatch> parts;
    std::array<sockaddr_in, kBatch> addresses;

    std::size_t receive(int fd) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            parts[i] = {octets[i].data(), octets[i].size()};
            messages[i] = {};
            msghdr& m = messages[i].msg_hdr;
            m.msg_name = &addresses[i];
            m.msg_namelen = sizeof addresses[i];
            m.msg_iov = &parts[i];
            m.msg_iovlen = 1;
        }
        int n = 0;
        do {
            n = recvmmsg(fd, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
        } while (n < 0 && errno == EINTR);
        return n < 0 ? 0 : static_cast<std::size_t>(n);
    }
};

Transport::~Transport() = default;

Transport::Transport(EventLoop& loop, std::vector<UniqueFd> sockets, Received received)
    : sockets_(std::move(sockets)), received_(std::move(received)), batch_(std::make_unique<Batch>()) {
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
    for (int i = 0; i < kBatchesPerWake; ++i) {
        const std::size_t n = batch_->receive(sockets_[socket].get());
        for (std::size_t k = 0; k < n; ++k)
            received_(socket, from_sockaddr(batch_->addresses[k]),
                      Bytes(batch_->octets[k]).first(batch_->messages[k].msg_len));
        if (n < kBatch) return;
    }
}

} // namespace lns::radius_client
