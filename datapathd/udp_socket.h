// SPDX-License-Identifier: ISC
// The 1701 socket: recvmmsg with merged trains (UDP_GRO), sendmmsg with segmentation by the kernel (UDP_SEGMENT).
#pragma once

#include <array>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "datapathd/udp_port.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"

namespace lns::datapath {

// Peers towards which segmentation by the kernel failed for datagrams of some size: larger than the link's MTU
// they must be sent one by one, so that the kernel fragments them. A guess by hash: a collision costs
// speed, nothing else. Forgotten after a while, since routes change.
class SegmentationLimits {
public:
    [[nodiscard]] bool may_segment(Ipv4 peer, std::uint16_t size, MonoTime now) const noexcept {
        const Entry& e = entries_[slot(peer)];
        return e.peer != peer || size < e.too_big || now >= e.until;
    }
    void failed(Ipv4 peer, std::uint16_t size, MonoTime now) noexcept;

    static constexpr std::chrono::seconds kMemory{60};

private:
    struct Entry {
        Ipv4 peer;
        std::uint16_t too_big = 0; // the smallest size that failed
        MonoTime until{};
    };
    static std::size_t slot(Ipv4 peer) noexcept { return (peer.value * 0x9e3779b9U) >> 24; }
    std::array<Entry, 256> entries_{};
};

class UdpSocket final : public UdpPort {
public:
    // Takes a bound UDP socket and sets its options; ends the process when the kernel refuses one that forwarding
    // depends on. Whether the kernel may merge what arrives into trains is the parent's to say.
    explicit UdpSocket(UniqueFd fd);
    ~UdpSocket() override;

    std::span<const ReceivedTrain> receive(std::size_t most) override;
    void send(std::span<SendTrain> trains) override;
    [[nodiscard]] int fd() const { return fd_.get(); }

    static constexpr std::size_t kMaxReceive = 256; // trains a call

private:
    struct ReceiveSlots;
    struct Message;
    [[nodiscard]] ReceivedTrain interpret(std::size_t slot) const;
    void append(SendTrain& train, std::uint16_t first, std::uint16_t count);
    void transmit();
    void send_one_by_one(const Message& message);

    UniqueFd fd_;
    std::unique_ptr<ReceiveSlots> slots_;
    std::vector<ReceivedTrain> received_;
    std::vector<mmsghdr> headers_; // to send
    std::vector<Message> messages_;
    std::size_t queued_ = 0;
    SegmentationLimits limits_;
};

} // namespace lns::datapath
