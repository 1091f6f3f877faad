// SPDX-License-Identifier: ISC
// L2TP datagrams passed between sessiond and datapathd over a SOCK_SEQPACKET pair: steering of the
// 1701 sockets is a hint, so each passes on what is the other's (DESIGN 5); and datapathd alone numbers data messages.
// Bounded by the socket's buffer: what does not fit is dropped and counted, as UDP would.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/fd.h"
#include "lib/base/ids.h"
#include "lib/base/inet.h"

namespace lns::imsg {

// A datagram of port 1701 and where it came from; or, of a session, one that datapathd is to number and send there.
struct Datagram {
    Endpoint peer;                             // the LAC
    Ipv4 local;                                // our address it was sent to, or leaves from
    Bytes payload;                             // UDP payload; on reading, valid until the next read
    SessionIndex session = SessionIndex::none; // none: it was received
    Generation generation = Generation::none;
};

class Relay {
public:
    explicit Relay(UniqueFd fd);
    // False when it had to be dropped.
    bool send(const Datagram& datagram);
    // False when nothing (well-formed) is waiting.
    bool receive(Datagram& out);
    // Nobody holds the other end any more: the descriptor stays readable for ever.
    [[nodiscard]] bool closed() const;
    [[nodiscard]] int fd() const { return fd_.get(); }

    static constexpr std::size_t kMaxPayload = 65507;

private:
    UniqueFd fd_;
    std::vector<std::uint8_t> buffer_;
};

} // namespace lns::imsg
