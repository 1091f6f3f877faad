// SPDX-License-Identifier: ISC
// Many UDP datagrams a system call: recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/fd.h"
#include "lib/base/inet.h"

namespace lns::lacsim {

// A blocking UDP socket with large buffers and UDP_GRO. Throws std::system_error.
UniqueFd open_udp(Endpoint bind_to);

class BatchReceiver {
public:
    BatchReceiver();
    ~BatchReceiver();
    BatchReceiver(const BatchReceiver&) = delete;
    BatchReceiver& operator=(const BatchReceiver&) = delete;

    // Reads at most one batch without waiting; true when there may be more. `take` may change the octets.
    bool receive(int fd, const std::function<void(std::span<std::uint8_t> datagram, Endpoint from)>& take);
    // How often the kernel told of an ICMP port unreachable.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    struct Buffers;
    std::unique_ptr<Buffers> buffers_;
    std::uint64_t refused_ = 0;
};

// Messages of one socket, each one datagram or a train of equal ones, sent together.
class BatchSender {
public:
    BatchSender(std::size_t messages, std::size_t octets_each);
    ~BatchSender();
    BatchSender(const BatchSender&) = delete;
    BatchSender& operator=(const BatchSender&) = delete;

    [[nodiscard]] bool full() const { return used_ == messages_; }
    [[nodiscard]] bool empty() const { return used_ == 0; }
    // The octets of the next message. They keep what an earlier use of the same place left there.
    [[nodiscard]] std::span<std::uint8_t> buffer();
    // The n-th buffer, to prepare it.
    [[nodiscard]] std::span<std::uint8_t> buffer(std::size_t n);
    [[nodiscard]] std::size_t messages() const { return messages_; }
    // The next message is complete: `octets` in datagrams of `segment`; `to` on a socket that is not connected.
    void commit(std::size_t octets, std::size_t segment, std::optional<Endpoint> to = std::nullopt);
    // Sends what was committed. Datagrams the kernel refused are in errors().
    void flush(int fd);
    [[nodiscard]] std::uint64_t sent() const { return sent_; }     // datagrams
    [[nodiscard]] std::uint64_t errors() const { return errors_; } // datagrams
    [[nodiscard]] int last_error() const { return last_error_; }   // errno
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    struct Headers;
    std::size_t messages_, octets_each_;
    std::vector<std::uint8_t> octets_;
    std::unique_ptr<Headers> headers_;
    std::size_t used_ = 0;
    std::uint64_t sent_ = 0, errors_ = 0, refused_ = 0;
    int last_error_ = 0;
};

} // namespace lns::lacsim
