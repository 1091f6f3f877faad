// SPDX-License-Identifier: ISC
// A small LNS for lacsim's own tests: one tunnel, answers at once, repeats its answers when the LAC repeats itself.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "lib/base/digest.h"
#include "lib/base/rng.h"
#include "tools/lacsim/l2tp_wire.h"
#include "tools/lacsim/lac.h"
#include "tools/lacsim/ppp_wire.h"

namespace lns::lacsim {

class FakeLns final : public DatagramSink {
public:
    using Octets = std::vector<std::uint8_t>;

    // What it is told to do.
    AuthMethod auth = AuthMethod::pap;
    bool silent = false;
    bool refuse = false; // authentication
    bool same_address = false;
    bool spoil_ack = false; // Configure-Ack with other options
    std::string secret;
    std::uint16_t window = 16;
    std::function<bool(bool from_lac)> lose = [](bool) { return false; };

    // What it saw.
    std::uint64_t control_seen = 0, iccn_seen = 0, cdn_seen = 0, stopccn_seen = 0;
    std::vector<std::string> users;
    std::vector<Octets> data_headers;

    void send(std::uint32_t /*port*/, Bytes datagram) override {
        if (!silent && !lose(true)) from_lac_.emplace_back(datagram.begin(), datagram.end());
    }

    // Passes datagrams to and fro until nothing moves.
    void exchange(Lac& lac, MonoTime now) {
        do {
            while (!from_lac_.empty() || !to_lac_.empty()) {
                if (!from_lac_.empty()) {
                    const Octets datagram = std::move(from_lac_.front());
                    from_lac_.pop_front();
                    receive(datagram);
                }
                if (!to_lac_.empty()) {
                    const Octets datagram = std::move(to_lac_.front());
                    to_lac_.pop_front();
                    lac.receive(datagram, now);
                }
            }
            lac.step(now);
        } while (!from_lac_.empty() || !to_lac_.empty());
    }

    void send_cdn(std::uint16_t our_session, std::uint16_t code, std::string_view text) {
        MessageWriter w(MessageType::CDN, lac_tunnel_, sessions_.at(our_session).lac_id);
        w.result(code, 0, text);
        w.u16(AvpType::AssignedSessionId, our_session);
        control(w);
    }
    void send_stopccn(std::uint16_t code) {
        MessageWriter w(MessageType::StopCCN, lac_tunnel_, 0);
        w.result(code, 0, "maintenance");
        w.u16(AvpType::AssignedTunnelId, kTunnel);
        control(w);
    }
    void send_hello() {
        MessageWriter w(MessageType::HELLO, lac_tunnel_, 0);
        control(w);
    }
    void send_ppp(std::uint16_t our_session, Protocol protocol, Bytes information) {
        std::array<std::uint8_t, 2048> buffer{};
        Writer w(buffer);
        write_data_header(w, {}, lac_tunnel_, sessions_.at(our_session).lac_id, 0, information.size() + 4);
        w.u16(0xff03);
        w.u16(static_cast<std::uint16_t>(protocol));
        w.bytes(information);
        push(w.written());
    }
    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

private:
    static constexpr std::uint16_t kTunnel = 0x4242;
    struct Session {
        std::uint16_t lac_id = 0;
        unsigned lcp_requests = 0, ipcp_acks = 0; // a second one says that ours was lost
    };

    void push(Bytes datagram) {
        if (!lose(false)) to_lac_.emplace_back(datagram.begin(), datagram.end());
    }
    void control(MessageWriter& w) {
        unacknowledged_.push_back(w.finish());
        set_sequence(unacknowledged_.back(), static_cast<std::uint16_t>(first_ns_ + unacknowledged_.size() - 1), nr_);
        push(unacknowledged_.back());
    }
    void repeat() {
        for (std::size_t i = 0; i < unacknowledged_.size(); ++i) {
            set_sequence(unacknowledged_[i], static_cast<std::uint16_t>(first_ns_ + i), nr_);
            push(unacknowledged_[i]);
        }
        MessageWriter zlb(MessageType::ZLB, lac_tunnel_, 0);
        Octets octets = zlb.finish();
        set_sequence(octets, static_cast<std::uint16_t>(first_ns_ + unacknowledged_.size()), nr_);
        push(octets);
    }

