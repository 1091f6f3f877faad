// SPDX-License-Identifier: ISC
// The programs of the fast path in the kernel. Up: one corpus through each program and through the code of user space,
// which must agree. Down: real packets from a TUN device to a LAC behind a0/b0, and for XDP the program by itself. Run
// by tests/netns/180-fast-path-programs in a namespace that it prepares.
#include <gtest/gtest.h>

#include <array>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "datapathd/encap.h"
#include "datapathd/fast_path.h"
#include "l2tpnsd/fast_path_programs.h"
#include "l2tpnsd/sockets.h"
#include "l2tpnsd/tun.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath {
namespace {

using namespace test;
using parent::FastHook;
using parent::FastPathLink;
using parent::Native;

constexpr SessionIndex kSession = Tables::kSession;
constexpr int kArrivalMs = 20000; // generous: nothing is sent far
constexpr int kSilenceMs = 200;
constexpr std::size_t kEthernet = 14;
constexpr unsigned kTestRunPort = 1; // where frames of a test run of XDP arrive: lo

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

Octets frame(const OuterFields& f, Bytes l2tp_message) {
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

Octets inner(std::size_t data = 40) { return udp_packet({}, 5000, pattern(data)); }
Octets plain_frame(std::size_t data = 40) { return frame({}, data_message(inner(data))); }

// What the kernel's own input and user space make of a frame: the subscriber's packet, when it is forwarded.
std::optional<Octets> user_space(const SessionTables& tables, const Octets& f) {
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
Octets packet_in(const Octets& f) { return {f.begin() + kEthernet, f.begin() + kEthernet + get16(f, kEthernet + 2)}; }
// As the kernel forwards it.
Octets forwarded(Octets packet) {
    --packet[8];
    finish_ip_header(packet);
    return packet;
}
// What leaves the LNS, or is about to be forwarded by the kernel.
Octets leaving(const Kernel& k, const Octets& packet) {
    return k.native == Native::redirect ? forwarded(packet) : packet;
}

class Up : public testing::TestWithParam<Native> {
protected:
    Kernel k{GetParam()};
};

TEST_P(Up, PlainDataIsTakenAndComesOutAsItIsInside) {
    for (const std::size_t data : {0U, 1U, 40U, 500U, 1400U}) {
        const auto out = k.up(plain_frame(data));
        ASSERT_TRUE(out) << data;
        EXPECT_EQ(packet_in(*out), leaving(k, inner(data)));
        EXPECT_EQ(get16(*out, 12), unsigned{ETHERTYPE_IP});
    }
    EXPECT_EQ(k.counted().up_packets, 5U);
    EXPECT_EQ(k.counted().up_octets, 5U * 28 + 1941);
    EXPECT_GT(k.counted().last_up, 0U);
}

TEST_P(Up, EveryFormOfThePppHeaderIsTaken) {
    for (const Octets& ppp : {Octets{0xff, 3, 0, 0x21}, {0xff, 3, 0x21}, {0, 0x21}, {0x21}}) {
        const auto out = k.up(frame({}, l2tp({}, joined({ppp, inner()}))));
        ASSERT_TRUE(out) << ppp.size();
        EXPECT_EQ(packet_in(*out), leaving(k, inner()));
    }
}

TEST_P(Up, AChecksumThatHoldsIsTakenAndAnotherLeftToTheKernel) {
    for (const std::size_t data : {0U, 1U, 211U, 212U, 213U, 467U, 1400U}) {
        Octets f = frame({.checksum = true}, data_message(inner(data)));
        EXPECT_TRUE(k.up(f)) << data;
        ++f.back();
        if (data > 0) {
            EXPECT_FALSE(k.up(f)) << data;
        }
    }
}

// In the driver it is left to the kernel, which knows what is still to be done.
TEST_P(Up, AChecksumLeftToTheCardOfANeighbourIsTakenByTc) {
    Octets f = plain_frame();
    const Bytes ip = Bytes(f).subspan(kEthernet);
    std::uint32_t sum = pseudo_sum(ip, ip.size() - 20);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(f, kEthernet + 26, sum);
    EXPECT_EQ(k.up(f).has_value(), GetParam() == Native::none);
}

TEST_P(Up, WhateverIsNotPlainDataOfTheSessionIsLeftAlone) {
    const Octets data = data_message(inner());
    const auto inside = [](IpFields f) { return data_message(udp_packet(f, 5000, pattern(40))); };
    Octets wrong_sum = inner();
    ++wrong_sum[10];
    Octets longer = inner();
    put16(longer, 2, static_cast<unsigned>(longer.size() + 1));
    finish_ip_header(longer);
    const std::vector<std::pair<const char*, Octets>> corpus{
        {"another LAC", frame({.peer = Ipv4{kLac.value + 1}}, data)},
        {"another port", frame({.port = 1702}, data)},
        {"another address of ours", frame({.local = Ipv4{kOurs.value + 1}}, data)},
        {"another service", frame({.to_port = 1702}, data)},
        {"outer fragment", frame({.fragment = 0x2000}, data)},
        {"outer last fragment", frame({.fragment = 0x0010}, data)},
        {"Length field", frame({}, l2tp({.flags = 0x4002}, joined({kPppIp, inner()})))},
        {"sequence", frame({}, l2tp({.flags = 0x0802}, joined({kPppIp, inner()})))},
        {"offset", frame({}, l2tp({.flags = 0x0202}, joined({kPppIp, inner()})))},
        {"priority", frame({}, l2tp({.flags = 0x0102}, joined({kPppIp, inner()})))},
        {"control", frame({}, l2tp({.flags = 0xc802}, joined({kPppIp, inner()})))},
        {"version 3", frame({}, l2tp({.flags = 0x0003}, joined({kPppIp, inner()})))},
        {"another tunnel", frame({}, l2tp({.tunnel = TunnelId{4243}}, joined({kPppIp, inner()})))},
        {"another session", frame({}, data_message(inner(), SessionIndex{raw(kSession) + 1}))},
        {"LCP", frame({}, l2tp({}, joined({Octets{0xff, 3, 0xc0, 0x21}, inner()})))},
        {"IPv6", frame({}, l2tp({}, joined({Octets{0xff, 3, 0, 0x57}, inner()})))},
        {"wrong source", frame({}, inside({.source = Ipv4{kSubscriber.value + 1}}))},
        {"inner options", frame({}, inside({.options = Octets(4)}))},
        {"inner checksum", frame({}, data_message(wrong_sum))},
        {"inner length", frame({}, data_message(longer))},
    };
    for (const auto& [what, f] : corpus)
        EXPECT_FALSE(k.up(f)) << what;
    Octets padded = plain_frame();
    padded.resize(padded.size() + 9);
    EXPECT_TRUE(k.up(padded)) << "padding of a short frame";
    EXPECT_EQ(k.counted().up_packets, 1U);
}

// Damaged in every place by one octet, cut at every length, and at random: what the program takes, user space forwards,
// and it is the same packet.
TEST_P(Up, TakesNothingThatUserSpaceWouldNotForward) {
    std::size_t taken = 0;
    const auto agrees = [&](const Octets& f) {
        const auto out = k.up(f);
        if (!out) return;
        ++taken;
        const auto wanted = user_space(k.t.view, f);
        ASSERT_TRUE(wanted);
        ASSERT_EQ(packet_in(*out), leaving(k, *wanted));
    };
    const std::array<Octets, 3> whole{plain_frame(), frame({.checksum = true}, data_message(inner(300))),
                                      frame({}, l2tp({}, joined({Octets{0x21}, inner(33)})))};
    SeededRng rng(7);
    for (const Octets& original : whole) {
        for (std::size_t at = 0; at < original.size(); ++at)
            for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
                Octets f = original;
                f[at] = static_cast<std::uint8_t>(f[at] ^ flip);
                agrees(f);
            }
        for (std::size_t size = kEthernet + 20; size < original.size(); ++size)
            agrees(Octets(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(size)));
        for (int i = 0; i < 2000; ++i) {
            Octets f = original;
            for (std::uint32_t n = rng.below(4) + 1; n > 0; --n)
                f[rng.below(static_cast<std::uint32_t>(f.size()))] = static_cast<std::uint8_t>(rng.u32());
            if (rng.below(2) == 0) { // a header that is damaged and yet sums up
                Octets packet(f.begin() + kEthernet, f.end());
                if ((packet[0] & 0xf) == 5) finish_ip_header(packet);
                std::copy(packet.begin(), packet.end(), f.begin() + kEthernet);
            }
            agrees(f);
        }
    }
    EXPECT_GT(taken, 100U) << "a payload without checksum may be anything";
}

TEST_P(Up, AFramedNetworkIsASourceOfItsSessionAlone) {
    const auto from = [&](std::uint32_t source) {
        return k.up(frame({}, data_message(udp_packet({.source = Ipv4{source}}, 5000, pattern(40)))));
    };
    EXPECT_FALSE(from(0xc0000201));
    k.fast.route({Ipv4{0xc0000200}, 28}, kSession);
    EXPECT_TRUE(from(0xc0000201));
    EXPECT_TRUE(from(0xc000020f));
    EXPECT_FALSE(from(0xc0000210));
    k.fast.route({Ipv4{0xc0000200}, 30}, SessionIndex{raw(kSession) + 1}); // a longer prefix of somebody else's
    EXPECT_FALSE(from(0xc0000201));
    EXPECT_TRUE(from(0xc0000204));
}

TEST_P(Up, ASessionThatLeftIsLeftAlone) {
    EXPECT_TRUE(k.up(plain_frame()));
    k.t.set_state(kSession, shm::ForwardState::removing);
    EXPECT_TRUE(k.fast.refresh(kSession, k.t.forward.get(raw(kSession))));
    EXPECT_FALSE(k.up(plain_frame()));
}

TEST_P(Up, WithoutAHeartbeatNothingIsForwarded) {
    k.state.serve_until = 1;
    EXPECT_FALSE(k.up(plain_frame()));
}

// ---- Throttling ----

constexpr std::uint16_t kMinute = 60'000;
constexpr FineTime kHour = 60 * kMinute * kFinePerMillisecond;
FineTime fine_now() { return fine_time(Clock::now()); }

class Throttle : public Up {};
TEST_P(Throttle, WhatIsOverTheRateIsDroppedAndCounted) {
    k.throttle_to(64, 0, 250);
    k.throttle.up = fine_now() + kHour;
    const auto ran = k.run_up(plain_frame());
    EXPECT_TRUE(k.is_dropped(ran));
    EXPECT_EQ(ran.frame, plain_frame()) << "unchanged";
    EXPECT_EQ(k.counted().up_throttled, 1U);
    EXPECT_EQ(k.counted().up_packets, 0U);
    k.fast.fold(kSession);
    EXPECT_EQ(k.t.counting[raw(kSession)].up_dropped, 1U);
    EXPECT_EQ(k.t.counters.get(Counter::fast_up_throttled), 1U);
    k.throttle_to(0, 64, 250);
    EXPECT_TRUE(k.up(plain_frame())) << "the other way only";
    EXPECT_EQ(k.counted().up_throttled, 1U);
}

TEST_P(Throttle, APacketTakesItsTimeOutOfTheBucketOfUserSpace) {
    k.throttle_to(1, 0, kMinute);
    const FineTime before = fine_now();
    ASSERT_TRUE(k.up(plain_frame(972)));
    const FineTime cost = time_at_rate(1000, 1); // eight seconds
    EXPECT_GE(k.throttle.up, before + cost);
    EXPECT_LE(k.throttle.up, fine_now() + cost);
    const FineTime owed = k.throttle.up;
    ASSERT_TRUE(k.up(plain_frame(972)));
    EXPECT_EQ(k.throttle.up, owed + cost);
    EXPECT_EQ(k.throttle.down, 0U);
    // What user space took is not there for the kernel.
    while (gcra_take(k.throttle.up, fine_now(), cost, kMinute * kFinePerMillisecond)) {
    }
    EXPECT_TRUE(k.is_dropped(k.run_up(plain_frame(972))));
}

TEST_P(Throttle, APacketLargerThanTheBurstPassesWhenNothingIsOwed) {
    k.throttle_to(1, 0, 1);
    EXPECT_TRUE(k.up(plain_frame(1000)));
    EXPECT_TRUE(k.is_dropped(k.run_up(plain_frame(1000)))) << "eight seconds are owed";
}

// From an empty bucket on, until a packet is refused after a while: what passed is what the rate allowed in that time,
// but for one packet. However long the machine pauses, the bucket never overflows.
TEST_P(Throttle, WhatPassesIsTheRateFromSlowToFast) {
    for (const std::uint32_t kbits : {64U, 1000U, 10'000U}) { // well below what a test run can offer
        k.throttle_to(kbits, 0, kMinute);
        const Octets f = plain_frame(1400);
        const FineTime cost = time_at_rate(1428, kbits);
        const auto counted = k.counted();
        const FineTime begin = fine_now();
        k.throttle.up = begin + kMinute * kFinePerMillisecond;
        std::uint64_t passed = 0, refused = 0;
        FineTime last = begin;
        for (bool done = false; !done;) {
            last = fine_now();
            const bool taken = !k.is_dropped(k.run_up(f));
            ++(taken ? passed : refused);
            done = !taken && last > begin + 200 * kFinePerMillisecond;
        }
        EXPECT_LE(passed * cost, fine_now() - begin) << kbits;
        EXPECT_GT((passed + 1) * cost, last - begin) << kbits;
        EXPECT_EQ(k.counted().up_packets - counted.up_packets, passed);
        EXPECT_EQ(k.counted().up_throttled - counted.up_throttled, refused);
    }
}

std::string mode_name(const testing::TestParamInfo<Native>& mode) {
    constexpr std::array names{"tc", "stack", "redirect"};
    return names[static_cast<std::size_t>(mode.param)];
}
INSTANTIATE_TEST_SUITE_P(Modes, Throttle, testing::Values(Native::none, Native::stack, Native::redirect), mode_name);
INSTANTIATE_TEST_SUITE_P(Modes, Up, testing::Values(Native::none, Native::stack, Native::redirect), mode_name);

// ---- What only the programs in the driver meet ----

class InDriver : public Up {};
INSTANTIATE_TEST_SUITE_P(Modes, InDriver, testing::Values(Native::stack, Native::redirect), mode_name);

TEST_P(InDriver, AFrameForAnotherMachineOrInSeveralBuffersIsLeftAlone) {
    Octets f = plain_frame();
    f[5] = 1;
    EXPECT_FALSE(k.up(f)) << "another address";
    k.set_port(kTestRunPort, {{0, 0, htons(1)}, 0});
    EXPECT_TRUE(k.up(f)) << "now it is that of the interface";
    k.programs.remove_port(kTestRunPort);
    EXPECT_FALSE(k.up(f)) << "no interface of ours";
    k.set_port(kTestRunPort, {});
    EXPECT_FALSE(k.up(plain_frame(6000)));
}

TEST_P(InDriver, ItIsAttachedWhereTheDriverHasIt) {
    const auto attach = [this](const char* interface) {
        const unsigned index = if_nametoindex(interface);
        return FastPathLink::attach(k.programs.program(FastHook::xdp), FastHook::xdp, index,
                                    std::string(getenv("FAST_PATH_PINS")) + "/xdp-" + std::to_string(index));
    };
    auto first = attach("a0");
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->outlives_us());
    auto again = attach("a0");
    ASSERT_TRUE(again) << "in place of the first";
    again->detach();
    EXPECT_FALSE(attach("t0"));
}

class Redirect : public testing::Test {
protected:
    std::optional<Octets> down(const Octets& packet, std::size_t padding = 0) {
        const Octets f = joined({Octets(12), Octets{8, 0}, packet, Octets(padding)});
        const auto ran = k.run(FastHook::xdp, f);
        if (ran.action == XDP_REDIRECT) return ran.frame;
        EXPECT_EQ(ran.action, std::uint32_t{XDP_PASS});
        EXPECT_EQ(ran.frame, f) << "left alone means unchanged";
        return std::nullopt;
    }
    static IpFields to_subscriber(Ipv4 address = kSubscriber) { return {kHost, address}; }
    Kernel k{Native::redirect};
};

TEST_F(Redirect, WhatTheKernelWouldNotForwardIsLeftAloneUpstream) {
    const auto up = [this](const IpFields& f) {
        return k.up(frame({}, data_message(udp_packet(f, 5000, pattern(40)))));
    };
    EXPECT_TRUE(up({}));
    EXPECT_FALSE(up({.ttl = 1})) << "the last hop";
    EXPECT_FALSE(up({.destination = kOurs})) << "this machine";
    EXPECT_FALSE(up({.destination = Ipv4{0xc0000203}})) << "a neighbour that is not known";
    EXPECT_FALSE(up({.destination = Ipv4{0x08080808}})) << "no route";
    EXPECT_FALSE(up({.destination = Ipv4{kSubscriber.value + 1}})) << "the TUN device";
    k.set_port(if_nametoindex("a0"), {{}, 0});
    EXPECT_FALSE(up({})) << "an interface that would lose it";
}

TEST_F(Redirect, APacketToTheSubscriberIsSentAsUserSpaceWouldSendIt) {
    for (const std::size_t padding : {0U, 17U}) {
        const Octets packet = udp_packet(to_subscriber(), 5000, pattern(40));
        const auto f = down(packet, padding);
        ASSERT_TRUE(f) << padding;
        const Bytes outer = Bytes(*f).subspan(kEthernet);
        ASSERT_EQ(outer.size(), packet.size() + 38);
        EXPECT_TRUE(ip_header_right(outer));
        EXPECT_EQ(get32(outer, 12), kOurs.value);
        EXPECT_EQ(get32(outer, 16), kLac.value);
        EXPECT_EQ(get16(outer, 20), 1701U);
        EXPECT_EQ(get16(outer, 22), kLacPort);
        EXPECT_EQ(get16(outer, 24), outer.size() - 20);
        EXPECT_EQ(get16(outer, 26), 0U);
        const auto wanted = encapsulation(k.t.forward.get(raw(kSession)));
        EXPECT_EQ(Octets(outer.begin() + 28, outer.begin() + 38), Octets(wanted.begin(), wanted.end()));
        EXPECT_EQ(Octets(outer.begin() + 38, outer.end()), forwarded(packet));
        EXPECT_NE(Octets(f->begin(), f->begin() + 6), Octets(6)) << "the LAC's";
    }
    EXPECT_EQ(k.counted().down_packets, 2U);
    EXPECT_EQ(k.counted().down_octets, 2U * 68);
}

TEST_F(Redirect, WhatIsNotPlainDownstreamIsLeftAlone) {
    const auto udp = [](const IpFields& f, std::size_t data = 40) { return udp_packet(f, 5000, pattern(data)); };
    IpFields last = to_subscriber();
    last.ttl = 1;
    IpFields options = to_subscriber();
    options.options = Octets(4);
    IpFields forged = to_subscriber();
    forged.source = Ipv4{0x7f000001};
    Octets damaged = udp(to_subscriber());
    ++damaged[10];
    Octets unfinished = udp(to_subscriber());
    std::uint32_t sum = pseudo_sum(unfinished, unfinished.size() - 20);
    put16(unfinished, 26, (sum & 0xffff) + (sum >> 16));
    const std::vector<std::pair<const char*, Octets>> corpus{
        {"nobody's", udp(to_subscriber(Ipv4{kSubscriber.value + 1}))},
        {"the last hop", udp(last)},
        {"options", udp(options)},
        {"a source that cannot be", udp(forged)},
        {"checksum of the header", damaged},
        {"checksum that a card is to finish", unfinished},
        {"SYN", tcp_packet(to_subscriber(), {.flags = 2}, {})},
        {"larger than the link's MTU with what is in front", udp(to_subscriber(), 1440)},
        {"in several buffers", udp(to_subscriber(), 6000)},
    };
    for (const auto& [what, packet] : corpus)
        EXPECT_FALSE(down(packet)) << what;
    EXPECT_TRUE(down(tcp_packet(to_subscriber(), {}, pattern(40))));
    auto record = k.t.forward.get(raw(kSession));
    record.mru = 1000;
    k.fast.refresh(kSession, record);
    EXPECT_FALSE(down(udp(to_subscriber(), 1000)));
    EXPECT_TRUE(down(udp(to_subscriber(), 900)));
    k.state.serve_until = 1;
    EXPECT_FALSE(down(udp(to_subscriber())));
}

// ---- Down: a socket of this namespace sends to the subscriber, the LAC's side hears the frames of b0 ----

class Down : public testing::TestWithParam<FastPathLink::Way> {
protected:
    Down() {
        link_ = need(FastPathLink::attach(k_.programs.program(FastHook::down), FastHook::down, if_nametoindex("t0"),
                                          pin(), GetParam()));
        heard_ = UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE_IP)));
        sockaddr_ll at{};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETHERTYPE_IP);
        at.sll_ifindex = static_cast<int>(if_nametoindex("b0"));
        if (bind(heard_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
            throw std::runtime_error("bind");
        sender_ = need(parent::open_icmp_socket());
    }
    ~Down() override { link_.detach(); }
    static std::string pin() {
        return std::string(getenv("FAST_PATH_PINS")) + "/down-" + std::to_string(if_nametoindex("t0"));
    }

    void send(const Octets& packet) {
        const sockaddr_in to = to_sockaddr({Ipv4{get32(packet, 16)}, 0});
        ASSERT_GT(
            sendto(sender_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
            0);
    }
    std::optional<Octets> hear(int ms = kArrivalMs) {
        for (;;) {
            pollfd wait{heard_.get(), POLLIN, 0};
            if (poll(&wait, 1, ms) < 1) return std::nullopt;
            Octets f(70000);
            sockaddr_ll from{};
            socklen_t size = sizeof from;
            const ssize_t n = recvfrom(heard_.get(), f.data(), f.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
            f.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
            if (from.sll_pkttype != PACKET_OUTGOING && f.size() > 34 && f[23] == kProtocolUdp) return f;
        }
    }
    static Octets to_subscriber(std::size_t data, Ipv4 address = kSubscriber) {
        return udp_packet({Ipv4{0x0a0000fe}, address}, 5000, pattern(data));
    }

    Kernel k_;
    FastPathLink link_;
    UniqueFd heard_, sender_;
};

TEST_P(Down, APacketArrivesAsUserSpaceWouldSendIt) {
    for (const std::size_t data : {1U, 40U, 1000U, 1400U}) {
        const Octets packet = to_subscriber(data);
        send(packet);
        const auto f = hear();
        ASSERT_TRUE(f) << data;
        const Bytes outer = Bytes(*f).subspan(kEthernet);
        EXPECT_TRUE(ip_header_right(outer));
        EXPECT_EQ(get32(outer, 12), kOurs.value);
        EXPECT_EQ(get32(outer, 16), kLac.value);
        EXPECT_EQ(get16(outer, 6), 0U) << "it may be fragmented";
        EXPECT_EQ(get16(outer, 20), 1701U);
        EXPECT_EQ(get16(outer, 22), kLacPort);
        EXPECT_EQ(get16(outer, 24), outer.size() - 20);
        const auto wanted = encapsulation(k_.t.forward.get(raw(kSession)));
        EXPECT_EQ(Octets(outer.begin() + 28, outer.begin() + 38), Octets(wanted.begin(), wanted.end()));
        // The kernel chose the identification of what it sent.
        Octets arrived(outer.begin() + 38, outer.end());
        ASSERT_EQ(arrived.size(), packet.size());
        EXPECT_EQ(Octets(arrived.begin() + 20, arrived.end()), Octets(packet.begin() + 20, packet.end()));
        EXPECT_TRUE(ip_header_right(arrived));
    }
    EXPECT_EQ(k_.counted().down_packets, 4U);
    EXPECT_EQ(k_.counted().down_octets, 4U * 28 + 2441);
}

TEST_P(Down, WhatIsNobodysOrTooLargeIsLeftAlone) {
    send(to_subscriber(40, Ipv4{kSubscriber.value + 1}));
    send(udp_packet({.source = Ipv4{0x0a0000fe}, .destination = kSubscriber, .fragment = 0x2000}, 5000, pattern(40)));
    send(to_subscriber(1440)); // with what is in front larger than the link's MTU
    auto record = k_.t.forward.get(raw(kSession));
    record.mru = 1000;
    k_.fast.refresh(kSession, record);
    send(to_subscriber(1000));
    EXPECT_FALSE(hear(kSilenceMs));
    send(to_subscriber(900));
    EXPECT_TRUE(hear());
    EXPECT_EQ(k_.counted().down_packets, 1U);
}

TEST_P(Down, AFramedNetworkIsServedByItsLongestPrefix) {
    const SessionIndex slow{raw(kSession) + 1}; // up, but not fast
    k_.fast.route({Ipv4{0x0a000080}, 25}, kSession);
    k_.fast.route({Ipv4{0x0a0000c0}, 26}, slow);
    k_.fast.route({Ipv4{0x0a0000f0}, 32}, kSession);
    k_.t.activate(slow, Ipv4{0x0a000085});
    auto record = k_.t.forward.get(raw(slow));
    record.flags = shm::kFiltered;
    k_.fast.refresh(slow, record);
    for (const auto& [host, served] :
         {std::pair{0x81U, true}, {0xbfU, true}, {0xf0U, true}, {0x7fU, false}, {0xc1U, false}, {0x85U, false}}) {
        send(to_subscriber(40, Ipv4{0x0a000000 + host}));
        EXPECT_EQ(hear(served ? kArrivalMs : kSilenceMs).has_value(), served) << host;
    }
    EXPECT_EQ(k_.counted().down_packets, 3U);
}

TEST_P(Down, WhatIsOverTheRateIsDroppedAndCounted) {
    k_.throttle_to(0, 64, 250);
    k_.throttle.down = fine_now() + kHour;
    send(to_subscriber(40));
    EXPECT_FALSE(hear(kSilenceMs));
    EXPECT_EQ(k_.counted().down_throttled, 1U);
    k_.throttle.down = 0;
    const FineTime before = fine_now();
    send(to_subscriber(972));
    EXPECT_TRUE(hear());
    EXPECT_GE(k_.throttle.down, before + time_at_rate(1000, 64));
    EXPECT_LE(k_.throttle.down, fine_now() + time_at_rate(1000, 64));
    EXPECT_EQ(k_.counted().down_packets, 1U);
    EXPECT_EQ(k_.counted().down_throttled, 1U);
}

TEST_P(Down, EndsWithItsLink) {
    send(to_subscriber(40));
    ASSERT_TRUE(hear());
    link_.detach();
    send(to_subscriber(40));
    EXPECT_FALSE(hear(kSilenceMs));
}

INSTANTIATE_TEST_SUITE_P(Ways, Down, testing::Values(FastPathLink::Way::best, FastPathLink::Way::clsact),
                         [](const auto& way) { return way.param == FastPathLink::Way::best ? "best" : "clsact"; });

} // namespace
} // namespace lns::datapath
