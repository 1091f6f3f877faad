// SPDX-License-Identifier: ISC
// All tunnels and calls of a run and the order in which they begin and end: set-ups paced by --in-flight and
// --rate, hold, hang-up. Knows nothing of sockets: the program's loop feeds it and gives it the time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/lacsim/call.h"
#include "tools/lacsim/environment.h"
#include "tools/lacsim/tunnel.h"

namespace lns::lacsim {

// Takes the IP packets the LNS sends to subscribers.
class IpSink {
public:
    virtual void ip_packet(Call& call, Bytes packet) = 0;

protected:
    ~IpSink() = default;
};

class Lac final : public Observer {
public:
    enum class Phase : std::uint8_t { tunnels, sessions, ready, hanging_up, closing_tunnels, done };

    // `port_of(n)` is the port of the n-th tunnel.
    Lac(const Options& options, Statistics& statistics, Rng& rng, DatagramSink& out, MonoTime now,
        const std::vector<std::uint32_t>& port_of);

    void set_ip_sink(IpSink* sink) { ip_sink_ = sink; }
    void start(MonoTime now);
    void receive(Bytes datagram, MonoTime now);
    // Timers, pacing, acknowledgements that are due: after each round of receiving, and every few milliseconds.
    void step(MonoTime now);
    void renegotiate(MonoTime now); // every session that is up
    void hang_up();                 // everything, by goodbye or without
    void stop_now();                // gives up waiting

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] bool all_down() const { return statistics_->sessions_up_now == 0; }
    [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
    [[nodiscard]] std::vector<Call>& calls() { return calls_; }
    [[nodiscard]] Call* call_of(Ipv4 address);
    [[nodiscard]] Call* call_numbered(std::uint32_t nth); // in the order of set-up, from 1

private:
    // Observer
    void tunnel_up(Tunnel& tunnel) override;
    void tunnel_down(Tunnel& tunnel) override;
    void call_up(Call& call) override;
    void call_down(Call& call, bool was_up) override;
    void ip_packet(Call& call, Bytes packet) override;

    [[nodiscard]] std::uint32_t position(std::uint32_t nth) const;
    void open_tunnels();
    void start_calls();
    void start_call(Call& call);
    void set_busy(std::uint32_t index, bool busy);
    void end_held_calls();
    void hang_up_calls();
    void close_tunnels();
    [[nodiscard]] bool rate_allows();

    const Options* options_;
    Statistics* statistics_;
    TimerWheel timers_;
    Environment env_;
    std::vector<Call> calls_;    // those of one tunnel stand together
    std::deque<Tunnel> tunnels_; // a tunnel may not move
    std::vector<std::uint32_t> first_call_;
    std::vector<std::uint32_t> tunnel_by_id_;
    std::vector<std::uint32_t> touched_; // tunnels that received something in this round
    std::vector<std::uint8_t> busy_;     // a call whose set-up or hang-up is unfinished: counted in in_flight_
    std::unordered_map<std::uint32_t, std::uint32_t> call_by_address_;
    IpSink* ip_sink_ = nullptr;

    Phase phase_ = Phase::tunnels;
    std::uint32_t tunnels_opened_ = 0, tunnels_pending_ = 0, tunnels_closed_ = 0;
    std::uint32_t next_call_ = 0, in_flight_ = 0, hang_up_next_ = 0;
    std::uint64_t attempts_ = 0;
    double credit_ = 0; // of set-ups, under --rate
    MonoTime credited_{};
    std::deque<std::uint32_t> again_;                     // calls to be made once more
    std::deque<std::pair<MonoTime, std::uint32_t>> held_; // calls to end, under --repeat
};

} // namespace lns::lacsim
