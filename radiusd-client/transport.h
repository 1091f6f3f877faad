// SPDX-License-Identifier: ISC
// The fixed set of UDP sockets that the parent gave: the only place where RADIUS packets come and go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/event.h"
#include "lib/base/fd.h"
#include "lib/base/inet.h"

namespace lns::radius_client {

class Transport {
public:
    // The octets are valid during the call; a datagram longer than RADIUS allows comes one octet too long.
    using Received = std::function<void(std::uint16_t socket, Endpoint from, Bytes datagram)>;
    // `refused`: so many packets the kernel did not take. For the timers they are lost.
    Transport(EventLoop& loop, std::vector<UniqueFd> sockets, Received received,
              std::function<void(std::size_t)> refused);

    // Leaves at the end of the loop's round, with all others from that socket; those of one size for one server as
    // one train (UDP GSO).
    void send(std::uint16_t socket, Endpoint to, Bytes packet);
    [[nodiscard]] std::uint16_t sockets() const { return static_cast<std::uint16_t>(sockets_.size()); }
    ~Transport();

private:
    struct Waiting {
        std::uint16_t socket;
        Endpoint to;
        std::size_t begin, size; // in octets_

        [[nodiscard]] auto way() const { return std::tuple(socket, to, size); }
    };
    struct Batch;
    struct Trains;
    void readable(std::uint16_t socket);
    void flush();
    void send_trains(std::span<const Waiting> of_one_socket);
    std::size_t send_alone(std::span<const Waiting> packets);

    std::vector<UniqueFd> sockets_;
    std::vector<ReadWatch> watches_;
    Received received_;
    std::function<void(std::size_t)> refused_;
    std::unique_ptr<Batch> batch_;
    std::unique_ptr<Trains> trains_;
    std::vector<Waiting> waiting_;
    std::vector<std::uint8_t> octets_;
    std::size_t longest_ = 64; // train, that every kernel with UDP_SEGMENT takes
    Deferred flush_soon_;
};

} // namespace lns::radius_client