    void receive(const Octets& datagram) {
        Packet packet;
        if (decode_packet(datagram, packet) != Malformed::none) return;
        if (!packet.control) return data(packet);
        const auto acknowledged = static_cast<std::uint16_t>(packet.nr - first_ns_);
        if (acknowledged <= unacknowledged_.size()) {
            unacknowledged_.erase(unacknowledged_.begin(), unacknowledged_.begin() + acknowledged);
            first_ns_ = packet.nr;
        }
        if (packet.body.empty()) return;
        ++control_seen;
        if (packet.ns != nr_) return repeat();
        ++nr_;
        message(packet);
    }

    void message(const Packet& packet) {
        std::map<std::uint16_t, Bytes> avps;
        Reader r(packet.body);
        while (!r.done()) {
            std::uint16_t flags = 0, vendor = 0, type = 0;
            Bytes value;
            if (!r.u16(flags) || !r.u16(vendor) || !r.u16(type) || !r.bytes((flags & 0x3ffU) - 6, value)) return;
            avps[type] = value;
        }
        const auto value = [&avps](AvpType type) {
            Reader v(avps[static_cast<std::uint16_t>(type)]);
            std::uint16_t n = 0;
            return v.u16(n) ? n : std::uint16_t{0};
        };
        switch (static_cast<MessageType>(value(AvpType::MessageType))) {
        case MessageType::SCCRQ: {
            lac_tunnel_ = value(AvpType::AssignedTunnelId);
            MessageWriter w(MessageType::SCCRP, lac_tunnel_, 0);
            w.u16(AvpType::ProtocolVersion, 0x0100);
            w.u32(AvpType::FramingCapabilities, 3);
            w.text(AvpType::HostName, "fake");
            w.u16(AvpType::AssignedTunnelId, kTunnel);
            w.u16(AvpType::ReceiveWindowSize, window);
            const auto challenge = avps.find(static_cast<std::uint16_t>(AvpType::Challenge));
            if (challenge != avps.end())
                w.octets(AvpType::ChallengeResponse, challenge_response(MessageType::SCCRP, secret, challenge->second));
            return control(w);
        }
        case MessageType::ICRQ: {
            const std::uint16_t id = static_cast<std::uint16_t>(sessions_.size() + 1);
            sessions_[id].lac_id = value(AvpType::AssignedSessionId);
            MessageWriter w(MessageType::ICRP, lac_tunnel_, sessions_[id].lac_id);
            w.u16(AvpType::AssignedSessionId, id);
            return control(w);
        }
        case MessageType::ICCN:
            ++iccn_seen;
            lcp_request(packet.session);
            return repeat();
        case MessageType::CDN:
            ++cdn_seen;
            return repeat();
        case MessageType::StopCCN:
            ++stopccn_seen;
            return repeat();
        default:
            return repeat();
        }
    }

    void lcp_request(std::uint16_t session) {
        ControlWriter w(1, 1);
        w.option_u16(option::kMru, 1400);
        w.option_u32(option::kMagicNumber, 0x99990000U + session);
        if (auth == AuthMethod::pap) w.option_u16(option::kAuthentication, 0xc023);
        if (auth == AuthMethod::chap) w.option(option::kAuthentication, Octets{0xc2, 0x23, 5});
        w.option(option::kAcfc, {});
        send_ppp(session, Protocol::lcp, w.finish());
    }
    void ipcp_request(std::uint16_t session) {
        sessions_[session].ipcp_acks = 0;
        ControlWriter w(1, 1);
        w.option_u32(option::kIpAddress, 0x0a000001);
        send_ppp(session, Protocol::ipcp, w.finish());
    }
    void challenge(std::uint16_t session) {
        ControlWriter w(1, 33);
        w.data().u8(4);
        w.data().u32(0x01020304);
        w.data().text("fake");
        send_ppp(session, Protocol::chap, w.finish());
    }

