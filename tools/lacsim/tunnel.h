// SPDX-License-Identifier: ISC
// The LAC's end of a control connection (RFC 2661 7.2.1): idle, wait_ctl_reply, established, and the way down.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tools/lacsim/call.h"
#include "tools/lacsim/control_channel.h"
#include "tools/lacsim/environment.h"

namespace lns::lacsim {

class Tunnel {
public:
    enum class State : std::uint8_t { idle, wait_ctl_reply, established, closing, closed };

    // `timer` is its id in the wheel, `port` the socket it uses, `calls` the calls it will carry.
    Tunnel(Environment& env, std::uint32_t timer, std::uint32_t port, std::uint16_t local_id, std::span<Call> calls);

    void open();
    void receive(const Packet& packet);
    void on_timer();
    void close();   // StopCCN
    void abandon(); // ends without a word
    // Sends the acknowledgement that nothing else carried; the loop calls it after each round of receiving.
    void flush();

    MessageWriter message(MessageType type, std::uint16_t peer_session) const {
        return MessageWriter(type, peer_id_, peer_session);
    }
    // `call` is told when the message leaves for the first time.
    void send(MessageWriter& message, std::uint32_t call_slot = ControlChannel::kNobody);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool was_up() const { return was_up_; }
    [[nodiscard]] std::uint16_t local_id() const { return local_id_; }
    [[nodiscard]] std::uint16_t peer_id() const { return peer_id_; }
    [[nodiscard]] std::uint32_t port() const { return port_; }
    [[nodiscard]] std::span<Call> calls() { return calls_; }
    // The id we assign to the call in `slot`, the generation-th time it is made.
    [[nodiscard]] std::uint16_t session_id(std::uint32_t slot, std::uint32_t generation) const;

private:
    // The call an id belongs to now; `stale` when it was that of an earlier generation.
    [[nodiscard]] Call* find(std::uint16_t session_id, bool& stale);
    void data(const Packet& packet);
    void control(Bytes avps, std::uint16_t session);
    void receive_sccrp(const ControlMessage& m);
    void receive_stopccn(const ControlMessage& m);
    void receive_for_call(const ControlMessage& m, std::uint16_t session);
    void reject(std::uint16_t result, std::uint16_t error, const std::string& why);
    void down(const std::string& why, bool by_lns);
    void rearm();

    Environment* env_;
    std::span<Call> calls_;
    std::uint32_t timer_;
    std::uint32_t port_;
    std::uint16_t local_id_;
    std::uint16_t peer_id_ = 0;
    std::uint16_t salt_;
    State state_ = State::idle;
    bool was_up_ = false;
    std::array<std::uint8_t, 16> challenge_{};
    MonoTime opened_{};
    MonoTime next_hello_ = kNever;
    ControlChannel channel_;
};

} // namespace lns::lacsim
