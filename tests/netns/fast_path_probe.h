// SPDX-License-Identifier: ISC
// What the tests of the fast path's programs share: the programs and their maps with one session, frames for them, and
// what user space makes of those. The tests are run by tests/netns/180-fast-path-programs in a namespace that it
// prepares.
#pragma once

#include <array>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <sys/mman.h>

#include "datapathd/encap.h"
#include "datapathd/fast_path.h"
#include "l2tpnsd/fast_path_programs.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath {

using namespace test;
using parent::FastHook;
using parent::FastPathLink;
using parent::Native;

inline constexpr SessionIndex kSession = Tables::kSession;
inline constexpr int kArrivalMs = 20000; // generous: nothing is sent far
inline constexpr int kSilenceMs = 200;
inline constexpr std::size_t kEthernet = 14;
inline constexpr unsigned kTestRunPort = 1; // where frames of a test run of XDP arrive: lo

template <class T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

// Programs and maps, with one session that is fast.
struct Kernel {
    Native native;
    Tables t;
    parent::FastPathPrograms programs =
        need(parent::FastPathPrograms::load({Tables::kTunnels, Tables::kSlots, 64}, "", false, native));
    LnsFastState& state = *need(programs.map_state());
    FastPathMaps maps = map_all();
    shm::ThrottleState& throttle = map<shm::ThrottleState>(imsg::MapKind::throttle)[raw(kSession)];
    FastPath fast{maps, t.view, t.counting, t.counters};

