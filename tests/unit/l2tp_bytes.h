// SPDX-License-Identifier: ISC
// Datagrams for the tests of lib/l2tp, made AVP by AVP, right or wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "lib/l2tp/l2tp.h"

namespace lns::l2tp::test {

using Octets = std::vector<std::uint8_t>;
using Fill = std::function<void(AvpWriter&)>;

inline Octets octets(Bytes b) { return {b.begin(), b.end()}; }

// The AVPs that `fill` appends.
inline Octets avps(const Fill& fill) {
    Octets buffer(4096);
    Writer w(buffer);
    AvpWriter a(w);
    if (fill) fill(a);
    return octets(w.written());
}

// A payload: Message Type, then the rest.
inline Octets payload(MessageType type, const Fill& rest = {}) {
    return avps([&](AvpWriter& a) {
        a.u16(AvpType::MessageType, static_cast<std::uint16_t>(type));
        if (rest) rest(a);
    });
}

inline Octets datagram(TunnelId tunnel, SessionId session, std::uint16_t ns, std::uint16_t nr, Bytes body) {
    Octets buffer(8192);
    Writer w(buffer);
    encode_control_header(w, PeerTunnelId{raw(tunnel)}, PeerSessionId{raw(session)}, ns, nr, body.size());
    w.bytes(body);
    return octets(w.written());
}

// What every SCCRQ and SCCRP must have.
inline void start_avps(AvpWriter& a, std::uint16_t assigned, std::string_view host = "lac") {
    a.u16(AvpType::ProtocolVersion, kProtocolVersion);
    a.u32(AvpType::FramingCapabilities, 3);
    a.text(AvpType::HostName, host);
    a.u16(AvpType::AssignedTunnelId, assigned);
}

inline Octets sccrq(std::uint16_t assigned, const Fill& more = {}) {
    return payload(MessageType::SCCRQ, [&](AvpWriter& a) {
        start_avps(a, assigned);
        if (more) more(a);
    });
}

inline Octets icrq(std::uint16_t assigned, std::uint32_t serial) {
    return payload(MessageType::ICRQ, [&](AvpWriter& a) {
        a.u16(AvpType::AssignedSessionId, assigned);
        a.u32(AvpType::CallSerialNumber, serial);
    });
}

inline Octets iccn(const Fill& more = {}) {
    return payload(MessageType::ICCN, [&](AvpWriter& a) {
        a.u32(AvpType::TxConnectSpeed, 1000000);
        a.u32(AvpType::FramingType, kFramingSync);
        if (more) more(a);
    });
}

inline Octets result(std::uint16_t code) {
    return {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)};
}

inline Octets cdn_payload(std::uint16_t assigned, std::uint16_t code = 3) {
    return payload(MessageType::CDN, [&](AvpWriter& a) {
        a.octets(AvpType::ResultCode, result(code));
        a.u16(AvpType::AssignedSessionId, assigned);
    });
}

inline Octets stop_payload(std::uint16_t assigned, std::uint16_t code = 1) {
    return payload(MessageType::StopCCN, [&](AvpWriter& a) {
        a.u16(AvpType::AssignedTunnelId, assigned);
        a.octets(AvpType::ResultCode, result(code));
    });
}

// The effects of one kind.
template <class T>
std::vector<T> of(const Effects& effects) {
    std::vector<T> found;
    for (const Effect& e : effects)
        if (const T* t = std::get_if<T>(&e)) found.push_back(*t);
    return found;
}

// What a sent datagram is, decoded; ZLB included.
struct Sent {
    Octets bytes;
    Header header;
    Message message;
};
inline std::vector<Sent> sent(const Effects& effects) {
    std::vector<Sent> all;
    for (const SendDatagram& d : of<SendDatagram>(effects)) {
        Sent s{d.bytes, {}, {}};
        const auto header = parse_header(d.bytes);
        if (header) s.header = *header;
        if (!header || decode_message(header->payload, {}, s.message) != WireError::none)
            s.message.type = MessageType{0xffff};
        s.header.payload = {};
        all.push_back(std::move(s));
    }
    return all;
}
// Their names, e.g. "SCCRP ZLB".
inline std::string sent_names(const Effects& effects) {
    std::string names;
    for (const Sent& s : sent(effects)) {
        if (!names.empty()) names += ' ';
        names += s.message.zlb ? "ZLB" : message_name(s.message.type);
    }
    return names;
}

inline bool noted(const Effects& effects, WireError error) {
    for (const Noted& n : of<Noted>(effects))
        if (n.error == error) return true;
    return false;
}

// Random numbers that count up: never the same challenge twice, and known.
class CountingRng final : public Rng {
public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& o : out)
            o = next_++;
    }

private:
    std::uint8_t next_ = 1;
};

} // namespace lns::l2tp::test
