// SPDX-License-Identifier: ISC
// What only the programs in the driver meet, and the way down past the kernel.
#include "tests/netns/fast_path_probe.h"

namespace lns::datapath {
namespace {

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

} // namespace
} // namespace lns::datapath
