// SPDX-License-Identifier: ISC
// flood sccrq|repeated|garbage|data LNS-ADDRESS COUNT: that many datagrams for port 1701 with sources out of
// 198.18.0.0/15, which RFC 2544 sets apart for tests, at 100,000 a second at most. `repeated` are SCCRQs that come a
// second time after a second, as those of a LAC do. Prints how many the kernel took. For tests in network namespaces;
// needs root.
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/inet.h"
#include "lib/base/rng.h"
#include "lib/l2tp/l2tp.h"

namespace {

using namespace lns;
using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kBatch = 64;
constexpr int kRate = 100'000;
constexpr std::size_t kMostPackets = 12'000'000;
constexpr std::size_t kRepeatedAfter = kRate / 2; // packets, of which every second is new: a second
constexpr std::size_t kHeaders = 28;              // IPv4, UDP

Octets sccrq(Rng& rng) {
    Octets room(256);
    Writer body(std::span<std::uint8_t>(room).subspan(l2tp::kControlHeaderSize));
    l2tp::AvpWriter avps(body);
    avps.u16(l2tp::AvpType::MessageType, 1);
    avps.u16(l2tp::AvpType::ProtocolVersion, l2tp::kProtocolVersion);
    avps.u32(l2tp::AvpType::FramingCapabilities, 3);
    avps.text(l2tp::AvpType::HostName, "flood");
    avps.u16(l2tp::AvpType::AssignedTunnelId, static_cast<std::uint16_t>(1 + rng.below(65535)));
    Writer head(room);
    l2tp::encode_control_header(head, PeerTunnelId::none, PeerSessionId::none, 0, 0, body.size());
    room.resize(l2tp::kControlHeaderSize + body.size());
    return room;
}

Octets garbage(Rng& rng) {
    Octets out(rng.below(200));
    rng.fill(out);
    if (out.size() > 12 && rng.below(2) == 0)
        out[0] = 0xc8, out[1] = 2, out[2] = 0, out[3] = static_cast<std::uint8_t>(out.size());
    return out;
}

// An IP packet for whichever session that is.
Octets data(Rng& rng) {
    Octets out(100);
    rng.fill(out);
    constexpr std::array<std::uint8_t, 2> kFlags{0, 2};
    constexpr std::array<std::uint8_t, 5> kPppIp{0xff, 3, 0, 0x21, 0x45};
    std::copy(kFlags.begin(), kFlags.end(), out.begin());
    std::copy(kPppIp.begin(), kPppIp.end(), out.begin() + 6);
    return out;
}

Octets packet(Rng& rng, Ipv4 to, const Octets& payload) {
    Octets room(kHeaders + payload.size());
    Writer w(room);
    w.u16(0x4500);
    w.u16(static_cast<std::uint16_t>(room.size()));
    w.u32(0); // the kernel fills in identification and checksum
    w.u16(64 << 8 | IPPROTO_UDP);
    w.u16(0);
    w.u32(0xc6120000 | rng.below(1 << 17));
    w.u32(to.value);
    w.u16(static_cast<std::uint16_t>(1024 + rng.below(60000)));
    w.u16(1701);
    w.u16(static_cast<std::uint16_t>(8 + payload.size()));
    w.u16(0); // no checksum
    w.bytes(payload);
    return room;
}

// The packets of a flood, one after the other.
class Source {
public:
    Source(Octets (*make)(Rng&), Ipv4 to, bool repeats) : make_(make), to_(to), repeats_(repeats) {}
    Octets next() {
        const std::size_t n = made_++;
        const bool again = repeats_ && n % 2 == 1 && n > kRepeatedAfter;
        Rng& rng = again ? again_ : first_;
        return packet(rng, to_, make_(rng));
    }

private:
    Octets (*make_)(Rng&);
    Ipv4 to_;
    bool repeats_;
    std::size_t made_ = 0;
    SeededRng first_{1}, again_{1}; // the same packets, later
};

std::size_t send_batch(int fd, std::vector<Octets>& packets, const sockaddr_in& to) {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> parts{};
    for (std::size_t i = 0; i < packets.size(); ++i) {
        parts[i] = {packets[i].data(), packets[i].size()};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = const_cast<sockaddr_in*>(&to);
        messages[i].msg_hdr.msg_namelen = sizeof to;
    }
    const int n = sendmmsg(fd, messages.data(), static_cast<unsigned>(packets.size()), 0);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
}

} // namespace

int main(int argc, char** argv) {
    Octets (*const make)(Rng&) = argc != 4                          ? nullptr
                                 : strcmp(argv[1], "sccrq") == 0    ? sccrq
                                 : strcmp(argv[1], "repeated") == 0 ? sccrq
                                 : strcmp(argv[1], "garbage") == 0  ? garbage
                                 : strcmp(argv[1], "data") == 0     ? data
                                                                    : nullptr;
    std::size_t count = 0;
    const auto lns = argc == 4 ? parse_ipv4(argv[2]) : std::nullopt;
    if (make == nullptr || !lns || std::from_chars(argv[3], argv[3] + strlen(argv[3]), count).ec != std::errc()) {
        fputs("usage: flood sccrq|repeated|garbage|data LNS-ADDRESS COUNT\n", stderr);
        return 2;
    }
    count = std::min(count, kMostPackets);
    const UniqueFd fd(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    if (!fd.valid()) return perror("socket"), 2;
    Source source(make, *lns, strcmp(argv[1], "repeated") == 0);
    const sockaddr_in to = to_sockaddr({*lns, 0});
    const MonoTime start = Clock::now();
    std::size_t sent = 0;
    for (std::size_t offered = 0; offered < count; offered += kBatch) {
        std::vector<Octets> packets;
        while (packets.size() < std::min(kBatch, count - offered))
            packets.push_back(source.next());
        sent += send_batch(fd.get(), packets, to);
        std::this_thread::sleep_until(start + std::chrono::microseconds(offered * 1'000'000 / kRate));
    }
    printf("%zu\n", sent);
    return 0;
}
