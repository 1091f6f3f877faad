// SPDX-License-Identifier: ISC
// lacsim's subscriber and the LNS's own PPP over a path as bad as that of tests/netns/136-impaired, in memory: with the
// timers of RFC 1661 nobody gives up.
#include <gtest/gtest.h>

#include <map>

#include "lib/ppp/ppp.h"
#include "tools/lacsim/ppp_client.h"

namespace lns::lacsim {
namespace {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

class Line final : private PppHost {
public:
    // The ICCN arrives so much later than it was sent; until then the LNS hears nothing.
    Line(std::uint64_t seed, AuthMethod method, Clock::duration iccn_takes)
        : rng_(seed), connected_(now_ + iccn_takes) {
        using M = ppp::AuthMethod;
        lns_config_.local_address = Ipv4{0x0a000001};
        if (method == AuthMethod::chap) lns_config_.auth_methods = {M::chap, M::none};
    }

    // Until both are up and nothing is on its way; false when one gave up, or both took longer than that.
    bool comes_up_within(Clock::duration limit) {
        const MonoTime end = now_ + limit;
        client_.start(context());
        while (now_ < end && why_.empty()) {
            if (up_ && lns_.network_up && on_the_way_.empty()) return true;
            now_ = std::max(now_, next());
            step();
        }
        if (why_.empty()) why_ = "too late";
        return false;
    }
    [[nodiscard]] const std::string& why() const { return why_; }

private:
    [[nodiscard]] MonoTime next() const {
        MonoTime at = std::min({client_due_, answer_at_, ppp::next_deadline(lns_)});
        if (connected_ != MonoTime{}) at = std::min(at, connected_);
        if (!on_the_way_.empty()) at = std::min(at, on_the_way_.begin()->first);
        return at;
    }
    void step() {
        if (connected_ != MonoTime{} && now_ >= connected_) {
            connected_ = {};
            ppp::start(lns_, lns_config_, now_, rng_, effects_);
        }
        if (now_ >= client_due_) {
            client_due_ = kNever;
            client_.on_timer(context());
        }
        while (!on_the_way_.empty() && on_the_way_.begin()->first <= now_) {
            const auto [upstream, frame] = on_the_way_.begin()->second;
            on_the_way_.erase(on_the_way_.begin());
            deliver(upstream, frame);
        }
        if (now_ >= answer_at_) {
            answer_at_ = kNever;
            ppp::authenticated(lns_, lns_config_, serial_, {Ipv4{0x0a000063}, Ipv4{0x08080808}, {}}, "", now_, rng_,
                               effects_);
        }
        if (connected_ == MonoTime{}) ppp::tick(lns_, lns_config_, now_, rng_, effects_);
        carry_out();
    }
    void deliver(bool upstream, const Octets& frame) {
        const ppp::Frame f = ppp::parse_frame(frame);
        if (!upstream)
            client_.receive(context(), static_cast<Protocol>(f.protocol), f.payload);
        else if (connected_ == MonoTime{})
            ppp::receive(lns_, lns_config_, frame, now_, rng_, effects_);
        carry_out();
    }
    void carry_out() {
        for (const ppp::Effect& e : effects_) {
            if (const auto* frame = std::get_if<ppp::SendFrame>(&e)) post(false, frame->bytes);
            if (const auto* ask = std::get_if<ppp::AuthRequest>(&e)) {
                serial_ = ask->serial;
                answer_at_ = now_ + 5ms;
            }
            if (const auto* end = std::get_if<ppp::Finished>(&e)) why_ = "LNS: " + std::string(name(end->reason));
        }
        effects_.clear();
    }
    void post(bool upstream, const Octets& frame) {
        if (rng_.below(100) < 10) return;
        for (int copies = rng_.below(100) < 10 ? 2 : 1; copies > 0; --copies) {
            const bool late = rng_.below(100) < 20;
            on_the_way_.emplace(now_ + 1ms + (late ? std::chrono::milliseconds(rng_.below(100)) : 0ms),
                                std::pair(upstream, frame));
        }
    }

    PppContext context() { return {config_, counters_, rng_, *this}; }
    void send_frame(Protocol protocol, Bytes information) override {
        const auto number = static_cast<std::uint16_t>(protocol);
        Octets frame{0xff, 3, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
        frame.insert(frame.end(), information.begin(), information.end());
        post(true, frame);
    }
    void arm_ppp_timer(Clock::duration after) override { client_due_ = now_ + after; }
    void cancel_ppp_timer() override { client_due_ = kNever; }
    void ppp_event(PppEvent event) override {
        if (event == PppEvent::up) up_ = true;
        if (event == PppEvent::down) up_ = false;
        if (event == PppEvent::gave_up) why_ = "the subscriber gave up";
        if (event == PppEvent::rejected || event == PppEvent::terminated) why_ = "the subscriber was ended";
    }
    void ppp_malformed(Malformed why) override {
        why_ = "malformed: " + std::string(kMalformedNames[static_cast<std::size_t>(why)]);
    }
    [[nodiscard]] std::string user_name() const override { return "user"; }
    [[nodiscard]] std::string password() const override { return "password"; }

    MonoTime now_{1h};
    SeededRng rng_;
    MonoTime connected_;
    PppConfig config_;
    PppCounters counters_;
    PppClient client_;
    MonoTime client_due_ = kNever;
    ppp::Config lns_config_;
    ppp::Session lns_;
    ppp::Effects effects_;
    std::uint16_t serial_ = 0;
    MonoTime answer_at_ = kNever;
    std::multimap<MonoTime, std::pair<bool, Octets>> on_the_way_;
    bool up_ = false;
    std::string why_;
};

// A request and its answer both arrive with 0.81, so that ten tries are in vain with 0.19^10, one in 16 million.
TEST(LacsimLoss, EverySubscriberComesUp) {
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap})
        for (std::uint64_t seed = 0; seed < 3000; ++seed) {
            Line line(seed, method, 1ms);
            ASSERT_TRUE(line.comes_up_within(150s)) << "seed " << seed << ": " << line.why();
        }
}

// Four transmissions of an ICCN lost, or of what must come before it: 1 + 2 + 4 + 8 seconds (RFC 2661 5.8).
TEST(LacsimLoss, EverySubscriberComesUpWhoseCallIsConnectedLate) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Line line(seed, AuthMethod::pap, 15s);
        ASSERT_TRUE(line.comes_up_within(165s)) << "seed " << seed << ": " << line.why();
    }
}

} // namespace
} // namespace lns::lacsim
