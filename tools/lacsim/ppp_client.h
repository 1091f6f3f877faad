// SPDX-License-Identifier: ISC
// The subscriber's end of one PPP link: LCP, PAP or CHAP-MD5, IPCP, and on demand IPV6CP and CCP requests that an
// LNS may refuse. No I/O and no clock: bytes go in and out through PppHost, which also owns the one timer.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/inet.h"
#include "lib/base/rng.h"
#include "tools/lacsim/counters.h"
#include "tools/lacsim/malformed.h"
#include "tools/lacsim/ppp_wire.h"

namespace lns::lacsim {

enum class AuthMethod : std::uint8_t { none, pap, chap };

// What every subscriber of a run has in common.
struct PppConfig {
    bool allow_pap = true;
    bool allow_chap = true;
    std::uint16_t mru = 1492;
    bool pfc = true;  // offer protocol field compression
    bool acfc = true; // offer address and control field compression
    bool ipv6cp = false;
    bool ccp = false;
    bool passive = false; // send nothing before the LNS does
    Ipv4 address;         // asked for in IPCP; unset: 0.0.0.0
    std::chrono::milliseconds restart{3000};
    unsigned max_configure = 10; // transmissions of one request (RFC 1661 4.6)
    std::chrono::seconds echo_interval{0};
};

enum class PppEvent : std::uint8_t {
    lcp_opened,
    authenticated,
    rejected,      // PAP Authenticate-Nak or CHAP Failure
    up,            // IPCP opened
    down,          // LCP or IPCP is negotiated again after it was up
    terminated,    // the LNS sent Terminate-Request (it has been acknowledged)
    hung_up,       // our Terminate-Request was acknowledged, or is not going to be
    gave_up,       // a request was repeated max_configure times in vain
    no_echo_reply, // four Echo-Requests in a row were not answered
};

class PppHost {
public:
    virtual void send_frame(Protocol protocol, Bytes information) = 0;
    virtual void arm_ppp_timer(Clock::duration after) = 0; // PppClient::on_timer() is called then
    virtual void cancel_ppp_timer() = 0;
    virtual void ppp_event(PppEvent event) = 0;
    virtual void ppp_malformed(Malformed why) = 0;
    [[nodiscard]] virtual std::string user_name() const = 0;
    [[nodiscard]] virtual std::string password() const = 0;

protected:
    ~PppHost() = default;
};

// What a client needs at each call; not kept.
struct PppContext {
    const PppConfig& config;
    PppCounters& counters;
    Rng& rng;
    PppHost& host;
};

class PppClient {
public:
    enum class Phase : std::uint8_t { dead, establish, authenticate, network, up, terminate };

    void start(PppContext c);
    void receive(PppContext c, Protocol protocol, Bytes information); // everything but IP
    void on_timer(PppContext c);
    void terminate(PppContext c);   // ends in PppEvent::hung_up
    void renegotiate(PppContext c); // as a CPE that was restarted behind the LAC's back
    void kill() { phase_ = Phase::dead; }

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] AuthMethod auth_method() const { return auth_method_; }
    [[nodiscard]] Ipv4 address() const { return address_; }
    [[nodiscard]] Ipv4 peer_address() const { return peer_address_; }
    [[nodiscard]] Ipv4 primary_dns() const { return primary_dns_; }
    [[nodiscard]] Ipv4 secondary_dns() const { return secondary_dns_; }
    [[nodiscard]] std::uint16_t peer_mru() const { return peer_mru_; }
    // What the LNS said it can receive (RFC 1661 6.5, 6.6).
    [[nodiscard]] Compression peer_compression() const {
        return {.address_control = peer_acfc_, .protocol = peer_pfc_};
    }

private:
    // RFC 1661 4.2, without the states in which nothing is asked of us.
    enum class State : std::uint8_t { Closed, ReqSent, AckRcvd, AckSent, Opened };
    struct Negotiation {
        State state = State::Closed;
        std::uint8_t id = 0;
        std::uint8_t tries = 0; // since the last answer (RFC 1661 4.6: irc)
        std::uint8_t naks = 0;  // in all, with the rejects
        bool refused = false;   // by Protocol-Reject or by rejecting every option
    };
    struct Verdict; // on the options of a Configure-Request

    Negotiation& negotiation(Protocol p);
    void open(PppContext& c, Protocol p);
    void send_request(PppContext& c, Protocol p); // with a new Identifier
    void repeat_request(PppContext& c, Protocol p);
    void build_request(Protocol p, ControlWriter& w) const;
    void build_lcp_request(ControlWriter& w) const;
    void build_ipcp_request(ControlWriter& w) const;
    void control(PppContext& c, Protocol p, Bytes information);
    void configure_request(PppContext& c, Protocol p, const ControlPacket& packet);
    void configure_ack(PppContext& c, Protocol p, const ControlPacket& packet);
    void configure_nak(PppContext& c, Protocol p, const ControlPacket& packet, bool reject);
    void take_nak(PppContext& c, Protocol p, std::uint8_t type, Bytes value);
    void take_reject(Protocol p, std::uint8_t type);
    void judge(PppContext& c, Protocol p, Reader options, Verdict& verdict);
    void judge_lcp(PppContext& c, std::uint8_t type, Bytes value, Verdict& verdict);
    void judge_authentication(const PppConfig& config, Bytes value, Verdict& verdict);
    void layer_up(PppContext& c, Protocol p);
    void layer_down(PppContext& c, Protocol p);
    void layer_terminated(PppContext& c, Protocol p);
    void terminate_request(PppContext& c, Protocol p, const ControlPacket& packet);
    void lcp_only(PppContext& c, const ControlPacket& packet);
    void protocol_rejected(PppContext& c, Bytes data);
    void authenticate(PppContext& c);
    void pap(PppContext& c, Bytes information);
    void chap(PppContext& c, Bytes information);
    void send_pap(PppContext& c);
    void send_chap(PppContext& c);
    void verdict(PppContext& c, bool accepted);
    void network(PppContext& c);
    void check_address(PppContext& c);
    void retry_negotiation(PppContext& c, Protocol p);
    void send_echo(PppContext& c);
    void send_terminate(PppContext& c);
    void reject_protocol(PppContext& c, Protocol p, Bytes information);

    Phase phase_ = Phase::dead;
    Negotiation lcp_, ipcp_, ipv6cp_, ccp_;
    AuthMethod auth_method_ = AuthMethod::none;
    std::uint8_t auth_id_ = 0;
    std::uint8_t auth_tries_ = 0;
    std::uint8_t term_tries_ = 0;
    std::uint8_t echo_id_ = 0;
    std::uint8_t echoes_unanswered_ = 0;
    std::uint8_t challenge_size_ = 0;
    std::bitset<256> chap_answered_; // identifiers of challenges, since LCP came up
    bool was_up_ = false;
    bool ask_mru_ = true, ask_magic_ = true, ask_pfc_ = true, ask_acfc_ = true;
    bool ask_address_ = true, ask_primary_dns_ = true, ask_secondary_dns_ = true, ask_interface_ = true;
    bool peer_pfc_ = false, peer_acfc_ = false;
    std::uint16_t mru_ = 0;
    std::uint16_t peer_mru_ = 1500; // RFC 1661 6.1: the default
    std::uint32_t magic_ = 0;
    std::uint32_t peer_magic_ = 0;
    std::uint64_t interface_id_ = 0;
    Ipv4 address_, peer_address_, primary_dns_, secondary_dns_;
    std::array<std::uint8_t, 64> challenge_{}; // kept to answer again; a longer one is cut and cannot be answered
};

} // namespace lns::lacsim
