// SPDX-License-Identifier: ISC
#include "lib/ppp/ipcp.h"

#include "lib/ppp/auth.h"
#include "lib/ppp/phases.h"

namespace lns::ppp {
namespace {

enum : std::uint8_t { kAddress = 3, kDns1 = 129, kDns2 = 131 };
constexpr std::uint8_t kAddressLength = 6;
constexpr std::uint8_t kAddressDropped = 1;

Judgement judge_against(Ipv4 assigned, std::optional<std::uint32_t> value) {
    if (!assigned.is_set()) return {Answer::reject};
    return {value == assigned.value ? Answer::ack : Answer::nak, assigned.value};
}

Judgement judge_address(const Context& cx, std::optional<std::uint32_t> value, Offer& offer) {
    offer.address = true;
    return judge_against(cx.s.peer_address, value);
}
Judgement judge_dns1(const Context& cx, std::optional<std::uint32_t> value, Offer& /*offer*/) {
    return judge_against(cx.s.dns1, value);
}
Judgement judge_dns2(const Context& cx, std::optional<std::uint32_t> value, Offer& /*offer*/) {
    return judge_against(cx.s.dns2, value);
}

constexpr std::array kOptions{
    OptionDef{1, "IP-Addresses", 10, 10, nullptr},            // RFC 1332 3.1: obsolete
    OptionDef{2, "IP-Compression-Protocol", 4, 255, nullptr}, // RFC 1332 3.2
    OptionDef{kAddress, "IP-Address", kAddressLength, kAddressLength, judge_address},
    OptionDef{kDns1, "Primary-DNS-Address", 6, 6, judge_dns1}, // RFC 1877
    OptionDef{130, "Primary-NBNS-Address", 6, 6, nullptr},
    OptionDef{kDns2, "Secondary-DNS-Address", 6, 6, judge_dns2},
    OptionDef{132, "Secondary-NBNS-Address", 6, 6, nullptr},
};
static_assert(well_ordered(kOptions));

} // namespace

std::optional<Ipv4> wished_address(Bytes frame) {
    const Frame f = parse_frame(frame);
    Reader r(f.payload);
    std::uint8_t code = 0;
    std::uint8_t id = 0;
    std::uint16_t length = 0;
    if (!f.ok() || f.protocol != Protocol::IPCP || !r.u8(code) || !r.u8(id) || !r.u16(length) ||
        code != static_cast<std::uint8_t>(Code::ConfigureRequest) || length < kPacketHeader ||
        length > f.payload.size())
        return {};
    Ipv4 wish;
    Option option;
    for (Bytes rest = f.payload.first(length).subspan(kPacketHeader); !rest.empty();) {
        if (!next_option(rest, option)) return {};
        Reader value(option.value);
        std::uint32_t address = 0;
        if (option.type == kAddress && option.whole.size() == kAddressLength && value.u32(address))
            wish = Ipv4{address};
    }
    return wish;
}

std::span<const OptionDef> ipcp_options() { return kOptions; }

void Ipcp::this_layer_up() { network_up(cx_); }

void Ipcp::this_layer_down() {
    // Stopping: the peer's Terminate-Request, or a reject that noted its own reason before.
    if (a_.state == State::Stopping) note_reason(cx_.s, Reason::peer_terminated);
    network_down(cx_);
}

void Ipcp::this_layer_finished() { network_finished(cx_); }

void Ipcp::write_request(Writer& out) const {
    if ((a_.dropped & kAddressDropped) != 0) return;
    out.u8(kAddress);
    out.u8(kAddressLength);
    out.u32(cx_.s.local_address.value);
}

// RFC 1332 3.3: a peer that does not mention its address is asked to, once.
void Ipcp::judge_whole(const Offer& offer, Writer& naks) {
    if (offer.address || cx_.s.address_asked || naks.room() < kAddressLength) return;
    cx_.s.address_asked = true;
    naks.u8(kAddress);
    naks.u8(kAddressLength);
    naks.u32(cx_.s.peer_address.value);
}

// A CHAP peer does not repeat its Response by timer. If the Success was lost it waits for it and takes
// no IPCP, so as long as it has sent none the Success goes along.
void Ipcp::request_repeated() {
    if (!cx_.s.ipcp_seen && cx_.s.auth.method == AuthMethod::chap) send_verdict(cx_);
}

bool Ipcp::option_naked(std::uint8_t type, Bytes /*value*/) {
    // Our address is not for the peer to choose; some try before they give in.
    if (type != kAddress || a_.refusals < cx_.cfg.max_failure) return true;
    close_link(cx_, Reason::address_refused);
    return false;
}

bool Ipcp::option_rejected(std::uint8_t type) {
    if (type == kAddress) a_.dropped |= kAddressDropped;
    return true;
}

} // namespace lns::ppp
