// SPDX-License-Identifier: ISC
// The fixed set of UDP sockets that the parent gave: the only place where RADIUS packets come and go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
    Transport(EventLoop& loop, std::vector<UniqueFd> sockets, Received received);

    // False when the kernel refused it: the timers take it as lost.
    bool send(std::uint16_t socket, Endpoint to, Bytes packet);
    [[nodiscard]] std::uint16_t sockets() const { return static_cast<std::uint16_t>(sockets_.size()); }
    ~Transport();

private:
    void readable(std::uint16_t socket);

    std::vector<UniqueFd> sockets_;
    std::vector<ReadWatch> watches_;
    Received received_;
    struct Batch;
    std::unique_ptr<Batch> batch_;
};

} // namespace lns::radius_client
