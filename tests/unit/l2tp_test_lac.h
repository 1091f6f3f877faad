// SPDX-License-Identifier: ISC
// A LAC for tests: its own reliable channel and call set-up, sharing only the codec with what it tests.
// It checks everything it gets.
#pragma once

#include <deque>
#include <map>

#include "tests/unit/l2tp_control_fixture.h"

namespace lns::l2tp::test {

class Lac {
public:
    struct Options {
        std::uint16_t calls = 40;
        std::uint16_t window = 8; // advertised
        bool keeps_early = true;
        bool authenticates = true;
        bool sequencing = false; // required
    };
    struct LacCall {
        std::uint16_t id = 0;
        SessionId peer = SessionId::none; // the LNS's id
        bool up = false;
        bool ended = false;
        std::uint16_t result = 0; // of the LNS's CDN
        std::uint16_t error = 0;
    };

    explicit Lac(const Options& options) : options_(options) {}

    std::vector<LacCall> calls;
    bool up = false;
    bool stopped = false; // the LNS sent StopCCN
    std::uint16_t stop_result = 0;
    std::vector<Octets> outbox;
    std::size_t calls_up = 0;

    void start() {
        push(SessionId::none, sccrq(kTheirs, [&](AvpWriter& a) {
                 a.u16(AvpType::ReceiveWindowSize, options_.window);
                 if (options_.authenticates) a.octets(AvpType::Challenge, kTheirChallenge);
             }));
    }

    void get(const Octets& bytes) {
        const auto header = parse_header(bytes);
        ASSERT_TRUE(header.ok());
        EXPECT_EQ(header->tunnel, TunnelId{kTheirs});
        if (up && header->ns == 0 && !header->payload.empty()) {
            // A second SCCRP after a late SCCRQ, of a tunnel we do not want: it is left to die.
            Message m;
            if (decode_message(header->payload, kSecret, m) == WireError::none && m.type == MessageType::SCCRP &&
                m.assigned_tunnel != PeerTunnelId{raw(lns_)})
                return;
        }
        acknowledge(header->nr);
        if (header->payload.empty()) return;
        ASSERT_LT(static_cast<std::uint16_t>(header->ns - nr_ + 0x4000), 0x4000 + options_.window)
            << "our window was not respected";
        same_as_before(header->ns, bytes);
        if (header->ns == nr_) {
            process(*header);
            for (auto it = early_.find(nr_); it != early_.end(); it = early_.find(nr_)) {
                const Octets kept = it->second;
                early_.erase(it);
                process(*parse_header(kept));
            }
        } else if (static_cast<std::uint16_t>(header->ns - nr_) < 0x8000 && options_.keeps_early) {
            early_[header->ns] = bytes;
        }
        owe_ack_ = true;
    }

    // Sends what may go, repeats what is late, acknowledges what is owed.
    void tick(MonoTime now) {
        if (!unacked_.empty() && now - sent_at_ >= std::chrono::seconds(1)) next_ = 0;
        while (next_ < unacked_.size() && next_ < peer_window_) {
            const Out& o = unacked_[next_++];
            outbox.push_back(datagram(o.ns == 0 ? TunnelId::none : lns_, o.session, o.ns, nr_, o.body));
            sent_at_ = now;
            owe_ack_ = false;
        }
        if (owe_ack_) outbox.push_back(datagram(lns_, SessionId::none, ns_, nr_, {}));
        owe_ack_ = false;
    }

    void hang_up(LacCall& call) {
        if (call.ended || !call.up) return;
        call.ended = true;
        push(call.peer, cdn_payload(call.id, 1));
    }
    // One more call, of a tunnel that is up; its number.
    std::uint16_t dial(std::string_view calling = "", std::string_view called = "") {
        const auto id = static_cast<std::uint16_t>(calls.size() + 1);
        calls.push_back({.id = id});
        push(SessionId::none, payload(MessageType::ICRQ, [&](AvpWriter& a) {
                 a.u16(AvpType::AssignedSessionId, id);
                 a.u32(AvpType::CallSerialNumber, 1000U + id);
                 if (!called.empty()) a.text(AvpType::CalledNumber, called);
                 if (!calling.empty()) a.text(AvpType::CallingNumber, calling);
             }));
        return id;
    }
    // Any message, of the tunnel or of one of its sessions.
    void say(SessionId session, Octets body) { push(session, std::move(body)); }
    [[nodiscard]] TunnelId lns() const { return lns_; }
    [[nodiscard]] bool quiet() const { return unacked_.empty(); }

private:
    struct Out {
        std::uint16_t ns;
        SessionId session;
        Octets body;
    };

