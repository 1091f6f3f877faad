// SPDX-License-Identifier: ISC
#include "tools/lacsim/batch_io.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <system_error>

namespace lns::lacsim {
namespace {

constexpr int kSocketBuffer = 64 << 20;
constexpr std::size_t kReceiveBatch = 64;
constexpr std::size_t kReceiveSize = 65536; // with UDP_GRO a train of datagrams comes as one

using Control = std::array<std::uint8_t, CMSG_SPACE(sizeof(int))>;

} // namespace

UniqueFd open_udp(Endpoint bind_to) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) throw std::system_error(errno, std::generic_category(), "socket");
    // The FORCE variants need CAP_NET_ADMIN; without it the system's limit has to do.
    for (const auto& [force, plain] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}})
        if (setsockopt(fd.get(), SOL_SOCKET, force, &kSocketBuffer, sizeof kSocketBuffer) != 0)
            (void)setsockopt(fd.get(), SOL_SOCKET, plain, &kSocketBuffer, sizeof kSocketBuffer);
    const int on = 1;
    (void)setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof on); // an old kernel has none
    const sockaddr_in local = to_sockaddr(bind_to);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        throw std::system_error(errno, std::generic_category(), "bind " + to_string(bind_to));
    return fd;
}

struct BatchReceiver::Buffers {
    std::vector<std::uint8_t> octets = std::vector<std::uint8_t>(kReceiveBatch * kReceiveSize);
    std::array<iovec, kReceiveBatch> iov{};
    std::array<mmsghdr, kReceiveBatch> messages{};
    std::array<sockaddr_in, kReceiveBatch> from{};
    std::array<Control, kReceiveBatch> control{};

    std::size_t spent = kReceiveBatch; // which a system call has filled in

    void prepare() {
        for (std::size_t i = 0; i < spent; ++i) {
            iov[i] = {octets.data() + i * kReceiveSize, kReceiveSize};
            msghdr& header = messages[i].msg_hdr;
            header = {};
            header.msg_name = &from[i];
            header.msg_namelen = sizeof from[i];
            header.msg_iov = &iov[i];
            header.msg_iovlen = 1;
            header.msg_control = control[i].data();
            header.msg_controllen = control[i].size();
        }
        spent = 0;
    }
    // The size of the datagrams a train is made of; that of the whole when it is none.
    [[nodiscard]] std::size_t segment(std::size_t i) {
        msghdr& header = messages[i].msg_hdr;
        for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
            if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
            int size = 0;
            std::memcpy(&size, CMSG_DATA(c), sizeof size);
            if (size > 0) return static_cast<std::size_t>(size);
        }
        return std::max<std::size_t>(messages[i].msg_len, 1);
    }
};

BatchReceiver::BatchReceiver() : buffers_(std::make_unique<Buffers>()) {}
BatchReceiver::~BatchReceiver() = default;

bool BatchReceiver::receive(int fd, const std::function<void(std::span<std::uint8_t> datagram, Endpoint from)>& take) {
    Buffers& b = *buffers_;
    b.prepare();
    const int n = recvmmsg(fd, b.messages.data(), kReceiveBatch, MSG_DONTWAIT, nullptr);
    b.spent = n > 0 ? static_cast<std::size_t>(n) : 1; // a failed call may have touched the first
    if (n < 0 && errno == ECONNREFUSED) ++refused_;    // an ICMP error, told once; what has arrived is read next
    if (n <= 0) return n < 0 && errno == ECONNREFUSED;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        std::span<std::uint8_t> train(b.octets.data() + i * kReceiveSize, b.messages[i].msg_len);
        const std::size_t segment = b.segment(i);
        const Endpoint from = from_sockaddr(b.from[i]);
        while (!train.empty()) {
            const auto datagram = train.first(std::min(segment, train.size()));
            train = train.subspan(datagram.size());
            take(datagram, from);
        }
    }
    return static_cast<std::size_t>(n) == kReceiveBatch;
}

struct BatchSender::Headers {
    explicit Headers(std::size_t n) : messages(n), iov(n), to(n), control(n), datagrams(n) {}
    std::vector<mmsghdr> messages;
    std::vector<iovec> iov;
    std::vector<sockaddr_in> to;
    std::vector<Control> control;
    std::vector<std::uint32_t> datagrams;
};

BatchSender::BatchSender(std::size_t messages, std::size_t octets_each)
    : messages_(messages), octets_each_(octets_each), octets_(messages * octets_each),
      headers_(std::make_unique<Headers>(messages)) {}
BatchSender::~BatchSender() = default;

std::span<std::uint8_t> BatchSender::buffer(std::size_t n) {
    return std::span(octets_).subspan(n * octets_each_, octets_each_);
}
std::span<std::uint8_t> BatchSender::buffer() { return buffer(used_); }

void BatchSender::commit(std::size_t octets, std::size_t segment, std::optional<Endpoint> to) {
    Headers& h = *headers_;
    const std::size_t i = used_++;
    h.iov[i] = {buffer(i).data(), octets};
    h.datagrams[i] = static_cast<std::uint32_t>((octets + segment - 1) / segment);
    msghdr& header = h.messages[i].msg_hdr;
    header = {};
    header.msg_iov = &h.iov[i];
    header.msg_iovlen = 1;
    if (to) {
        h.to[i] = to_sockaddr(*to);
        header.msg_name = &h.to[i];
        header.msg_namelen = sizeof h.to[i];
    }
    if (h.datagrams[i] < 2) return;
    header.msg_control = h.control[i].data();
    header.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(segment);
    std::memcpy(CMSG_DATA(c), &size, sizeof size);
}

void BatchSender::flush(int fd) {
    Headers& h = *headers_;
    std::size_t next = 0;
    while (next < used_) {
        const int n = sendmmsg(fd, &h.messages[next], static_cast<unsigned>(used_ - next), 0);
        if (n > 0) {
            for (int i = 0; i < n; ++i)
                sent_ += h.datagrams[next++];
        } else if (errno != EINTR) {
            // An ICMP error that came back earlier, or no memory: this one is lost, the others are tried.
            last_error_ = errno;
            if (errno == ECONNREFUSED) ++refused_;
            errors_ += h.datagrams[next++];
        }
    }
    used_ = 0;
}

} // namespace lns::lacsim
