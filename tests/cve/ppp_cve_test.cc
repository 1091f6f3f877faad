// SPDX-License-Identifier: ISC
// What other PPP implementations fell over, as tests of ours: tests/cve/README.md says which is which.
#include <memory>

#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

using namespace std::chrono_literals;

// A copy of exactly that size on the heap: a sanitizer sees a read one octet too far.
void receive_exactly(Lns& lns, const Octets& octets, std::size_t size) {
    const Octets cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
    lns.receive_octets(cut);
}

void bring_to_authentication(Lns& lns, AuthMethod method) {
    lns.start_with(method);
    lns.clear();
}

// l2tpns 2.0.16: lengths of name and password against the packet. Also weakness 3 of l2tpns 2.4.1.
TEST(L2tpns2016Pap, NameAndPasswordOfEveryLengthAreHeldAgainstThePacket) {
    for (unsigned name = 0; name <= 255; ++name) {
        for (const unsigned password : {0U, 1U, 127U, 128U, 129U, 254U, 255U}) {
            Octets data = join({{static_cast<std::uint8_t>(name)},
                                Octets(name, 'u'),
                                {static_cast<std::uint8_t>(password)},
                                Octets(password, 'p')});
            for (const std::size_t missing : {0U, 1U, password, password + 1, password + name}) {
                Lns lns;
                bring_to_authentication(lns, AuthMethod::pap);
                const std::size_t there = data.size() - std::min(missing, data.size());
                const Octets whole = frame(
                    Protocol::PAP,
                    packet(kPapRequest, 1, Octets(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(there))));
                receive_exactly(lns, whole, whole.size());
                const bool good = there == data.size() && name >= 1 && name <= kMaxUser && password <= kMaxPassword;
                ASSERT_EQ(lns.asked.size(), good ? 1U : 0U) << name << '/' << password << '-' << missing;
                if (!good) continue;
                EXPECT_EQ(lns.asked[0].user.view(), std::string(name, 'u'));
                EXPECT_EQ(lns.asked[0].password.reveal(), std::string(password, 'p'));
            }
        }
    }
}

// CVE-2020-7466, mpd5; pppd 7060ac7, c82ddc5, PR 620: every packet cut at every octet, in every phase.
TEST(Cve2020_7466, EveryPacketCutAtEveryOctetIsHarmless) {
    const Octets lcp_options = join({option(1, {5, 0xdc}), option(2, {0, 0, 0, 0}), option(3, {0xc0, 0x23}),
                                     option(5, be32(9)), option(7), option(8), option(19, {1, 2, 3})});
    const std::vector<Octets> packets{
        frame(Protocol::LCP, packet(Code::ConfigureRequest, 1, lcp_options)),
        frame(Protocol::LCP, packet(Code::ConfigureNak, 1, lcp_options)),
        frame(Protocol::LCP, packet(Code::ConfigureReject, 1, lcp_options)),
        frame(Protocol::LCP, packet(Code::EchoRequest, 1, join({be32(9), Octets(20, 7)}))),
        frame(Protocol::LCP, packet(Code::ProtocolReject, 1, join({{0x80, 0x57}, Octets(20, 7)}))),
        frame(Protocol::LCP, packet(Code::CodeReject, 1, packet(12, 1, be32(9)))),
        frame(Protocol::PAP, packet(kPapRequest, 1, pap_request("joe", "secret"))),
        frame(Protocol::CHAP, packet(kResponse, 1, join({{16}, Octets(16, 1), text("joe")}))),
        frame(Protocol::IPCP, packet(Code::ConfigureRequest, 1, join({option(3, be32(0)), option(129, be32(0))}))),
    };
    for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap}) {
        for (const Octets& whole : packets) {
            for (std::size_t size = 0; size <= whole.size(); ++size) {
                Lns lns;
                bring_to_authentication(lns, method);
                receive_exactly(lns, whole, size);
                lns.login();
                if (lns.serial() != 0) lns.accept();
                receive_exactly(lns, whole, size);
                lns.close(Reason::administrative);
                lns.advance(60s);
                ASSERT_TRUE(lns.finished.has_value());
            }
        }
    }
}

