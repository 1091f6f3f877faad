// SPDX-License-Identifier: ISC
// Datagrams of equal size for one LAC leave as one train (UDP GSO), which costs the kernel little more than one
// datagram: set-ups of many calls under way at once are made of messages of few sizes. The last of a train may be
// smaller, so that one that is alone with its size closes the train of larger ones. Their order changes, but not that
// of the frames of one session, nor that of the control messages of one tunnel, and what a control message follows in
// its tunnel (a CDN the Terminate-Request) still comes before it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sessiond/udp_port.h"

namespace lns::sessiond {

class Trains {
public:
    static constexpr std::uint32_t kLongest = 64; // segments that every kernel with UDP_SEGMENT takes
    // From now on each datagram goes alone.
    void give_up() { longest_ = 1; }

    struct Train {
        std::uint32_t first, last; // places in the list of datagrams; between them by next()
        std::uint32_t count;
        std::size_t octets;       // of each but the last, which may have fewer
        std::uint32_t not_before; // the number of the train, from 1, that what it has to follow is in
        bool closed = false;      // the last has fewer
    };
    // Each datagram is in one train, and the trains are in the order in which they are to leave.
    std::span<const Train> arrange(std::span<const Outbox::Item> items);
    [[nodiscard]] std::uint32_t next(std::uint32_t place) const { return next_[place]; }

private:
    // Numbers of trains, counted from 1, by a hash: who shares a place waits for the other, which does no harm.
    using Latest = std::array<std::uint32_t, 256>;
    [[nodiscard]] std::uint32_t join(std::span<const Outbox::Item> items, std::uint32_t place,
                                     std::uint32_t not_before);
    void couple(std::span<const Outbox::Item> items);

    std::uint32_t longest_ = kLongest;
    std::vector<Train> trains_;
    std::vector<std::uint32_t> next_;
    Latest of_session_;
    Latest of_tunnel_;
};

} // namespace lns::sessiond
