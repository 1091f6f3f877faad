// SPDX-License-Identifier: ISC
#include "sessiond/udp_port.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/pktinfo.h"

namespace lns::sessiond {

namespace {

constexpr int kSendWaitMs = 20; // for room in a full socket buffer; then UDP loses, as it may

} // namespace

struct UdpPort::Buffers {
    std::array<std::array<std::uint8_t, kMaxDatagram>, kBatch> bytes;
    std::array<mmsghdr, kBatch> messages;
    std::array<iovec, kBatch> parts;
    std::array<sockaddr_in, kBatch> addresses;
    std::array<PktinfoControl, kBatch> controls;
};

UdpPort::UdpPort(UniqueFd fd) : fd_(std::move(fd)), buffers_(std::make_unique<Buffers>()) {
    fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    constexpr int on = 1;
    setsockopt(fd_.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

UdpPort::~UdpPort() = default;
UdpPort::UdpPort(UdpPort&&) noexcept = default;

UdpPort::Received UdpPort::receive(const std::function<void(const imsg::Datagram&)>& handle) {
    Buffers& b = *buffers_;
    for (std::size_t i = 0; i < kBatch; ++i) {
        b.parts[i] = {b.bytes[i].data(), kMaxDatagram};
        b.messages[i] = {};
        msghdr& m = b.messages[i].msg_hdr;
        m.msg_name = &b.addresses[i];
        m.msg_namelen = sizeof b.addresses[i];
        m.msg_iov = &b.parts[i];
        m.msg_iovlen = 1;
        m.msg_control = b.controls[i].room.data();
        m.msg_controllen = b.controls[i].room.size();
    }
    Received result;
    const int n = recvmmsg(fd_.get(), b.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        msghdr& m = b.messages[at].msg_hdr;
        if ((m.msg_flags & MSG_TRUNC) != 0) {
            ++result.truncated;
            continue;
        }
        ++result.datagrams;
        handle({from_sockaddr(b.addresses[at]), destination_of(m), Bytes(b.bytes[at]).first(b.messages[at].msg_len)});
    }
    return result;
}

std::size_t UdpPort::send(Outbox& outbox) {
    Buffers& b = *buffers_;
    std::vector<Outbox::Item>& items = outbox.items();
    std::size_t refused = 0;
    for (std::size_t done = 0; done < items.size();) {
        const std::size_t count = std::min(kBatch, items.size() - done);
        for (std::size_t i = 0; i < count; ++i) {
            Outbox::Item& item = items[done + i];
            b.addresses[i] = to_sockaddr(item.peer);
            b.parts[i] = {item.payload.data(), item.payload.size()};
            b.messages[i] = {};
            b.controls[i] = {};
            msghdr& m = b.messages[i].msg_hdr;
            m.msg_name = &b.addresses[i];
            m.msg_namelen = sizeof b.addresses[i];
            m.msg_iov = &b.parts[i];
            m.msg_iovlen = 1;
            set_source(m, b.controls[i], item.local);
        }
        const int n = sendmmsg(fd_.get(), b.messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
            continue;
        }
        pollfd p{fd_.get(), POLLOUT, 0};
        if ((errno == EAGAIN || errno == ENOBUFS) && poll(&p, 1, kSendWaitMs) > 0) continue;
        ++refused; // the first of the batch cannot be sent, e.g. no route: the protocol repeats it
        ++done;
    }
    items.clear();
    return refused;
}

} // namespace lns::sessiond
