// SPDX-License-Identifier: ISC
// LCP (RFC 1661). Private to lib/ppp.
#pragma once

#include "lib/ppp/layer.h"

namespace lns::ppp {

// The first method of the configuration that the peer has not refused; none if there is none.
AuthMethod preferred_method(const Context& cx);

class Lcp final : public Layer {
public:
    explicit Lcp(Context& cx) : Layer(cx, cx.s.lcp, Protocol::LCP) {}
    void protocol_reject(Protocol protocol, Bytes information); // sends one
    void keepalive();                                           // the echo timer is due

private:
    void this_layer_up() override;
    void this_layer_down() override;
    void this_layer_finished() override;
    void write_request(Writer& out) const override;
    std::span<const OptionDef> options() const override { return lcp_options(); }
    void acknowledged(const Offer& offer) override;
    bool option_naked(std::uint8_t type, Bytes value) override;
    bool option_rejected(std::uint8_t type) override;
    bool examine(Bytes options) override;
    Reason disagreement() const override { return Reason::negotiation_failed; }
    bool further_code(const Packet& packet) override;
    bool auth_naked();
    void send_echo_reply() override;
    void echo_request(const Packet& packet);
    void echo_reply(const Packet& packet);
    void protocol_rejected(const Packet& packet);
};

} // namespace lns::ppp
