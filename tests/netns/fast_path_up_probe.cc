// SPDX-License-Identifier: ISC
// Up: one corpus through each program and through the code of user space, which must agree; and throttling.
#include "tests/netns/fast_path_probe.h"

namespace lns::datapath {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Modes, Up, testing::Values(Native::none, Native::stack, Native::redirect), mode_name);

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

INSTANTIATE_TEST_SUITE_P(Modes, Throttle, testing::Values(Native::none, Native::stack, Native::redirect), mode_name);

} // namespace
} // namespace lns::datapath