    void data(const Packet& packet) {
        Protocol protocol{};
        Bytes information;
        ControlPacket p;
        if (!sessions_.contains(packet.session) ||
            decode_frame(packet.body, protocol, information) != Malformed::none ||
            decode_control(information, p) != Malformed::none)
            return;
        if (protocol == Protocol::lcp) lcp(packet.session, p);
        if (protocol == Protocol::pap && p.code == 1) {
            Reader r(p.data);
            std::uint8_t length = 0;
            Bytes user;
            if (r.u8(length) && r.bytes(length, user)) users.emplace_back(as_text(user));
            verdict(packet.session, protocol, 2, 3, p.id);
        }
        if (protocol == Protocol::chap && p.code == 2) {
            const Octets id{33};
            const Octets sent{1, 2, 3, 4};
            const Md5Digest right = md5({id, as_octets("password"), sent});
            Reader r(p.data);
            std::uint8_t length = 0;
            Bytes response;
            const bool good = r.u8(length) && r.bytes(length, response) &&
                              std::equal(response.begin(), response.end(), right.begin(), right.end());
            users.emplace_back(as_text(r.rest()));
            refuse = refuse || !good;
            verdict(packet.session, protocol, 3, 4, p.id);
        }
        if (protocol == Protocol::ipcp && p.code == 1) ipcp(packet.session, p);
    }

    void verdict(std::uint16_t session, Protocol protocol, std::uint8_t yes, std::uint8_t no, std::uint8_t id) {
        ControlWriter w(refuse ? no : yes, id);
        if (protocol == Protocol::pap) w.data().u8(0);
        send_ppp(session, protocol, w.finish());
        if (refuse) return send_cdn(session, 3, "");
        ipcp_request(session);
    }

    void lcp(std::uint16_t session, const ControlPacket& p) {
        if (p.code == 1) {
            ControlWriter w(2, p.id);
            w.data().bytes(p.data);
            if (spoil_ack) w.option(option::kPfc, {});
            send_ppp(session, Protocol::lcp, w.finish());
            if (++sessions_[session].lcp_requests > 1) lcp_request(session);
        }
        if (p.code == 2 && auth == AuthMethod::chap) challenge(session);
        if (p.code == 2 && auth == AuthMethod::none) ipcp_request(session);
        if (p.code == 5) {
            ControlWriter w(6, p.id);
            send_ppp(session, Protocol::lcp, w.finish());
        }
    }

    void ipcp(std::uint16_t session, const ControlPacket& p) {
        const std::uint32_t wanted = 0x0a400000U + (same_address ? 1U : session);
        ControlWriter nak(3, p.id);
        nak.option_u32(option::kIpAddress, wanted);
        nak.option_u32(option::kPrimaryDns, 0x08080808);
        Reader r(p.data.size() > 6 ? p.data.subspan(2, 4) : Bytes{});
        std::uint32_t asked = 0;
        if (r.u32(asked) && asked == wanted) {
            ControlWriter ack(2, p.id);
            ack.data().bytes(p.data);
            send_ppp(session, Protocol::ipcp, ack.finish());
            if (++sessions_[session].ipcp_acks > 1) ipcp_request(session);
            return;
        }
        send_ppp(session, Protocol::ipcp, nak.finish());
    }

    std::deque<Octets> from_lac_, to_lac_;
    std::deque<Octets> unacknowledged_;
    std::map<std::uint16_t, Session> sessions_;
    std::uint16_t lac_tunnel_ = 0;
    std::uint16_t first_ns_ = 0, nr_ = 0;
};

} // namespace lns::lacsim
