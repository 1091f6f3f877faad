// SPDX-License-Identifier: ISC
// Test packets of the subscribers: sent upstream through their sessions, and checked when they come downstream.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/lacsim/batch_io.h"
#include "tools/lacsim/flow.h"
#include "tools/lacsim/json.h"
#include "tools/lacsim/lac.h"
#include "tools/lacsim/pacer.h"
#include "tools/lacsim/ports.h"

namespace lns::lacsim {

class TrafficTest {
public:
    enum class Phase : std::uint8_t { idle, sending, draining, over };

    // Packets have `size` octets.
    TrafficTest(const Options& options, std::uint32_t size, Lac& lac, Ports& ports, Rng& rng);

    void start(MonoTime now);
    // Sends what is due; call as often as pace() says.
    void step(MonoTime now);
    // A packet the LNS sent to a subscriber; false when it is none of ours.
    bool receive(const Call& call, Bytes packet, MonoTime now);

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] bool running() const { return phase_ == Phase::sending || phase_ == Phase::draining; }
    [[nodiscard]] Clock::duration pace() const;
    // Something arrived damaged or at the wrong subscriber, or nothing at all.
    [[nodiscard]] bool failed() const;
    void report(Json& json) const;

private:
    void send_burst(MonoTime now, std::uint32_t packets);
    [[nodiscard]] Call* next_call();
    void order_calls();
    void send_query(MonoTime now);
    void take(const Call& call, const TestHeader& header, Bytes payload, std::size_t octets, MonoTime now);
    [[nodiscard]] bool sends() const { return options_->traffic != Traffic::down; }

    const Options* options_;
    Lac* lac_;
    Ports* ports_;
    Rng* rng_;
    std::uint32_t run_;
    Phase phase_ = Phase::idle;
    Pacer pacer_;
    PacketMaker maker_;
    BatchSender sender_;
    std::vector<std::uint32_t> sequence_; // next, by place of the call
    std::vector<std::uint32_t> order_;    // places of calls, in the order they send
    std::size_t next_ = 0;
    std::uint64_t sent_ = 0;
    MonoTime sending_ended_{}, drain_until_{}, next_query_{};
    FlowTable down_, echo_;
    bool reflector_answered_ = false;
    Tally reflector_;
    std::uint64_t other_packets_ = 0, icmp_ = 0;
};

} // namespace lns::lacsim