    void push(SessionId session, Octets body) { unacked_.push_back({ns_++, session, std::move(body)}); }

    void acknowledge(std::uint16_t nr) {
        while (!unacked_.empty() && static_cast<std::uint16_t>(nr - unacked_.front().ns - 1) < 0x8000) {
            unacked_.pop_front();
            if (next_ > 0) --next_;
        }
    }

    void same_as_before(std::uint16_t ns, Octets bytes) {
        bytes[10] = bytes[11] = 0; // Nr is always the newest
        const auto [it, first] = seen_.try_emplace(ns, bytes);
        if (first) return;
        EXPECT_EQ(it->second, bytes) << "message " << ns << " is not what it was the first time";
    }

    void process(const Header& header) {
        ++nr_;
        Message m;
        ASSERT_EQ(decode_message(header.payload, kSecret, m), WireError::none);
        ASSERT_FALSE(m.fault) << name(m.fault.error);
        switch (m.type) {
        case MessageType::SCCRP:
            return connect(m);
        case MessageType::ICRP:
            return answer(header.session, m);
        case MessageType::CDN:
            return ended(header.session, m);
        case MessageType::StopCCN:
            stopped = true;
            stop_result = m.result;
            unacked_.clear();
            next_ = 0;
            return;
        default:
            EXPECT_EQ(m.type, MessageType::HELLO);
        }
    }

    void connect(const Message& m) {
        up = true;
        lns_ = TunnelId{raw(m.assigned_tunnel)};
        peer_window_ = m.receive_window;
        if (options_.authenticates) {
            EXPECT_EQ(m.challenge_response, md5({Octets{2}, kSecret, kTheirChallenge}));
            push(SessionId::none, payload(MessageType::SCCCN, [&](AvpWriter& a) {
                     a.octets(AvpType::ChallengeResponse, md5({Octets{3}, kSecret, m.challenge}));
                 }));
        } else {
            push(SessionId::none, payload(MessageType::SCCCN));
        }
        for (std::uint16_t i = 1; i <= options_.calls; ++i) {
            calls.push_back({.id = i});
            push(SessionId::none, icrq(i, 1000U + i));
        }
    }

    LacCall& find(SessionId session) {
        EXPECT_GE(raw(session), 1);
        EXPECT_LE(raw(session), calls.size());
        return calls.at(raw(session) - 1U);
    }

    void answer(SessionId session, const Message& m) {
        LacCall& call = find(session);
        EXPECT_FALSE(call.up) << "a second ICRP";
        call.up = true;
        ++calls_up;
        call.peer = SessionId{raw(m.assigned_session)};
        push(call.peer, iccn([this](AvpWriter& a) {
                 if (options_.sequencing) a.empty(AvpType::SequencingRequired);
             }));
    }

    void ended(SessionId session, const Message& m) {
        LacCall& call = find(session);
        EXPECT_EQ(raw(m.assigned_session), raw(call.peer));
        call.ended = true;
        call.result = m.result;
        call.error = m.error;
    }

    Options options_;
    TunnelId lns_ = TunnelId::none;
    std::uint16_t ns_ = 0;
    std::uint16_t nr_ = 0;
    std::uint16_t peer_window_ = 1;
    std::deque<Out> unacked_;
    std::size_t next_ = 0;
    MonoTime sent_at_{};
    bool owe_ack_ = false;
    std::map<std::uint16_t, Octets> early_;
    std::map<std::uint16_t, Octets> seen_;
};

} // namespace lns::l2tp::test
