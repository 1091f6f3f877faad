// SPDX-License-Identifier: ISC
// The UDP sockets towards the LNS, connected to it. Datagrams are sent and received in batches; on demand some
// are lost, doubled or swapped on purpose, in both directions.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/fd.h"
#include "tools/lacsim/environment.h"

namespace lns::lacsim {

class Ports final : public DatagramSink {
public:
    // Throws std::system_error when a socket cannot be made.
    Ports(const Options& options, L2tpCounters& counters, Rng& rng);
    ~Ports();
    Ports(const Ports&) = delete;
    Ports& operator=(const Ports&) = delete;

    // Opens one more socket; its number.
    std::uint32_t open(Endpoint bind, Endpoint peer);
    [[nodiscard]] int fd(std::uint32_t port) const { return fds_[port].get(); }
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(fds_.size()); }

    void send(std::uint32_t port, Bytes datagram) override;
    void flush();   // sends what send() has collected
    void release(); // sends a datagram held back to be swapped; call some times a second

    // Reads at most one batch; true when there may be more.
    bool receive(std::uint32_t port, const std::function<void(Bytes datagram)>& take);

private:
    static constexpr std::size_t kBatch = 128;
    static constexpr std::size_t kDatagram = 4096;
    struct ReceiveBuffers;
    struct Held {
        std::uint32_t port;
        std::vector<std::uint8_t> datagram;
    };
    void queue(std::uint32_t port, Bytes datagram);
    void flush_run(std::size_t first, std::size_t last);
    [[nodiscard]] bool chance(double part);
    void take_impaired(Bytes datagram, const std::function<void(Bytes)>& take);

    Impairments impair_;
    L2tpCounters* counters_;
    Rng* rng_;
    std::vector<UniqueFd> fds_;
    std::vector<std::array<std::uint8_t, kDatagram>> buffers_;
    std::array<std::uint16_t, kBatch> sizes_{};
    std::array<std::uint32_t, kBatch> ports_{};
    std::size_t queued_ = 0;
    std::optional<Held> held_;
    std::optional<std::vector<std::uint8_t>> held_back_; // of what was received
    std::unique_ptr<ReceiveBuffers> receive_;
};

} // namespace lns::lacsim