    explicit Kernel(Native chosen = Native::none) : native(chosen) {
        state = {~__u64{0}, LNS_FAST_LAYOUT, if_nametoindex("t0"), htons(kLacPort), {}};
        t.activate();
        fast.refresh(kSession, t.forward.get(raw(kSession)));
        set_port(kTestRunPort, {}); // whose address is 0
        set_port(if_nametoindex("a0"), {{}, 1});
    }
    void set_port(unsigned interface, const LnsFastPort& port) {
        if (!programs.set_port(interface, port)) throw std::runtime_error("port");
    }
    template <class Item>
    std::span<Item> map(imsg::MapKind kind) {
        const UniqueFd fd = programs.map(kind);
        void* at = mmap(nullptr, programs.bytes(kind), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        if (at == MAP_FAILED) throw std::runtime_error("mmap");
        return {static_cast<Item*>(at), programs.bytes(kind) / sizeof(Item)};
    }
    FastPathMaps map_all() {
        using imsg::MapKind;
        const FastHostTables addresses(map<LnsFastHosts>(MapKind::hosts));
        return {map<LnsFastTunnelId>(MapKind::tunnel_ids),
                map<LnsFastTunnel>(MapKind::tunnels),
                map<LnsFastSession>(MapKind::sessions),
                addresses.hosts,
                map<LnsFastCounters>(MapKind::counters),
                map<LnsFastLost>(MapKind::lost),
                addresses.routes};
    }
    LnsFastCounters counted() { return maps.counters[raw(kSession)]; }
    void throttle_to(std::uint32_t in, std::uint32_t out, std::uint16_t burst) { // milliseconds
        t.throttle_to(kSession, in, out, burst);
        fast.refresh(kSession, t.forward.get(raw(kSession)));
    }
    struct Ran {
        std::uint32_t action;
        Octets frame;
    };
    Ran run(FastHook hook, const Octets& frame) {
        Ran ran{0, Octets(frame.size() + 64)};
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = frame.data();
        options.data_size_in = static_cast<__u32>(frame.size());
        options.data_out = ran.frame.data();
        options.data_size_out = static_cast<__u32>(ran.frame.size());
        if (bpf_prog_test_run_opts(programs.program(hook), &options) != 0) throw std::runtime_error("test run");
        ran.frame.resize(options.data_size_out);
        ran.action = options.retval;
        return ran;
    }
    Ran run_up(const Octets& frame) { return run(native == Native::none ? FastHook::up : FastHook::xdp, frame); }
    [[nodiscard]] bool is_dropped(const Ran& ran) const {
        return static_cast<int>(ran.action) == (native == Native::none ? TC_ACT_SHOT : int{XDP_DROP});
    }
    // What the program of the mode made of it; nothing: left alone.
    std::optional<Octets> up(const Octets& frame) {
        const Ran ran = run_up(frame);
        if (native == Native::none && ran.action == TC_ACT_REDIRECT) return ran.frame;
        if (native == Native::stack && ran.action == XDP_PASS && ran.frame != frame) return ran.frame;
        if (native == Native::redirect && ran.action == XDP_REDIRECT) return ran.frame;
        EXPECT_EQ(static_cast<int>(ran.action), native == Native::none ? TC_ACT_UNSPEC : int{XDP_PASS});
        EXPECT_EQ(ran.frame, frame) << "left alone means unchanged";
        return std::nullopt;
    }
};

struct OuterFields {
    Ipv4 peer = kLac;
    Ipv4 local = kOurs;
    std::uint16_t port = kLacPort;
    std::uint16_t to_port = 1701;
    std::uint16_t fragment = 0;
    bool checksum = false;
};

inline Octets frame(const OuterFields& f, Bytes l2tp_message) {
    Octets udp = joined({Octets(8), l2tp_message});
    put16(udp, 0, f.port);
    put16(udp, 2, f.to_port);
    put16(udp, 4, static_cast<unsigned>(udp.size()));
    IpFields ip{f.peer, f.local};
    ip.fragment = f.fragment;
    Octets packet = ip_packet(ip, udp);
    if (f.checksum) put16(packet, 26, plain_checksum(Bytes(packet).subspan(20), pseudo_sum(packet, udp.size())));
    Octets ethernet(kEthernet);
    put16(ethernet, 12, ETHERTYPE_IP);
    return joined({ethernet, packet});
}

inline Octets inner(std::size_t data = 40) { return udp_packet({}, 5000, pattern(data)); }
inline Octets plain_frame(std::size_t data = 40) { return frame({}, data_message(inner(data))); }

// What the kernel's own input and user space make of a frame: the subscriber's packet, when it is forwarded.
inline std::optional<Octets> user_space(const SessionTables& tables, const Octets& f) {
    if (f.size() < kEthernet || get16(f, 12) != ETHERTYPE_IP) return std::nullopt;
    const auto ip = parse_ipv4_packet(Bytes(f).subspan(kEthernet));
    if (!ip || ip->protocol != kProtocolUdp || ip->is_fragment() || ip->destination != kOurs) return std::nullopt;
    const Bytes udp = ip->payload();
    if (udp.size() < 8 || get16(udp, 2) != 1701 || get16(udp, 4) < 8 || get16(udp, 4) > udp.size()) return std::nullopt;
    const Bytes datagram = udp.first(get16(udp, 4));
    if (get16(udp, 6) != 0 && plain_checksum(datagram, pseudo_sum(ip->octets, datagram.size())) != 0)
        return std::nullopt;
    const auto peer = Endpoint{ip->source, static_cast<std::uint16_t>(get16(udp, 0))};
    const Decapsulated judged = decapsulate(tables, peer, datagram.subspan(8));
    if (judged.action != Action::forward) return std::nullopt;
    return Octets(judged.packet.octets.begin(), judged.packet.octets.end());
}

// The packet behind the Ethernet header, without padding.
inline Octets packet_in(const Octets& f) {
    return {f.begin() + kEthernet, f.begin() + kEthernet + get16(f, kEthernet + 2)};
}
// As the kernel forwards it.
inline Octets forwarded(Octets packet) {
    --packet[8];
    finish_ip_header(packet);
    return packet;
}
// What leaves the LNS, or is about to be forwarded by the kernel.
inline Octets leaving(const Kernel& k, const Octets& packet) {
    return k.native == Native::redirect ? forwarded(packet) : packet;
}

class Up : public testing::TestWithParam<Native> {
protected:
    Kernel k{GetParam()};
};

inline std::string mode_name(const testing::TestParamInfo<Native>& mode) {
    constexpr std::array names{"tc", "stack", "redirect"};
    return names[static_cast<std::size_t>(mode.param)];
}

inline constexpr std::uint16_t kMinute = 60'000; // of a throttle's burst
inline constexpr FineTime kHour = 60 * kMinute * kFinePerMillisecond;
inline FineTime fine_now() { return fine_time(Clock::now()); }

} // namespace lns::datapath
