// SPDX-License-Identifier: ISC
#include "lib/imsg/relay.h"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace lns::imsg {

namespace {

struct Meta {
    std::uint32_t peer_address;
    std::uint32_t local_address;
    std::uint16_t peer_port;
    std::uint16_t unused;
    std::uint32_t session;
    std::uint32_t generation;
};

} // namespace

Relay::Relay(UniqueFd fd) : fd_(std::move(fd)), buffer_(sizeof(Meta) + kMaxPayload) {
    fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

bool Relay::send(const Datagram& datagram) {
    Meta meta{datagram.peer.address.value, datagram.local.value,    datagram.peer.port, 0,
              raw(datagram.session),       raw(datagram.generation)};
    std::array<iovec, 2> parts{
        {{&meta, sizeof meta}, {const_cast<std::uint8_t*>(datagram.payload.data()), datagram.payload.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    return sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool Relay::receive(Datagram& out) {
    const ssize_t n = recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < static_cast<ssize_t>(sizeof(Meta))) return false;
    Meta meta{};
    memcpy(&meta, buffer_.data(), sizeof meta);
    out.peer = {Ipv4{meta.peer_address}, meta.peer_port};
    out.local = Ipv4{meta.local_address};
    out.session = SessionIndex{meta.session};
    out.generation = Generation{meta.generation};
    out.payload = Bytes(buffer_).subspan(sizeof meta, static_cast<std::size_t>(n) - sizeof meta);
    return true;
}

bool Relay::closed() const {
    pollfd p{fd_.get(), POLLIN, 0};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

} // namespace lns::imsg
