// SPDX-License-Identifier: ISC
// A socket of sessiond's at UDP port 1701: datagrams in batches, replies from the address the LAC used.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <sys/uio.h>
#include <vector>

#include "lib/base/fd.h"
#include "lib/imsg/relay.h"

namespace lns::sessiond {

// Datagrams that may leave only after every record they imply is committed: the shell collects them
// during a batch of events and flushes at its end (law 4: commit, then send).
class Outbox {
public:
    void add(Endpoint peer, Ipv4 local, Bytes payload) {
        items_.push_back({peer, local, std::vector<std::uint8_t>(payload.begin(), payload.end())});
    }
    void add(Endpoint peer, Ipv4 local, std::vector<std::uint8_t>&& payload) {
        items_.push_back({peer, local, std::move(payload)});
    }
    struct Item {
        Endpoint peer;
        Ipv4 local; // source address; unset: the kernel's choice
        std::vector<std::uint8_t> payload;
    };
    std::vector<Item>& items() { return items_; }

    // A data message that a datapathd is to number and send; `way` as in Sessiond::relay_of().
    struct Unnumbered {
        Item message;
        SessionIndex session{};
        Generation generation{};
        std::uint32_t way = 0;
    };
    void add(Unnumbered&& message) { unnumbered_.push_back(std::move(message)); }
    std::vector<Unnumbered>& unnumbered() { return unnumbered_; }

private:
    std::vector<Item> items_;
    std::vector<Unnumbered> unnumbered_;
};

class UdpPort {
public:
    explicit UdpPort(UniqueFd fd);
    ~UdpPort();
    UdpPort(UdpPort&&) noexcept;
    [[nodiscard]] int fd() const { return fd_.get(); }

    struct Received {
        std::size_t datagrams = 0; // handed over
        std::size_t too_large = 0; // than any control message may be: dropped
    };
    // Reads what is there, up to one batch of messages; what the kernel merged (UDP GRO) comes one by one.
    Received receive(const std::function<void(const imsg::Datagram&)>& handle);
    // Sends all and empties the box; returns how many the kernel refused.
    std::size_t send(Outbox& outbox);

    static constexpr std::size_t kBatch = 64;
    static constexpr std::size_t kMaxDatagram = 4096;

private:
    struct Receiving;
    struct Sending;
    std::size_t send_messages(std::size_t count);
    std::size_t send_one_by_one(const Outbox::Item& first, std::span<iovec> datagrams);

    UniqueFd fd_;
    std::unique_ptr<Receiving> in_;
    std::unique_ptr<Sending> out_;
};

} // namespace lns::sessiond
