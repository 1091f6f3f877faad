// SPDX-License-Identifier: ISC
// What every function of the core works on. Private to lib/ppp.
#pragma once

#include "lib/ppp/ppp.h"

namespace lns::ppp {

struct Context {
    Session& s;
    const Config& cfg;
    MonoTime now;
    Rng& rng;
    Effects& out;

    void count(Counter counter) const { out.emplace_back(Count{counter}); }
};

// The four octets in front of every LCP, NCP, PAP and CHAP packet (RFC 1661 5).
inline constexpr std::size_t kPacketHeader = 4;

struct Packet {
    std::uint8_t code = 0;
    std::uint8_t id = 0;
    Bytes data;  // behind the header, without padding
    Bytes whole; // header and data
};

// False, and a Count, for what is no packet. Octets beyond Length are padding (RFC 1661 5).
bool parse_packet(const Context& cx, Bytes payload, Packet& packet);

// The largest packet we may send now.
std::size_t packet_limit(const Session& s);

// Builds one packet of at most packet_limit() octets and turns it into a SendFrame.
class PacketWriter {
public:
    PacketWriter(const Context& cx, Protocol protocol, std::uint8_t code, std::uint8_t id);
    Writer& data() { return writer_; }
    [[nodiscard]] std::size_t room() const { return limit_ - writer_.size(); }
    // As many of the octets as there is room for.
    void truncated(Bytes octets) { writer_.bytes(octets.first(std::min(octets.size(), room()))); }
    void send();

private:
    static constexpr std::size_t kFrameHeader = 4; // ff 03 and protocol
    const Context& cx_;
    std::array<std::uint8_t, kFrameHeader + kDefaultMru> buffer_;
    std::size_t limit_;
    Writer writer_;
};

// True while Code-Rejects and Protocol-Rejects may be sent: a flood of nonsense is not answered one for
// one. Counts the answer as sent.
bool may_reject(const Context& cx);

} // namespace lns::ppp
