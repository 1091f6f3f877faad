// SPDX-License-Identifier: ISC
// The UDP sockets towards the LNS, connected to it. Datagrams are sent and received in batches; on demand some
// are lost, doubled or swapped on purpose, in both directions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lib/base/fd.h"
#include "tools/lacsim/batch_io.h"
#include "tools/lacsim/environment.h"

namespace lns::lacsim {

class Ports final : public DatagramSink {
public:
    // Throws std::system_error when a socket cannot be made.
    Ports(const Options& options, L2tpCounters& counters, Rng& rng);
    Ports(const Ports&) = delete;
    Ports& operator=(const Ports&) = delete;

    // Opens one more socket; its number.
    std::uint32_t open(Endpoint bind, Endpoint peer);
    [[nodiscard]] int fd(std::uint32_t port) const { return fds_[port].get(); }
    [[nodiscard]] std::uint16_t local(std::uint32_t port) const; // UDP port of that socket
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(fds_.size()); }

    void send(std::uint32_t port, Bytes datagram) override;
    void flush();   // sends what send() has collected
    void release(); // sends a datagram held back to be swapped; call some times a second

    // Reads at most one batch; true when there may be more.
    bool receive(std::uint32_t port, const std::function<void(Bytes datagram)>& take);

private:
    static constexpr std::size_t kBatch = 128;
    static constexpr std::size_t kDatagram = 4096;
    static constexpr std::size_t kMostSegments = 64;
    static constexpr std::size_t kMostJoined = 1000; // octets of a datagram that fits into every MTU
    struct Waiting {
        std::uint32_t port;
        std::size_t begin, size; // in octets_
    };
    struct Held {
        std::uint32_t port;
        std::vector<std::uint8_t> datagram;
    };
    void queue(std::uint32_t port, Bytes datagram);
    void flush_port(std::span<const Waiting> datagrams);
    [[nodiscard]] bool chance(double part);
    void take_impaired(Bytes datagram, const std::function<void(Bytes)>& take);

    Impairments impair_;
    L2tpCounters* counters_;
    Rng* rng_;
    std::vector<UniqueFd> fds_;
    BatchSender sender_{kBatch, kDatagram};
    BatchReceiver receiver_;
    std::vector<Waiting> waiting_;
    std::vector<std::uint8_t> octets_;
    std::optional<Held> held_;
    std::optional<std::vector<std::uint8_t>> held_back_; // of what was received
};

} // namespace lns::lacsim
