// SPDX-License-Identifier: ISC
// What an SCCRQ over the limit of half-open tunnels costs sessiond, without system calls: nanoseconds, best of several
// stretches, for each part and for all of it.
#include <cstdio>
#include <functional>

#include "sessiond/applicants.h"
#include "tests/unit/l2tp_bytes.h"

namespace {

using namespace lns;

constexpr int kCalls = 20000;

void measure(const char* what, const std::function<void(std::uint32_t)>& call) {
    double best = 1e18;
    std::uint32_t n = 0;
    for (int stretch = 0; stretch < 7; ++stretch) {
        const auto begin = Clock::now();
        for (int i = 0; i < kCalls; ++i)
            call(n++);
        const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
        best = std::min(best, took.count() / kCalls);
    }
    printf("%-28s %7.0f ns\n", what, best);
}

} // namespace

int main() {
    const auto bytes =
        l2tp::test::datagram(TunnelId::none, SessionId::none, 0, 0, l2tp::test::sccrq(7, [](l2tp::AvpWriter& a) {
                                 a.octets(l2tp::AvpType::Challenge, std::array<std::uint8_t, 16>{1, 2, 3});
                             }));
    SystemRng rng;
    sessiond::Applicants applicants(rng);
    sessiond::AnswerBudget budget(rng.u64());
    l2tp::TunnelConfig config;
    config.secret = as_octets("secret");
    const MonoTime now = Clock::now();
    l2tp::Message m;
    l2tp::Effects out;
    const auto from = [&bytes](std::uint32_t n) {
        return imsg::Datagram{{Ipv4{0xc6120000 + n}, 1701}, Ipv4{0x0a000001}, bytes};
    };
    const auto decode = [&] { return l2tp::decode_message(l2tp::parse_header(bytes)->payload, config.secret, m); };

    sessiond::Crowd crowd(rng.u64());
    measure("passed over in a crowd", [&](std::uint32_t n) {
        if (l2tp::parse_header(bytes)->control()) crowd.lets_in(from(n), now);
    });
    measure("decode", [&](std::uint32_t) { (void)decode(); });
    measure("numbers", [&](std::uint32_t n) { applicants.numbers(from(n), now).u16(); });
    measure("SCCRP", [&](std::uint32_t) {
        out.clear();
        l2tp::answer(*l2tp::parse_header(bytes), m, TunnelId{9}, config, now, rng, out);
    });
    measure("keep", [&](std::uint32_t n) {
        applicants.keep({from(n).peer, {}, {.tunnel = TunnelId{9}}, now, m.host_name.view()});
    });
    measure("budget", [&](std::uint32_t n) {
        budget.came(100);
        budget.spend(Ipv4{n}, 90, now);
    });
    measure("all of an answer", [&](std::uint32_t n) {
        const imsg::Datagram d = from(n);
        out.clear();
        if (decode() != l2tp::WireError::none) return;
        budget.came(d.payload.size());
        sessiond::Applicants::Numbers numbers = applicants.numbers(d, now);
        const TunnelId id{numbers.u16()};
        const auto half = l2tp::answer(*l2tp::parse_header(bytes), m, id, config, now, numbers, out);
        if (half && budget.spend(d.peer.address, 100, now))
            applicants.keep({d.peer, d.local, *half, now, m.host_name.view()});
    });
    measure("an SCCCN of nobody", [&](std::uint32_t n) { applicants.take(from(n).peer, TunnelId{10}, now); });
    return 0;
}
