// SPDX-License-Identifier: ISC
// What the pure parts of datapathd cost a packet, without system calls: nanoseconds, best of several stretches.
// Usage: datapath_bench [SESSIONS ...]; without one 1,000, 50,000 and 1,000,000.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>

#include "datapathd/coalesce.h"
#include "datapathd/forward_view.h"
#include "datapathd/segment.h"
#include "datapathd/send_batch.h"
#include "tests/unit/datapath_packets.h"

namespace {

using namespace lns;
using namespace lns::datapath;
using namespace lns::datapath::test;

struct LargeTables { // tunnel 1 to n / 65536 + 1, blocks in order
    explicit LargeTables(std::uint32_t sessions)
        : tunnels(sessions / 65536 + 2), slots(sessions + 256), words(shm::Locator::words(tunnels)),
          forward(shm::make_cells<shm::ForwardRecord>(slots)), aaa(shm::make_cells<shm::SessionAaa>(1)),
          locator(words, tunnels) {
        for (std::uint32_t t = 1; t < tunnels; ++t) {
            locator.set_tunnel(TunnelId{static_cast<std::uint16_t>(t)}, TunnelIndex{t});
            for (std::uint32_t b = 0; b < 256; ++b)
                locator.set_block(TunnelIndex{t}, b, (t - 1) * 256 + b + 1);
        }
        shm::TwoSlotWriter<shm::ForwardRecord> writer{std::span(forward)};
        for (std::uint32_t i = 256; i < slots; ++i) {
            shm::ForwardRecord r = Tables::record();
            r.address = address(i);
            writer.write(i, r);
        }
    }
    static Ipv4 address(std::uint32_t session) { return Ipv4{0x0a000000 + session}; }
    static L2tpFields wire(std::uint32_t session) {
        const std::uint32_t n = session - 256;
        return {.tunnel = TunnelId{static_cast<std::uint16_t>(n / 65536 + 1)},
                .session = SessionId{static_cast<std::uint16_t>(n % 65536)}};
    }
    std::uint32_t tunnels;
    std::uint32_t slots;
    std::vector<std::uint32_t> words;
    std::vector<shm::TwoSlot<shm::ForwardRecord>> forward;
    std::vector<shm::TwoSlot<shm::SessionAaa>> aaa;
    shm::LocatorWriter locator;
    SessionTables view{shm::Locator(words, tunnels),
                       shm::TwoSlotReader<shm::ForwardRecord>(std::span(std::as_const(forward))),
                       shm::TwoSlotReader<shm::SessionAaa>(std::span(std::as_const(aaa))),
                       {}};
};

constexpr std::size_t kRing = 4096; // packets gone through in turn

// Of the processor, so that it matters little what else the machine does.
double nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void measure(const char* what, std::size_t packets_a_call, const std::function<void(std::size_t)>& call) {
    double best = 1e18;
    for (int stretch = 0; stretch < 7; ++stretch) {
        const double begin = nanoseconds();
        constexpr std::size_t kCalls = 20000;
        for (std::size_t i = 0; i < kCalls; ++i)
            call(i % kRing);
        best = std::min(best, (nanoseconds() - begin) / static_cast<double>(kCalls * packets_a_call));
    }
    printf("%-44s %8.1f ns a packet\n", what, best);
}

struct NoSink final : TunPacketSink {
    std::uint64_t octets = 0;
    void deliver(const TunPacket& p) override { octets += p.octets; }
};

void bench_up(const LargeTables& t, SeededRng& rng, std::size_t size) {
    std::vector<Octets> datagrams;
    for (std::size_t i = 0; i < kRing; ++i) {
        const std::uint32_t session = 256 + rng.below(t.slots - 256);
        datagrams.push_back(
            test::l2tp(LargeTables::wire(session),
                       joined({kPppIp, ip_packet({.source = LargeTables::address(session)}, pattern(size - 20))})));
    }
    std::size_t forwarded = 0;
    measure("decapsulate", 1, [&](std::size_t i) {
        forwarded += decapsulate(t.view, {kLac, kLacPort}, datagrams[i]).action == Action::forward ? 1 : 0;
    });
    if (forwarded == 0) abort();
}

void bench_down(const LargeTables& t, SeededRng& rng) {
    ForwardView view(t.view, t.slots);
    const double begin = nanoseconds();
    view.rescan([](SessionIndex, Generation) {});
    printf("%-44s %8.1f ms\n", "rescan of all records", (nanoseconds() - begin) / 1e6);
    std::vector<Ipv4> where;
    for (std::size_t i = 0; i < kRing; ++i)
        where.push_back(LargeTables::address(256 + rng.below(t.slots - 256)));
    shm::ForwardRecord record;
    std::size_t found = 0;
    measure("look up a destination", 1,
            [&](std::size_t i) { found += view.find(where[i], record) != SessionIndex::none ? 1 : 0; });
    if (found == 0) abort();
    SendBatch batch;
    Octets packet(64);
    std::size_t trains = 0;
    measure("encapsulate and order as trains", 64, [&](std::size_t) {
        for (int i = 0; i < 64; ++i) {
            const auto front = encapsulation(record);
            memcpy(packet.data(), front.data(), front.size());
            batch.add(SessionIndex{1}, record).body = packet;
        }
        trains += batch.trains().size();
        batch.clear();
    });
    if (trains == 0) abort();
}

void bench_tcp() {
    std::vector<Octets> segments;
    for (std::uint32_t i = 0; i < 44; ++i)
        segments.push_back(tcp_packet({.fragment = 0x4000}, {.sequence = i * 1400}, pattern(1400)));
    NoSink sink;
    Coalescer coalescer(sink, true);
    measure("check and join TCP segments of 1400 octets", 44, [&](std::size_t) {
        for (const Octets& s : segments)
            coalescer.add(SessionIndex{1}, *parse_ipv4_packet(s));
        coalescer.flush();
    });
    const Octets whole = tcp_packet({.fragment = 0x4000}, {}, pattern(44 * 1400));
    const auto packet = *parse_ipv4_packet(whole);
    const auto tcp = *parse_tcp_segment(packet);
    const TcpSegmenter segmenter(packet, tcp, 1400);
    std::array<std::uint8_t, 120> head;
    measure("cut into TCP segments of 1400 octets", 44, [&](std::size_t) {
        for (std::size_t i = 0; i < 44; ++i) {
            Writer w(head);
            segmenter.write_head(i, w);
        }
    });
    const Octets data = pattern(1480);
    std::uint64_t sums = 0;
    measure("checksum of 1480 octets", 1, [&](std::size_t) {
        ChecksumSum sum;
        sum.add(data);
        sums += sum.finish();
    });
    if (sums == 0 || sink.octets == 0) abort();
}

} // namespace

int main(int argc, char** argv) {
    std::vector<unsigned long> sizes{1000, 50000, 1000000};
    if (argc > 1) sizes.clear();
    for (int i = 1; i < argc; ++i)
        sizes.push_back(strtoul(argv[i], nullptr, 10));
    for (const unsigned long sessions : sizes) {
        if (sessions == 0 || sessions > 4000000) return EXIT_FAILURE;
        printf("%lu sessions\n", sessions);
        SeededRng rng(1);
        const LargeTables tables(static_cast<std::uint32_t>(sessions));
        bench_up(tables, rng, 64);
        bench_down(tables, rng);
    }
    bench_tcp();
    return EXIT_SUCCESS;
}
