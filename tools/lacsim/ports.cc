// SPDX-License-Identifier: ISC
#include "tools/lacsim/ports.h"

#include <algorithm>
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
    if (datagram.size() > kDatagram) return;
    waiting_.push_back({port, octets_.size(), datagram.size()});
    octets_.insert(octets_.end(), datagram.begin(), datagram.end());
}

void Ports::flush() {
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const Waiting& a, const Waiting& b) { return a.port < b.port; });
    for (std::span<const Waiting> rest(waiting_); !rest.empty();) {
        const auto others =
            std::find_if(rest.begin(), rest.end(), [&](const Waiting& w) { return w.port != rest.front().port; });
        const auto count = static_cast<std::size_t>(others - rest.begin());
        flush_port(rest.first(count));
        rest = rest.subspan(count);
    }
    waiting_.clear();
    octets_.clear();
    counters_->datagrams_sent = sender_.sent();
    counters_->send_errors = sender_.errors();
    counters_->unreachable = sender_.refused() + receiver_.refused();
}

// In their order. Neighbours of one size are one train; so is a smaller one behind them.
void Ports::flush_port(std::span<const Waiting> datagrams) {
    const int to = fd(datagrams.front().port);
    while (!datagrams.empty()) {
        const std::size_t segment = datagrams.front().size;
        Writer w(sender_.buffer());
        bool whole = true;
        for (std::size_t n = 0; !datagrams.empty() && whole && n < kMostSegments; ++n) {
            const Waiting& next = datagrams.front();
            if (n > 0 && (segment > kMostJoined || next.size > segment || w.size() + next.size > kDatagram)) break;
            w.bytes(Bytes(octets_).subspan(next.begin, next.size));
            whole = next.size == segment;
            datagrams = datagrams.subspan(1);
        }
        sender_.commit(w.size(), segment);
        if (sender_.full()) sender_.flush(to);
    }
    if (!sender_.empty()) sender_.flush(to);
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
