// SPDX-License-Identifier: ISC
#include "tools/lacsim/ports.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <system_error>

#include "lib/base/inet.h"

namespace lns::lacsim {
namespace {

constexpr int kSocketBuffer = 16 << 20;
constexpr std::size_t kReceiveBatch = 32;
constexpr std::size_t kReceiveSize = 65536; // with UDP_GRO a train of datagrams comes as one

void socket_buffers(int fd) {
    // The FORCE variants need CAP_NET_ADMIN; without it the system's limit has to do.
    for (const auto& [force, plain] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}})
        if (setsockopt(fd, SOL_SOCKET, force, &kSocketBuffer, sizeof kSocketBuffer) != 0)
            (void)setsockopt(fd, SOL_SOCKET, plain, &kSocketBuffer, sizeof kSocketBuffer);
}

} // namespace

struct Ports::ReceiveBuffers {
    std::vector<std::uint8_t> octets = std::vector<std::uint8_t>(kReceiveBatch * kReceiveSize);
    std::array<iovec, kReceiveBatch> iov{};
    std::array<mmsghdr, kReceiveBatch> messages{};
    std::array<std::array<std::uint8_t, CMSG_SPACE(sizeof(int))>, kReceiveBatch> control{};

    void prepare() {
        for (std::size_t i = 0; i < kReceiveBatch; ++i) {
            iov[i] = {octets.data() + i * kReceiveSize, kReceiveSize};
            messages[i].msg_hdr = {};
            messages[i].msg_hdr.msg_iov = &iov[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = control[i].data();
            messages[i].msg_hdr.msg_controllen = control[i].size();
        }
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
        return messages[i].msg_len;
    }
};

Ports::Ports(const Options& options, L2tpCounters& counters, Rng& rng)
    : impair_(options.impair), counters_(&counters), rng_(&rng), buffers_(kBatch),
      receive_(std::make_unique<ReceiveBuffers>()) {}
Ports::~Ports() = default;

std::uint32_t Ports::open(Endpoint bind_to, Endpoint peer) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) throw std::system_error(errno, std::generic_category(), "socket");
    socket_buffers(fd.get());
    const int on = 1;
    (void)setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof on);
    const sockaddr_in local = to_sockaddr(bind_to);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        throw std::system_error(errno, std::generic_category(), "bind " + to_string(bind_to));
    const sockaddr_in remote = to_sockaddr(peer);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote) != 0)
        throw std::system_error(errno, std::generic_category(), "connect " + to_string(peer));
    fds_.push_back(std::move(fd));
    return static_cast<std::uint32_t>(fds_.size() - 1);
}

bool Ports::chance(double part) { return part > 0 && static_cast<double>(rng_->below(1000000)) < part * 1000000; }

void Ports::send(std::uint32_t port, Bytes datagram) {
    if (!impair_.any()) return queue(port, datagram);
    if (chance(impair_.loss)) {
        ++counters_->impaired;
        return;
    }
    const bool twice = chance(impair_.duplicate);
    if (!held_ && chance(impair_.reorder)) {
        ++counters_->impaired;
        held_ = Held{port, {datagram.begin(), datagram.end()}};
        return;
    }
    queue(port, datagram);
    if (twice) {
        ++counters_->impaired;
        queue(port, datagram);
    }
    if (held_) {
        const Held held = std::move(*held_);
        held_.reset();
        queue(held.port, held.datagram);
    }
}

void Ports::release() {
    if (held_) {
        queue(held_->port, held_->datagram);
        held_.reset();
    }
    flush();
}

void Ports::queue(std::uint32_t port, Bytes datagram) {
    if (datagram.size() > kDatagram) return;
    if (queued_ == kBatch) flush();
    std::copy(datagram.begin(), datagram.end(), buffers_[queued_].begin());
    sizes_[queued_] = static_cast<std::uint16_t>(datagram.size());
    ports_[queued_] = port;
    ++queued_;
}

void Ports::flush() {
    std::size_t first = 0;
    while (first < queued_) {
        std::size_t last = first + 1;
        while (last < queued_ && ports_[last] == ports_[first])
            ++last;
        flush_run(first, last);
        first = last;
    }
    queued_ = 0;
}

void Ports::flush_run(std::size_t first, std::size_t last) {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> iov{};
    for (std::size_t i = first; i < last; ++i) {
        iov[i] = {buffers_[i].data(), sizes_[i]};
        messages[i].msg_hdr.msg_iov = &iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (first < last) {
        const int n = sendmmsg(fd(ports_[first]), &messages[first], static_cast<unsigned>(last - first), 0);
        if (n > 0) {
            counters_->datagrams_sent += static_cast<std::uint64_t>(n);
            first += static_cast<std::size_t>(n);
        } else if (errno != EINTR) {
            // An ICMP error that came back earlier (nobody listens), or no memory: this datagram is lost, and
            // retransmission is there for lost ones.
            ++counters_->send_errors;
            ++first;
        }
    }
}

bool Ports::receive(std::uint32_t port, const std::function<void(Bytes datagram)>& take) {
    ReceiveBuffers& r = *receive_;
    r.prepare();
    const int n = recvmmsg(fd(port), r.messages.data(), kReceiveBatch, MSG_DONTWAIT, nullptr);
    if (n <= 0) return false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        Bytes train(r.octets.data() + i * kReceiveSize, r.messages[i].msg_len);
        const std::size_t segment = std::max<std::size_t>(r.segment(i), 1);
        while (!train.empty()) {
            const Bytes datagram = train.first(std::min(segment, train.size()));
            train = train.subspan(datagram.size());
            ++counters_->datagrams_received;
            if (impair_.any())
                take_impaired(datagram, take);
            else
                take(datagram);
        }
    }
    return static_cast<std::size_t>(n) == kReceiveBatch;
}

void Ports::take_impaired(Bytes datagram, const std::function<void(Bytes)>& take) {
    if (chance(impair_.loss)) {
        ++counters_->impaired;
        return;
    }
    if (!held_back_ && chance(impair_.reorder)) {
        ++counters_->impaired;
        held_back_.emplace(datagram.begin(), datagram.end());
        return;
    }
    take(datagram);
    if (chance(impair_.duplicate)) {
        ++counters_->impaired;
        take(datagram);
    }
    if (held_back_) {
        const std::vector<std::uint8_t> late = std::move(*held_back_);
        held_back_.reset();
        take(late);
    }
}

} // namespace lns::lacsim
