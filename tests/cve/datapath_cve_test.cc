// SPDX-License-Identifier: ISC
// What others fell over with the packets of subscribers: lengths that lie, in what throttling, interception, access
// lists and the clamped segment size look at. Each packet is in memory of just its size, for the sanitizers.
#include <gtest/gtest.h>

#include "datapathd/mss_clamp.h"
#include "lib/conf/startup_config.h"
#include "tests/unit/datapath_fakes.h"

namespace lns::datapath {
namespace {

using namespace test;

constexpr const char* kList = "ip access-list extended all\n"
                              " deny tcp any any eq 81\n"
                              " deny udp any eq 9 any\n"
                              " permit ip any any\n";

// A session for which everything is done.
struct Served : Rig {
    Served() {
        services.configure({});
        set_mru(1400);
        serve({{}, 1'000'000, 1'000'000, kHost, 9}, shm::kThrottled | shm::kSnooped | shm::kFiltered);
        services.replace_lists(conf::parse_startup_config(kList, "test").settings.access_lists);
        shm::SessionAaa aaa;
        aaa.generation = Generation{1};
        aaa.filter_in.assign("all");
        aaa.filter_out.assign("all");
        t.aaa.write(raw(Tables::kSession), aaa);
    }
    void send(const Octets& packet) {
        udp.arrive(data_message(packet));
        up.run(1, now);
    }
    void receive(const Octets& packet) {
        tun.arrive(packet);
        down.run(1, now);
    }
};

std::vector<Octets> packets(Ipv4 source, Ipv4 destination) {
    const IpFields ip{.source = source, .destination = destination, .fragment = 0x4000};
    return {tcp_packet(ip, {.flags = kTcpSyn, .options = {1, 3, 3, 7, 2, 4, 0x05, 0xb4}}, {}),
            udp_packet(ip, 7, pattern(9)), ip_packet(ip, pattern(8)),
            tcp_packet({.source = source, .destination = destination, .options = {7, 4, 4, 0}}, {}, pattern(5))};
}

TEST(PppdPr620, EveryPacketOfASubscriberCutAtEveryOctetIsDroppedAndCounted) {
    for (const bool upward : {true, false}) {
        for (const Octets& whole : upward ? packets(kSubscriber, kHost) : packets(kHost, kSubscriber)) {
            Served r;
            for (std::size_t n = 0; n <= whole.size(); ++n) {
                const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
                upward ? r.send(cut) : r.receive(cut);
            }
            EXPECT_EQ(r.tun.written.size(), upward ? 1U : 0U);
            EXPECT_EQ(r.udp.sent.size(), upward ? 0U : 1U);
            ASSERT_EQ(r.copies.sent.size(), 1U);
            EXPECT_EQ(r.copies.sent[0].packet.size(), whole.size());
            r.expect_conserved();
        }
    }
}

TEST(Weakness1, ALengthInASubscribersPacketNeverReachesBeyondIt) {
    for (const Octets& honest : packets(kSubscriber, kHost)) {
        Served r;
        for (unsigned length = 0; length <= 0xffff; length += length < 128 ? 1 : 97) {
            for (std::uint8_t header = 0; header < 16; ++header) {
                Octets lying = honest;
                lying[0] = static_cast<std::uint8_t>(0x40 | header);
                put16(lying, 2, length);
                if (std::size_t{header} * 4 >= 20 && std::size_t{header} * 4 <= lying.size()) finish_ip_header(lying);
                r.send(lying);
            }
        }
        EXPECT_GE(r.tun.written.size(), 1U);
        for (const FakeTun::Written& w : r.tun.written)
            EXPECT_LE(w.packet.size(), honest.size());
        for (const FakeCopies::Sent& copy : r.copies.sent)
            EXPECT_LE(copy.packet.size(), honest.size());
        r.expect_conserved();
    }
}

TEST(Tcpdump43, AnOptionOfTcpOfAnyKindAndLengthIsDoneWithAtOnce) {
    Served r;
    std::size_t sent = 0;
    for (unsigned kind = 0; kind < 256; ++kind) {
        for (unsigned length = 0; length < 256; ++length, ++sent) {
            const Octets options{static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(length), 0x23, 0x28};
            r.send(tcp_packet({.fragment = 0x4000}, {.flags = kTcpSyn, .options = options}, {}));
            r.tun.written.clear();
            r.copies.sent.clear();
        }
    }
    EXPECT_EQ(r.count(Counter::up_datagrams), sent);
    EXPECT_EQ(r.count(Counter::mss_clamped), 1U) << "the one that is right";
    r.expect_conserved();
}

} // namespace
} // namespace lns::datapath
