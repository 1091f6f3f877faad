// SPDX-License-Identifier: ISC
// IPCP (RFC 1332) with name server addresses (RFC 1877). Private to lib/ppp.
#pragma once

#include "lib/ppp/layer.h"

namespace lns::ppp {

class Ipcp final : public Layer {
public:
    explicit Ipcp(Context& cx) : Layer(cx, cx.s.ipcp, Protocol::IPCP) {}

private:
    void this_layer_up() override;
    void this_layer_down() override;
    void this_layer_finished() override;
    void write_request(Writer& out) const override;
    std::span<const OptionDef> options() const override { return ipcp_options(); }
    void judge_whole(const Offer& offer, Writer& naks) override;
    void request_repeated() override;
    Reason disagreement() const override { return Reason::address_refused; }
    bool option_naked(std::uint8_t type, Bytes value) override;
    bool option_rejected(std::uint8_t type) override;
};

} // namespace lns::ppp
