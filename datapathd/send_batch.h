// SPDX-License-Identifier: ISC
// Datagrams gathered for one send, and their order as trains of equal size a peer (UDP GSO). Fixed memory.
#pragma once

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "datapathd/encap.h"
#include "datapathd/inner_ip.h"
#include "datapathd/udp_port.h"
#include "lib/base/ids.h"

namespace lns::datapath {

// A datagram for a LAC: `head` octets kept here, then `body` elsewhere, which lives until the batch is sent.
struct OutDatagram {
    static constexpr std::size_t kHeadRoom = kMostEncapsulation + kMaxIpv4HeaderSize + kMaxTcpHeaderSize;

    SessionIndex session = SessionIndex::none;
    Endpoint peer;
    Ipv4 local;
    std::uint16_t ip_size = 0; // of the subscriber's packet in it
    std::uint16_t head_size = 0;
    std::uint16_t front_size = 0; // of the encapsulation
    Generation intercepted{};     // of the session, when a copy is to be made; else none
    Bytes body;
    std::array<std::uint8_t, kHeadRoom> head;

    [[nodiscard]] std::size_t size() const { return head_size + body.size(); }
    // The subscriber's packet, behind the encapsulation that either part begins with.
    [[nodiscard]] std::pair<Bytes, Bytes> packet() const {
        if (head_size == 0) return {body.subspan(front_size), {}};
        const Bytes rest_of_head = Bytes(head).first(head_size).subspan(front_size);
        if (rest_of_head.empty()) return {body, {}}; // the first part has the packet's headers
        return {rest_of_head, body};
    }
};

class SendBatch {
public:
    static constexpr std::size_t kCapacity = 2048; // a 64 KiB packet of TCP in segments of 48 octets fits

    SendBatch();

    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] std::size_t room() const { return kCapacity - used_; }
    // The next datagram, to be filled in: head_size 0, body empty. Only while room() > 0.
    OutDatagram& add(SessionIndex session, const shm::ForwardRecord& record);
    // The one added last is not to be sent.
    void take_back() { --used_; }

    // Orders what was added into trains. The trains of one peer leave in the order of their datagrams.
    std::span<SendTrain> trains();
    // Calls `report(datagram, sent, queue_full)` for each, from what the port wrote into its train.
    template <class Report>
    void each_outcome(Report report) const {
        for (std::size_t t = 0; t < train_count_; ++t) {
            std::size_t nth = 0;
            for (Index i = chains_[t].first; i != kEnd; i = next_[i], ++nth)
                report(datagrams_[i], (trains_[t].sent >> nth & 1) != 0, trains_[t].queue_full);
        }
    }
    void clear() { used_ = 0; }

private:
    using Index = std::uint16_t;
    static constexpr Index kEnd = 0xffff;
    struct Chain { // datagrams of one train, by next_
        Index first, last;
        std::uint32_t octets;
        bool open;
    };
    struct OpenTrains; // the latest train of each of some peers
    void join(OpenTrains& open, Index datagram);
    [[nodiscard]] bool takes(std::size_t train, const OutDatagram& datagram) const;
    std::size_t begin_train(Index datagram);
    void lay_out_parts();

    std::size_t used_ = 0;
    std::size_t train_count_ = 0;
    std::vector<OutDatagram> datagrams_;
    std::vector<Index> next_;
    std::vector<Chain> chains_;
    std::vector<SendTrain> trains_;
    std::vector<iovec> parts_;
};

} // namespace lns::datapath