// CVE-2020-8597, CVE-2026-75883: there is no EAP here, and nobody gets in by it.
TEST(Cve2020_8597, EapGetsNobodyIn) {
    constexpr auto kEap = static_cast<Protocol>(0xc227);
    for (std::size_t size = 0; size <= 1400; size += 7) {
        Lns lns;
        bring_to_authentication(lns, AuthMethod::chap);
        lns.receive(kEap, packet(2, 1, join({{4, 16}, Octets(16, 1), Octets(size, 'A')})));
        EXPECT_TRUE(lns.asked.empty());
        EXPECT_EQ(lns.s.phase, Phase::authenticate);
        EXPECT_TRUE(lns.frames.empty()) << "RFC 1661 3.5: before the login ends nothing but LCP and the login";
    }
}

// The field of CVE-2020-8597, in CHAP: the name of the peer.
TEST(Cve2020_8597, AChapNameOfEveryLengthStaysWithinItsField) {
    for (std::size_t name = 0; name <= 1400; ++name) {
        Lns lns;
        bring_to_authentication(lns, AuthMethod::chap);
        lns.chap(lns.s.auth.id, std::string(name, 'n'));
        const bool good = name >= 1 && name <= kMaxUser;
        ASSERT_EQ(lns.asked.size(), good ? 1U : 0U) << name;
        if (good) {
            EXPECT_EQ(lns.asked[0].user.view().size(), name);
        }
    }
}

// CHAP values of every length but sixteen.
TEST(AccelE3c3c775, AChapValueIsSixteenOctetsOrNone) {
    for (unsigned size = 0; size <= 255; ++size) {
        Lns lns;
        bring_to_authentication(lns, AuthMethod::chap);
        lns.receive(Protocol::CHAP, packet(kResponse, lns.s.auth.id,
                                           join({{static_cast<std::uint8_t>(size)}, Octets(size, 1), text("joe")})));
        EXPECT_EQ(lns.asked.size(), size == 16 ? 1U : 0U) << size;
    }
}

// l2tpns 2.1.5, 2.1.15, 2.1.16: two ends that answered each other for ever.
TEST(L2tpnsLoops, TwoServersFacingEachOtherComeToAnEnd) {
    Lns left(1);
    Lns right(2);
    left.start();
    right.start();
    std::size_t frames = 0;
    for (int second = 0; second < 600 && !(left.finished && right.finished); ++second) {
        for (int round = 0; round < 1000 && !(left.frames.empty() && right.frames.empty()); ++round) {
            const auto to_right = std::exchange(left.frames, {});
            const auto to_left = std::exchange(right.frames, {});
            frames += to_left.size() + to_right.size();
            for (const Octets& f : to_right)
                right.receive_octets(f);
            for (const Octets& f : to_left)
                left.receive_octets(f);
            ASSERT_LT(round, 200) << "a game of ping-pong";
        }
        left.advance(1s);
        right.advance(1s);
    }
    EXPECT_TRUE(left.finished && right.finished);
    EXPECT_LT(frames, 500U);
}

TEST(L2tpnsLoops, ACodeRejectOfACodeRejectIsNotAnswered) {
    Lns lns;
    bring_to_authentication(lns, AuthMethod::pap);
    Octets inner = packet(Code::CodeReject, 1, packet(99, 1));
    for (int i = 0; i < 100; ++i) {
        lns.lcp(Code::CodeReject, static_cast<std::uint8_t>(i), inner);
        lns.lcp(Code::ProtocolReject, static_cast<std::uint8_t>(i), join({{0xc0, 0x99}, inner}));
    }
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::CodeReject), 0U);
    EXPECT_EQ(lns.number_of(Protocol::LCP, Code::ProtocolReject), 0U);
}

// One answer at most to any packet, of no more octets than came, but for fixed heads: nobody is amplified.
TEST(L2tpnsLoops, NoPacketDrawsMoreThanTwoAnswers) {
    SeededRng rng(5);
    for (int i = 0; i < 20000; ++i) {
        Lns lns(static_cast<std::uint64_t>(i));
        bring_to_authentication(lns, i % 2 == 0 ? AuthMethod::pap : AuthMethod::chap);
        Octets data(rng.below(60));
        rng.fill(data);
        const std::array protocols{Protocol::LCP, Protocol::PAP, Protocol::CHAP, Protocol::IPCP};
        lns.receive(protocols[rng.below(4)], packet(static_cast<std::uint8_t>(1 + rng.below(14)), 1, data));
        ASSERT_LE(lns.frames.size(), 2U);
    }
}

} // namespace
} // namespace lns::ppp
