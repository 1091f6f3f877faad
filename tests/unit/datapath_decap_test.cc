// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "datapathd/encap.h"
#include "tests/unit/datapath_packets.h"

namespace lns::datapath {
namespace {

using namespace test;

constexpr Endpoint kPeer{kLac, kLacPort};

Octets plain_packet() { return ip_packet({}, pattern(36)); }
Octets framed(std::initializer_list<std::uint8_t> front, const Octets& packet = plain_packet()) {
    return joined({Octets(front), packet});
}
Octets ip_frame() { return framed({0xff, 0x03, 0x00, 0x21}); }

struct Row {
    const char* description;
    Octets datagram;
    Action action;
    Counter reason = Counter::up_forwarded;
    Endpoint peer = kPeer;
};

void check(const SessionTables& tables, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        // Exactly as large as the datagram, so that the sanitizer sees a read behind it.
        const auto copy = std::make_unique<std::uint8_t[]>(row.datagram.size());
        std::copy(row.datagram.begin(), row.datagram.end(), copy.get());
        const Decapsulated got = decapsulate(tables, row.peer, Bytes(copy.get(), row.datagram.size()));
        EXPECT_EQ(static_cast<int>(got.action), static_cast<int>(row.action)) << row.description;
        EXPECT_EQ(kCounters[static_cast<std::size_t>(got.reason)].name,
                  kCounters[static_cast<std::size_t>(row.reason)].name)
            << row.description;
        if (got.action == Action::forward) {
            EXPECT_EQ(got.session, Tables::kSession) << row.description;
            EXPECT_EQ(joined({got.packet.octets}), plain_packet()) << row.description;
        }
    }
}

L2tpFields flags(unsigned f, unsigned offset = 0) { return {.flags = f, .offset = offset, .offset_given = offset}; }

TEST(Decap, TakesEveryVariantOfTheDataHeader) {
    Tables t;
    t.activate();
    check(t.view, {
                      {"shortest", l2tp({}, ip_frame()), Action::forward},
                      {"L", l2tp(flags(0x4002), ip_frame()), Action::forward},
                      {"S", l2tp(flags(0x0802), ip_frame()), Action::forward},
                      {"O without padding", l2tp(flags(0x0202), ip_frame()), Action::forward},
                      {"O with padding", l2tp(flags(0x0202, 9), ip_frame()), Action::forward},
                      {"P", l2tp(flags(0x0102), ip_frame()), Action::forward},
                      {"L S O P", l2tp(flags(0x4b02, 3), ip_frame()), Action::forward},
                      {"octets behind Length", joined({l2tp(flags(0x4002), ip_frame()), pattern(5)}), Action::forward},
                  });
}

TEST(Decap, TakesCompressedAndUncompressedPppHeaders) {
    Tables t;
    t.activate();
    check(t.view, {
                      {"full", l2tp({}, framed({0xff, 0x03, 0x00, 0x21})), Action::forward},
                      {"ACFC", l2tp({}, framed({0x00, 0x21})), Action::forward},
                      {"PFC", l2tp({}, framed({0xff, 0x03, 0x21})), Action::forward},
                      {"ACFC and PFC", l2tp({}, framed({0x21})), Action::forward},
                      {"padding", l2tp({}, joined({ip_frame(), pattern(11)})), Action::forward},
                  });
}

TEST(Decap, DropsLyingHeadersWhole) {
    Tables t;
    t.activate();
    const auto lie = [](unsigned f, int by) { return l2tp({.flags = f, .length_lie = by}, ip_frame()); };
    check(t.view,
          {
              {"empty", {}, Action::drop, Counter::up_bad_header},
              {"one octet", {0}, Action::drop, Counter::up_bad_header},
              {"cut in the ids", {0, 2, 0x10, 0x92, 1}, Action::drop, Counter::up_bad_header},
              {"version 1", l2tp(flags(0x0001), ip_frame()), Action::drop, Counter::up_bad_header},
              {"version 3", l2tp(flags(0x0003), ip_frame()), Action::drop, Counter::up_bad_header},
              {"Length one too large", lie(0x4002, 1), Action::drop, Counter::up_bad_header},
              {"Length 65535", lie(0x4002, 65535 - 80), Action::drop, Counter::up_bad_header},
              {"Length inside the header", lie(0x4002, -68), Action::drop, Counter::up_bad_header},
              {"Length cuts the packet", lie(0x4002, -1), Action::drop, Counter::up_bad_ip},
              {"offset behind the end", l2tp({.flags = 0x0202, .offset = 999}, ip_frame()), Action::drop,
               Counter::up_bad_header},
              {"sequence flag, no room", {0x08, 2, 0x10, 0x92, 0xa4, 0xa0, 0, 1}, Action::drop, Counter::up_bad_header},
              {"no frame", l2tp({}, {}), Action::drop, Counter::up_bad_frame},
              {"half a protocol", l2tp({}, Octets{0xff, 0x03, 0x00}), Action::drop, Counter::up_bad_frame},
              {"even protocol", l2tp({}, framed({0xff, 0x03, 0x00, 0x20})), Action::drop, Counter::up_bad_frame},
          });
}

TEST(Decap, BindsTunnelSessionAndPeerTogether) {
    Tables t;
    t.activate();
    t.locator.set_tunnel(TunnelId{5555}, TunnelIndex{8});
    const auto to = [](unsigned tunnel, unsigned session) {
        return l2tp({.tunnel = TunnelId{static_cast<std::uint16_t>(tunnel)},
                     .session = SessionId{static_cast<std::uint16_t>(session)}},
                    ip_frame());
    };
    const unsigned good = raw(Tables::wire_id(Tables::kSession));
    check(t.view, {
                      {"tunnel 0", to(0, good), Action::drop, Counter::up_unknown_tunnel},
                      {"unknown tunnel", to(4243, good), Action::drop, Counter::up_unknown_tunnel},
                      {"another tunnel's session", to(5555, good), Action::drop, Counter::up_unknown_session},
                      {"no such block", to(4242, good ^ 0x0200), Action::drop, Counter::up_unknown_session},
                      {"free slot", to(4242, good ^ 1), Action::drop, Counter::up_not_forwarding},
                      {"other address", l2tp({}, ip_frame()), Action::drop, Counter::up_wrong_peer, {kHost, kLacPort}},
                      {"other port", l2tp({}, ip_frame()), Action::drop, Counter::up_wrong_peer, {kLac, 1702}},
                  });
    for (const auto state : {shm::ForwardState::none, shm::ForwardState::removing}) {
        t.set_state(Tables::kSession, state);
        check(t.view, {{"not active", l2tp({}, ip_frame()), Action::drop, Counter::up_not_forwarding}});
    }
}

TEST(Decap, RelaysControlAndEveryOtherProtocol) {
    Tables t;
    t.activate();
    const Octets lcp = framed({0xff, 0x03, 0xc0, 0x21}, {1, 1, 0, 4});
    const SessionId free_slot{static_cast<std::uint16_t>(raw(Tables::wire_id(Tables::kSession)) ^ 1)};
    const auto control = [](unsigned f) { return l2tp({.flags = f, .tunnel = TunnelId{0}}, pattern(8)); };
    check(t.view,
          {
              {"SCCRQ-like", control(0xc802), Action::relay, Counter::relayed_control, {kHost, 999}},
              {"control with O", control(0xca02), Action::drop, Counter::up_bad_header},
              {"control without L", control(0x8802), Action::drop, Counter::up_bad_header},
              {"LCP", l2tp({}, lcp), Action::relay, Counter::relayed_ppp},
              {"LCP, ACFC", l2tp({}, framed({0xc0, 0x21}, {9, 1, 0, 4})), Action::relay, Counter::relayed_ppp},
              {"IPv6 data", l2tp({}, framed({0x57}, pattern(40))), Action::relay, Counter::relayed_ppp},
              {"LCP before forwarding", l2tp({.session = free_slot}, lcp), Action::relay, Counter::relayed_ppp},
              {"LCP, unknown session", l2tp({.session = SessionId{1}}, lcp), Action::relay, Counter::relayed_ppp},
              {"LCP, unknown tunnel", l2tp({.tunnel = TunnelId{1}}, lcp), Action::drop, Counter::up_unknown_tunnel},
              {"LCP, wrong peer", l2tp({}, lcp), Action::drop, Counter::up_wrong_peer, {kLac, 1}},
          });
}

TEST(Decap, ChecksTheInnerHeader) {
    Tables t;
    t.activate();
    const auto changed = [](auto change, bool fix = true) {
        Octets p = plain_packet();
        change(p);
        if (fix) finish_ip_header(p);
        return l2tp({}, joined({kPppIp, p}));
    };
    check(t.view,
          {
              {"version 6", changed([](Octets& p) { p[0] = 0x65; }), Action::drop, Counter::up_bad_ip},
              {"IHL 4", changed([](Octets& p) { p[0] = 0x44; }), Action::drop, Counter::up_bad_ip},
              {"IHL 15 in 56 octets", changed([](Octets& p) { p[0] = 0x4f; }, false), Action::drop, Counter::up_bad_ip},
              {"total length 0", changed([](Octets& p) { put16(p, 2, 0); }), Action::drop, Counter::up_bad_ip},
              {"below header", changed([](Octets& p) { put16(p, 2, 19); }), Action::drop, Counter::up_bad_ip},
              {"beyond frame", changed([](Octets& p) { put16(p, 2, 57); }), Action::drop, Counter::up_bad_ip},
              {"checksum", changed([](Octets& p) { p[8] ^= 1; }, false), Action::drop, Counter::up_bad_ip},
              {"19 octets", changed([](Octets& p) { p.resize(19); }, false), Action::drop, Counter::up_bad_ip},
              {"empty", l2tp({}, kPppIp), Action::drop, Counter::up_bad_ip},
          });
}

TEST(Decap, LetsOnlyTheSubscribersSourcesPass) {
    Tables t;
    t.activate();
    const auto from = [](Ipv4 source) { return data_message(ip_packet({.source = source}, pattern(4))); };
    const auto judge = [&](Ipv4 source) { return decapsulate(t.view, kPeer, from(source)); };
    const Ipv4 inside{0xc6336401}; // 198.51.100.1
    EXPECT_EQ(judge(kSubscriber).action, Action::forward);
    for (const Ipv4 source : {inside, kHost, Ipv4{0}, Ipv4{kSubscriber.value + 1}}) {
        EXPECT_EQ(judge(source).reason, Counter::up_wrong_source);
        EXPECT_EQ(judge(source).session, Tables::kSession) << "counted on its account";
    }
    t.set_routes(Tables::kSession, {{Ipv4{0xc0000280}, 25}, {Ipv4{0xc6336455}, 24}}); // the second with host bits
    EXPECT_EQ(judge(inside).action, Action::forward);
    EXPECT_EQ(judge(Ipv4{0xc63364ff}).action, Action::forward);
    EXPECT_EQ(judge(Ipv4{0xc6336501}).reason, Counter::up_wrong_source);
    EXPECT_EQ(judge(kSubscriber).action, Action::forward);
    // Routes of an earlier use of the slot do not count.
    t.activate(Tables::kSession, kSubscriber, Generation{2});
    shm::ForwardRecord record = t.forward.get(raw(Tables::kSession));
    record.route_count = 2;
    t.forward.write(raw(Tables::kSession), record);
    EXPECT_EQ(judge(inside).reason, Counter::up_wrong_source);
}

TEST(Decap, CutsEveryPrefixOfADatagramWithoutHarm) {
    Tables t;
    t.activate();
    const Octets whole = l2tp(flags(0x4b02, 3), ip_frame());
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto copy = std::make_unique<std::uint8_t[]>(n);
        std::copy_n(whole.begin(), n, copy.get());
        EXPECT_EQ(decapsulate(t.view, kPeer, Bytes(copy.get(), n)).action, Action::drop) << n;
    }
}

TEST(Encap, IsTheShortestHeaderAndAnUncompressedFrame) {
    const auto octets = encapsulation(Tables::record());
    const std::array<std::uint8_t, 10> expected{0, 2, 0x11, 0x22, 0x33, 0x44, 0xff, 0x03, 0x00, 0x21};
    EXPECT_EQ(octets, expected);
}

} // namespace
} // namespace lns::datapath
