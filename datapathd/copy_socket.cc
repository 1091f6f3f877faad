// SPDX-License-Identifier: ISC
#include "datapathd/copy_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

namespace lns::datapath {

namespace {

constexpr std::size_t kAtOnce = 64;

} // namespace

CopyPort::Outcome CopySocket::send(std::span<const Copy> copies) {
    Outcome outcome;
    while (!copies.empty()) {
        std::array<mmsghdr, kAtOnce> headers{};
        std::array<iovec, kAtOnce> parts;
        std::array<sockaddr_in, kAtOnce> to;
        const std::size_t count = std::min(copies.size(), kAtOnce);
        for (std::size_t i = 0; i < count; ++i) {
            to[i] = to_sockaddr(copies[i].to);
            parts[i] = {const_cast<std::uint8_t*>(copies[i].packet.data()), copies[i].packet.size()};
            headers[i].msg_hdr.msg_name = &to[i];
            headers[i].msg_hdr.msg_namelen = sizeof to[i];
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = sendmmsg(fd_.get(), headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            outcome.sent += static_cast<std::size_t>(sent);
            copies = copies.subspan(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            outcome.no_room += copies.size();
            break;
        } else { // only the first was tried
            ++outcome.refused;
            copies = copies.subspan(1);
        }
    }
    return outcome;
}

} // namespace lns::datapath
