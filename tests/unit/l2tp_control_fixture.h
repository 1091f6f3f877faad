// SPDX-License-Identifier: ISC
// One control connection under test, with a shell that does what sessiond does: header parsed, SCCRQ
// routed, effects collected.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/l2tp_bytes.h"

namespace lns::l2tp::test {

inline constexpr MonoTime kStart = MonoTime{} + std::chrono::hours(5);
inline constexpr TunnelId kOurs{0x4321};
inline constexpr std::uint16_t kTheirs = 0x0077;
inline const Octets kSecret{'s', '3', 'c', 'r', 'e', 't'};
inline const Octets kTheirChallenge{7, 7, 7, 7, 8, 8, 8, 8};
inline const Cause kOperator = cause(StopResult::general_request, Reason::operator_request);

class Connection {
public:
    ControlConnection cc;
    ReorderBuffer early;
    TunnelConfig config;
    MonoTime now = kStart;
    CountingRng rng;
    std::uint16_t peer_ns = 0; // the peer's next Ns

    Connection() {
        config.host_name = "lns";
        config.vendor_name = "test";
    }

    // The peer opens: true when accepted.
    bool open(const Octets& request, Effects& out) {
        const Octets bytes = datagram(TunnelId::none, SessionId::none, 0, 0, request);
        const auto header = parse_header(bytes);
        Message m;
        if (!header || decode_message(header->payload, config.secret, m) != WireError::none) return false;
        peer_ns = 1;
        return accept(cc, *header, m, kOurs, config, now, rng, out);
    }
    Effects open(const Octets& request) {
        Effects out;
        open(request, out);
        return out;
    }
    // Any datagram.
    Effects get(const Octets& bytes) {
        Effects out;
        const auto header = parse_header(bytes);
        if (header) receive(cc, *header, early, config, now, out);
        return out;
    }
    // The peer's next message in order, acknowledging all that we have sent.
    Effects get_next(const Octets& body, SessionId session = SessionId::none) {
        // (But for our StopCCN, so that the state of the connection is the caller's.)
        const std::uint16_t nr = cc.state == ControlState::closing ? cc.una : cc.high;
        return get(datagram(kOurs, session, peer_ns++, nr, body));
    }
    Effects zlb(std::uint16_t nr) { return get(datagram(kOurs, SessionId::none, peer_ns, nr, {})); }
    Effects run_until(MonoTime at) {
        Effects out;
        while (next_deadline(cc) <= at) {
            now = std::max(now, next_deadline(cc));
            tick(cc, config, now, out);
        }
        now = at;
        return out;
    }
    Effects ack() {
        Effects out;
        flush_ack(cc, out);
        return out;
    }
    Effects end(const Cause& why = kOperator) {
        Effects out;
        close(cc, why, config, now, out);
        return out;
    }
    Effects transmit(const OutMessage& m, SendResult want = SendResult::queued) {
        Effects out;
        EXPECT_EQ(send(cc, m, config, now, out), want);
        return out;
    }

    void establish() {
        open(sccrq(kTheirs));
        get_next(payload(MessageType::SCCCN));
        ASSERT_EQ(cc.state, ControlState::established);
        ack();
    }
};

// The peer's message number ns.
inline Octets from_peer(std::uint16_t ns, std::uint16_t nr, const Octets& body, SessionId session = SessionId::none) {
    return datagram(kOurs, session, ns, nr, body);
}
inline OutMessage a_cdn(std::uint16_t n) {
    return cdn(SessionId{n}, PeerSessionId{n}, cause(CdnResult::administrative, Reason::operator_request));
}
inline std::vector<std::uint32_t> serials(const Effects& out) {
    std::vector<std::uint32_t> all;
    for (const IncomingCall& c : of<IncomingCall>(out))
        all.push_back(c.message.call_serial);
    return all;
}

} // namespace lns::l2tp::test
