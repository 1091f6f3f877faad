// SPDX-License-Identifier: ISC
#include "lib/ppp/context.h"

namespace lns::ppp {
namespace {

// Of Code-Rejects and Protocol-Rejects together: enough for every protocol an honest peer tries.
constexpr std::uint8_t kMaxRejects = 16;
constexpr Clock::duration kRejectInterval = std::chrono::seconds(10);

} // namespace

bool parse_packet(const Context& cx, Bytes payload, Packet& packet) {
    Reader r(payload);
    std::uint16_t length = 0;
    if (!r.u8(packet.code) || !r.u8(packet.id) || !r.u16(length) || length < kPacketHeader || length > payload.size()) {
        cx.count(Counter::bad_length);
        return false;
    }
    // Nobody need send more in a control packet than every peer can take (RFC 1661 6.1).
    if (length > kDefaultMru) {
        cx.count(Counter::too_long);
        return false;
    }
    packet.whole = payload.first(length);
    packet.data = packet.whole.subspan(kPacketHeader);
    return true;
}

std::size_t packet_limit(const Session& s) { return std::min(s.peer.mru, kDefaultMru); }

PacketWriter::PacketWriter(const Context& cx, Protocol protocol, std::uint8_t code, std::uint8_t id)
    : cx_(cx), limit_(kFrameHeader + packet_limit(cx.s)), writer_(std::span(buffer_).first(limit_)) {
    writer_.u8(kAllStations);
    writer_.u8(kUnnumbered);
    writer_.u16(static_cast<std::uint16_t>(protocol));
    writer_.u8(code);
    writer_.u8(id);
    writer_.u16(0); // Length, see send()
}

void PacketWriter::send() {
    writer_.patch_u16(kFrameHeader + 2, static_cast<std::uint16_t>(writer_.size() - kFrameHeader));
    const Bytes frame = writer_.written();
    cx_.out.emplace_back(SendFrame{{frame.begin(), frame.end()}});
}

bool may_reject(const Context& cx) {
    Session& s = cx.s;
    if (s.rejects_sent == 0 || cx.now - s.rejects_since >= kRejectInterval) {
        s.rejects_since = cx.now;
        s.rejects_sent = 0;
    }
    if (s.rejects_sent >= kMaxRejects) {
        cx.count(Counter::reject_suppressed);
        return false;
    }
    ++s.rejects_sent;
    return true;
}

} // namespace lns::ppp
