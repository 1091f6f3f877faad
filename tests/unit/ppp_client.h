// SPDX-License-Identifier: ISC
// A small PPP client for tests, written apart from lib/ppp so that a fault there is not mirrored here:
// two flags a layer instead of the RFC's automaton. It begins anew whenever its peer does.
#pragma once

#include <functional>

#include "tests/unit/ppp_harness.h"

namespace lns::ppp {

class Client {
public:
    struct Wishes {
        AuthMethod method = AuthMethod::pap; // the only one it knows
        Octets lcp{};                        // further options of its first Configure-Request
        bool speaks_first = true;            // false: was Opened with the LAC, and waits
        std::string user = "user";
        std::string password = "secret"; // with PAP
        std::uint32_t address = 0;       // that it would like
    };
    explicit Client(Wishes wishes) : wishes_(std::move(wishes)) {
        lcp_.request = join({option(5, be32(0x01020304)), wishes_.lcp});
        ipcp_.request = join({option(3, be32(wishes_.address)), option(129, be32(0)), option(131, be32(0))});
        if (!wishes_.speaks_first) lcp_.mine_acked = lcp_.theirs_acked = true;
    }

    std::function<void(const Octets&)> send;
    bool nak_seen = false;   // PAP Nak or CHAP Failure
    bool terminated = false; // LCP Terminate-Request seen
    [[nodiscard]] bool open() const { return lcp_.open() && authenticated_ && ipcp_.open(); }
    // The address it asked for last, and is sure of once it is open.
    [[nodiscard]] std::uint32_t address() const {
        for (const auto& [type, value] : parse(ipcp_.request))
            if (type == 3) return be32_value(value);
        return 0;
    }
    [[nodiscard]] MonoTime deadline() const { return next_; }

    void tick(MonoTime now) {
        if (now < next_) return;
        next_ = now + std::chrono::seconds(3);
        if (terminated) return;
        if (!lcp_.open()) return request(Protocol::LCP, lcp_);
        if (!authenticated_) {
            if (wishes_.method == AuthMethod::pap && must_authenticate_)
                send(frame(Protocol::PAP, packet(kPapRequest, ++pap_id_, pap_request(wishes_.user, wishes_.password))));
            return;
        }
        if (!ipcp_.open()) request(Protocol::IPCP, ipcp_);
    }

    void receive(const Octets& octets) {
        const Frame f = parse_frame(octets);
        const std::uint8_t code = f.payload[0];
        const std::uint8_t id = f.payload[1];
        const Octets data(f.payload.begin() + 4, f.payload.end());
        if (f.protocol == Protocol::LCP) receive_lcp(static_cast<Code>(code), id, data);
        if (!lcp_.open() || terminated) return;
        if (f.protocol == Protocol::PAP) verdict(code == kPapAck, id == pap_id_);
        if (f.protocol == Protocol::CHAP) receive_chap(code, id);
        if (f.protocol == Protocol::IPCP && authenticated_)
            control(Protocol::IPCP, ipcp_, static_cast<Code>(code), id, data);
    }

private:
    struct Half {
        Octets request;
        std::uint8_t id = 0;
        bool mine_acked = false;
        bool theirs_acked = false;
        [[nodiscard]] bool open() const { return mine_acked && theirs_acked; }
        void reset() { mine_acked = theirs_acked = false; }
    };

    void request(Protocol protocol, Half& half) {
        half.mine_acked = false;
        send(frame(protocol, packet(Code::ConfigureRequest, half.id, half.request)));
    }

    void receive_lcp(Code code, std::uint8_t id, const Octets& data) {
        if (code == Code::TerminateRequest) {
            terminated = true;
            return send(frame(Protocol::LCP, packet(Code::TerminateAck, id)));
        }
        if (code == Code::EchoRequest && lcp_.open())
            return send(frame(Protocol::LCP, packet(Code::EchoReply, id, be32(0x01020304))));
        if (!terminated) control(Protocol::LCP, lcp_, code, id, data);
    }

    void control(Protocol protocol, Half& half, Code code, std::uint8_t id, const Octets& data) {
        const bool mine = id == half.id && !half.mine_acked;
        if (code == Code::ConfigureRequest) return answer(protocol, half, id, data);
        if (code == Code::ConfigureAck && mine) half.mine_acked = true;
        if ((code == Code::ConfigureNak || code == Code::ConfigureReject) && mine) {
            adjust(half, code, data);
            ++half.id;
            request(protocol, half);
        }
    }

    void answer(Protocol protocol, Half& half, std::uint8_t id, const Octets& data) {
        if (half.open()) { // the peer begins anew, and so do we
            half.reset();
            if (protocol == Protocol::LCP) {
                ipcp_.reset();
                authenticated_ = false;
            }
            ++half.id;
            request(protocol, half);
        }
        half.theirs_acked = true;
        for (const auto& [type, value] : parse(data)) {
            if (protocol != Protocol::LCP || type != 3) continue;
            must_authenticate_ = true;
            const Octets wish = wishes_.method == AuthMethod::pap ? Octets{0xc0, 0x23} : Octets{0xc2, 0x23, 5};
            if (value == wish) continue;
            half.theirs_acked = false;
            return send(frame(protocol, packet(Code::ConfigureNak, id, option(3, wish))));
        }
        send(frame(protocol, packet(Code::ConfigureAck, id, data)));
    }

    void receive_chap(std::uint8_t code, std::uint8_t id) {
        if (code == kChallenge && !authenticated_)
            send(frame(Protocol::CHAP, packet(kResponse, id, join({{16}, Octets(16, 1), text(wishes_.user)}))));
        if (code == kSuccess || code == kFailure) verdict(code == kSuccess, true);
    }
    void verdict(bool good, bool current) {
        if (!current || authenticated_) return;
        authenticated_ = good;
        nak_seen = !good;
    }

    static std::vector<std::pair<std::uint8_t, Octets>> parse(const Octets& data) {
        std::vector<std::pair<std::uint8_t, Octets>> all;
        for (std::size_t at = 0; at + 2 <= data.size(); at += data[at + 1]) {
            const auto from = data.begin() + static_cast<std::ptrdiff_t>(at);
            all.emplace_back(data[at], Octets(from + 2, from + data[at + 1]));
        }
        return all;
    }
    static void adjust(Half& half, Code code, const Octets& data) {
        const auto answered = parse(data);
        Octets next;
        for (const auto& [type, value] : parse(half.request)) {
            const auto hit =
                std::find_if(answered.begin(), answered.end(), [t = type](const auto& a) { return a.first == t; });
            if (hit == answered.end())
                next = join({next, option(type, value)});
            else if (code == Code::ConfigureNak)
                next = join({next, option(type, hit->second)});
        }
        half.request = next;
    }
    static std::uint32_t be32_value(const Octets& v) {
        return std::uint32_t{v.at(0)} << 24 | std::uint32_t{v.at(1)} << 16 | std::uint32_t{v.at(2)} << 8 | v.at(3);
    }

    Wishes wishes_;
    Half lcp_;
    Half ipcp_;
    bool must_authenticate_ = false;
    bool authenticated_ = false;
    std::uint8_t pap_id_ = 0;
    MonoTime next_{};
};

} // namespace lns::ppp
