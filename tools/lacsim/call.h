// SPDX-License-Identifier: ISC
// One incoming call (RFC 2661 7.4.1) and the subscriber behind it, from ICRQ to the end.
#pragma once

#include <cstdint>
#include <string>

#include "tools/lacsim/environment.h"
#include "tools/lacsim/l2tp_wire.h"
#include "tools/lacsim/ppp_client.h"

namespace lns::lacsim {

class Call final : public PppHost {
public:
    enum class State : std::uint8_t {
        idle,        // not begun, or ended and ready to begin again
        wait_reply,  // ICRQ sent or waiting for the window
        established, // ICCN sent; PPP is being negotiated
        up,          // the subscriber is online
        refused,     // authentication failed or PPP was terminated by the LNS, which should now send a CDN
        terminating, // our Terminate-Request is out
    };

    Call(Environment& env, std::uint32_t timer, std::uint32_t slot, std::uint32_t number)
        : env_(&env), timer_(timer), slot_(slot), number_(number) {}

    void attach(Tunnel& tunnel) { tunnel_ = &tunnel; }
    void start();
    void receive_control(const ControlMessage& m); // ICRP, CDN and whatever must not come
    void receive_data(const Packet& packet);
    void first_sent(); // its ICRQ or ICCN has left
    void on_timer();
    void renegotiate(); // LCP anew, if it is up
    void hang_up();     // Terminate-Request, then CDN
    void abandon();     // ends without a word
    void tunnel_gone(const std::string& why, bool by_lns);

    // An IP packet of the subscriber. The prefix is everything in front of it: L2TP and PPP headers.
    void send_ip(Bytes packet);
    void write_prefix(Writer& w, std::size_t ip_size);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool up() const { return state_ == State::up; }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] std::uint32_t slot() const { return slot_; }
    [[nodiscard]] std::uint32_t generation() const { return generation_; }
    [[nodiscard]] std::uint16_t local_session() const;
    [[nodiscard]] std::uint16_t peer_session() const { return peer_session_; }
    [[nodiscard]] const PppClient& ppp() const { return ppp_; }
    [[nodiscard]] const Tunnel& tunnel() const { return *tunnel_; }
    [[nodiscard]] std::string user() const { return user_name(); }

private:
    // PppHost
    void send_frame(Protocol protocol, Bytes information) override;
    void arm_ppp_timer(Clock::duration after) override;
    void cancel_ppp_timer() override;
    void ppp_event(PppEvent event) override;
    void ppp_malformed(Malformed why) override { env_->statistics.count(why); }
    [[nodiscard]] std::string user_name() const override;
    [[nodiscard]] std::string password() const override;

    PppContext context() { return {env_->options.ppp, env_->statistics.ppp, env_->rng, *this}; }
    void receive_icrp(const ControlMessage& m);
    void check_number(const Packet& packet);
    void receive_frame(Bytes frame);
    void receive_cdn(const ControlMessage& m);
    void add_proxy(MessageWriter& iccn) const;
    void send_cdn(std::uint16_t result);
    void came_up();
    void count_stages();
    void wait_for_cdn();
    enum class Ender : std::uint8_t { us, lns, fault };
    void end(const std::string& why, Ender ender);
    [[nodiscard]] std::string_view stage() const;
    void own_deadline(MonoTime at);
    void rearm();

    Environment* env_;
    Tunnel* tunnel_ = nullptr;
    std::uint32_t timer_;
    std::uint32_t slot_;
    std::uint32_t number_;
    std::uint32_t generation_ = 0;
    std::uint16_t peer_session_ = 0;
    std::uint16_t data_ns_ = 0;
    std::uint16_t expected_ns_ = 0;
    State state_ = State::idle;
    bool terminate_seen_ = false;
    bool rejected_ = false;
    bool was_up_ = false;
    bool renegotiated_ = false;
    bool authenticated_once_ = false;
    bool staged_ = false; // the stages of this call are counted
    bool connected_sent_ = false;
    PppClient ppp_;
    MonoTime ppp_due_ = kNever;
    MonoTime own_due_ = kNever; // set-up deadline, or the wait for a CDN
    MonoTime started_{}, icrp_{}, lcp_opened_{}, authenticated_{};
};

} // namespace lns::lacsim
