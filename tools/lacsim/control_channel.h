// SPDX-License-Identifier: ISC
// Reliable delivery of control messages (RFC 2661 5.8): Ns and Nr, the peer's window, retransmission with
// back-off and limit, duplicates acknowledged again, early messages kept. No I/O, no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "tools/lacsim/counters.h"
#include "tools/lacsim/l2tp_wire.h"

namespace lns::lacsim {

class ControlChannel {
public:
    static constexpr std::uint16_t kReceiveWindow = 64; // what we advertise
    static constexpr unsigned kMaxTransmissions = 6;    // RFC 2661 5.8 recommends 5 retries
    static constexpr auto kFirstTimeout = std::chrono::milliseconds(1000);
    static constexpr auto kTimeoutCap = std::chrono::milliseconds(8000);
    static constexpr std::uint32_t kNobody = UINT32_MAX;

    using Transmit = std::function<void(std::span<const std::uint8_t>)>;
    using FirstSent = std::function<void(std::uint32_t tag)>;

    ControlChannel(L2tpCounters& counters, Transmit transmit, FirstSent first_sent)
        : counters_(&counters), transmit_(std::move(transmit)), first_sent_(std::move(first_sent)) {}

    void set_peer(std::uint16_t tunnel, std::uint16_t window);
    // Sends as soon as the window allows. `tag` is told to FirstSent when the message goes out first.
    void send(std::vector<std::uint8_t> message, MonoTime now, std::uint32_t tag = kNobody);

    // Takes Nr and Ns of a control message. `deliver` is called for it, and for early messages it was waited for,
    // in the order of Ns; never for a ZLB, a duplicate or a message outside the window.
    void receive(const Packet& packet, MonoTime now,
                 const std::function<void(Bytes avps, std::uint16_t session)>& deliver);

    // An acknowledgement is due and nothing was sent that carries it: a ZLB.
    void acknowledge();
    [[nodiscard]] bool acknowledgement_due() const { return ack_due_; }

    // When on_timer() is to be called; kNever while nothing waits for an acknowledgement.
    [[nodiscard]] MonoTime deadline() const { return deadline_; }
    // Retransmits; false when the peer has not answered kMaxTransmissions transmissions.
    [[nodiscard]] bool on_timer(MonoTime now);

    // Whoever wants the longest wait of the counters to tell of what is still unanswered.
    void note_waiting(MonoTime now);

    [[nodiscard]] bool idle() const { return unacknowledged_.empty() && waiting_.empty(); }
    [[nodiscard]] std::size_t backlog() const { return waiting_.size(); }

private:
    struct Message {
        std::vector<std::uint8_t> octets;
        std::uint32_t tag;
        MonoTime first_sent{};
    };
    struct Early {
        std::vector<std::uint8_t> avps;
        std::uint16_t session;
    };
    void transmit(Message& message, std::uint16_t ns);
    void fill_window(MonoTime now);
    void take_nr(std::uint16_t nr, MonoTime now);

    L2tpCounters* counters_;
    Transmit transmit_;
    FirstSent first_sent_;
    std::uint16_t peer_tunnel_ = 0;
    std::uint16_t peer_window_ = 1; // until the SCCRP says otherwise, only the SCCRQ is out
    std::uint16_t first_ns_ = 0;    // Ns of the first unacknowledged message
    std::uint16_t nr_ = 0;          // Ns expected next
    std::deque<Message> unacknowledged_;
    std::deque<Message> waiting_;          // for the window
    std::map<std::uint16_t, Early> early_; // by distance is not needed: at most kReceiveWindow entries
    bool ack_due_ = false;
    unsigned transmissions_ = 0; // of the first unacknowledged message
    MonoTime deadline_ = kNever;
};

} // namespace lns::lacsim
