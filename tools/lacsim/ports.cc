// SPDX-License-Identifier: ISC
#include "tools/lacsim/ports.h"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>

#include "lib/base/inet.h"

namespace lns::lacsim {

Ports::Ports(const Options& options, L2tpCounters& counters, Rng& rng)
    : impair_(options.impair), counters_(&counters), rng_(&rng) {}

std::uint32_t Ports::open(Endpoint bind_to, Endpoint peer) {
    UniqueFd fd = open_udp(bind_to);
    const sockaddr_in remote = to_sockaddr(peer);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote) != 0)
        throw std::system_error(errno, std::generic_category(), "connect " + to_string(peer));
    fds_.push_back(std::move(fd));
    return static_cast<std::uint32_t>(fds_.size() - 1);
}

std::uint16_t Ports::local(std::uint32_t port) const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (getsockname(fd(port), reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
    return ntohs(own.sin_port);
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
    if (sender_.full() || port != sender_port_) flush();
    sender_port_ = port;
    Writer w(sender_.buffer());
    w.bytes(datagram);
    if (w.ok()) sender_.commit(w.size(), w.size());
}

void Ports::flush() {
    if (!sender_.empty()) sender_.flush(fd(sender_port_));
    counters_->datagrams_sent = sender_.sent();
    counters_->send_errors = sender_.errors();
    counters_->unreachable = sender_.refused() + receiver_.refused();
}

bool Ports::receive(std::uint32_t port, const std::function<void(Bytes datagram)>& take) {
    return receiver_.receive(fd(port), [&](Bytes datagram, Endpoint /*from*/) {
        ++counters_->datagrams_received;
        if (impair_.any())
            take_impaired(datagram, take);
        else
            take(datagram);
    });
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
