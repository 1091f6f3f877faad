// SPDX-License-Identifier: ISC
#include "tools/lacsim/traffic.h"

#include <algorithm>

namespace lns::lacsim {
namespace {

constexpr std::size_t kMessages = 64;
constexpr std::size_t kPrefixRoom = 288; // a data header with 256 octets of offset, and PPP
constexpr std::uint16_t kSourcePort = 40000;
constexpr auto kDrain = std::chrono::milliseconds(1000); // for what is still on its way
constexpr auto kQueryEvery = std::chrono::milliseconds(200);
constexpr auto kQueryFor = std::chrono::milliseconds(3000);

void report_tally(Json& json, const Tally& t) {
    json.number("received", t.unique).number("octets", t.octets).number("duplicated", t.duplicated);
    json.number("out_of_order", t.late).number("corrupt", t.corrupt).number("misdelivered", t.misdelivered);
    json.begin("latency_ms").real("p50", static_cast<double>(t.latency_p50) / 1e6);
    json.real("p90", static_cast<double>(t.latency_p90) / 1e6).real("p99", static_cast<double>(t.latency_p99) / 1e6);
    json.real("max", static_cast<double>(t.latency_max) / 1e6).end();
    json.real("longest_pause_ms", static_cast<double>(t.pause) / 1e6);
}

} // namespace

TrafficTest::TrafficTest(const Options& options, std::uint32_t size, Lac& lac, Ports& ports, Rng& rng)
    : options_(&options), lac_(&lac), ports_(&ports), rng_(&rng), run_(rng.u32()),
      pacer_(options.pps, options.duration), maker_(size, kSourcePort, options.target),
      sender_(kMessages, options.gso * (size + kPrefixRoom)), sequence_(lac.calls().size(), 0) {}

// Runs of one tunnel's calls: packets of one socket leave in one system call.
void TrafficTest::order_calls() {
    std::vector<std::vector<std::uint32_t>> of_tunnel;
    for (std::uint32_t i = 0; i < lac_->calls().size(); ++i) {
        const std::uint32_t port = lac_->calls()[i].tunnel().port();
        if (port >= of_tunnel.size()) of_tunnel.resize(port + 1);
        of_tunnel[port].push_back(i);
    }
    for (std::size_t begin = 0; order_.size() < lac_->calls().size(); begin += kMessages)
        for (const auto& calls : of_tunnel)
            for (std::size_t i = begin; i < std::min(begin + kMessages, calls.size()); ++i)
                order_.push_back(calls[i]);
}

void TrafficTest::start(MonoTime now) {
    order_calls();
    phase_ = Phase::sending;
    pacer_.start(now);
}

Clock::duration TrafficTest::pace() const {
    if (phase_ == Phase::sending && sends() && pacer_.busy()) return Clock::duration::zero();
    return std::chrono::milliseconds(1);
}

void TrafficTest::end_sending(MonoTime now) {
    phase_ = Phase::draining;
    sending_ended_ = now;
    drain_until_ = now + kDrain;
}

void TrafficTest::step(MonoTime now) {
    if (phase_ == Phase::sending) {
        if (!pacer_.over(now)) {
            if (sends())
                if (const std::uint32_t n = pacer_.due(now, kMessages * options_->gso); n > 0) send_burst(now, n);
            return;
        }
        end_sending(now);
    }
    if (phase_ != Phase::draining) return;
    const bool asks = options_->traffic == Traffic::up || options_->traffic == Traffic::both;
    const bool all_back = options_->traffic == Traffic::echo && echo_.unique() == sent_;
    if (now >= drain_until_ || all_back) {
        if (!asks || reflector_answered_ || now >= drain_until_ + kQueryFor) {
            phase_ = Phase::over;
            return;
        }
        if (now >= next_query_) send_query(now);
    }
}

Call* TrafficTest::next_call() {
    std::vector<Call>& calls = lac_->calls();
    if (options_->random) {
        for (int tries = 0; tries < 64; ++tries) {
            Call& call = calls[rng_->below(static_cast<std::uint32_t>(calls.size()))];
            if (call.up()) return &call;
        }
    }
    for (std::size_t tries = 0; tries < calls.size(); ++tries) {
        Call& call = calls[order_[next_]];
        next_ = next_ + 1 == calls.size() ? 0 : next_ + 1;
        if (call.up()) return &call;
    }
    return nullptr;
}

void TrafficTest::send_burst(MonoTime now, std::uint32_t packets) {
    std::uint32_t port = 0;
    TestHeader header{
        .run = run_, .kind = options_->traffic == Traffic::echo ? Kind::echo_request : Kind::up, .sent = now};
    while (packets > 0) {
        Call* call = next_call();
        if (call == nullptr) break;
        if (!sender_.empty() && (sender_.full() || call->tunnel().port() != port)) {
            sender_.flush(ports_->fd(port));
            header.sent = Clock::now();
        }
        port = call->tunnel().port();
        const std::span<std::uint8_t> buffer = sender_.buffer();
        const std::uint32_t train = std::min(packets, options_->gso);
        std::size_t used = 0;
        std::size_t segment = 0;
        header.flow = static_cast<std::uint32_t>(call - lac_->calls().data());
        header.address = call->ppp().address();
        for (std::uint32_t i = 0; i < train; ++i) {
            Writer w(buffer.subspan(used));
            call->write_prefix(w, maker_.size());
            const std::span<std::uint8_t> packet = buffer.subspan(used + w.size(), maker_.size());
            header.sequence = sequence_[header.flow]++;
            maker_.fill(packet);
            maker_.stamp(packet, header.address, header);
            segment = w.size() + packet.size();
            used += segment;
        }
        sender_.commit(used, segment);
        packets -= train;
    }
    if (!sender_.empty()) sender_.flush(ports_->fd(port));
    sent_ = sender_.sent();
}

void TrafficTest::send_query(MonoTime now) {
    next_query_ = now + kQueryEvery;
    Call* call = next_call();
    if (call == nullptr) return;
    // As long as the reply will be, so that the reflector never sends more than it got.
    PacketMaker maker(kIpUdpHeader + TestHeader::kSize + Tally::kSize, kSourcePort, options_->target);
    std::array<std::uint8_t, kIpUdpHeader + TestHeader::kSize + Tally::kSize> packet{};
    maker.fill(packet);
    maker.stamp(packet, call->ppp().address(),
                {.run = run_, .address = call->ppp().address(), .kind = Kind::query, .sent = now});
    call->send_ip(packet);
    ports_->flush();
}

bool TrafficTest::receive(const Call& call, Bytes packet, MonoTime now) {
    InnerPacket inner;
    if (decode_inner(packet, inner) != InnerFault::none) {
        down_.corrupt();
        return true;
    }
    std::uint16_t port = 0;
    Bytes payload;
    if (inner.protocol != 17) {
        ++(inner.protocol == 1 ? icmp_ : other_packets_);
        return false;
    }
    const InnerFault fault = decode_udp(inner, port, payload);
    if (fault == InnerFault::none && !is_test_payload(payload)) {
        ++other_packets_;
        return false;
    }
    TestHeader header;
    if (fault != InnerFault::none || !read_payload(payload, header)) {
        down_.corrupt();
        return true;
    }
    if (inner.destination != call.ppp().address() || header.address != call.ppp().address()) {
        down_.misdelivered();
        return true;
    }
    take(call, header, payload, packet.size(), now);
    return true;
}

void TrafficTest::take(const Call& call, const TestHeader& header, Bytes payload, std::size_t octets, MonoTime now) {
    switch (header.kind) {
    case Kind::down:
        return down_.arrive(header, octets, now);
    case Kind::echo_reply:
        if (header.run != run_) return; // late, of an earlier run
        if (header.flow != static_cast<std::uint32_t>(&call - lac_->calls().data())) return echo_.misdelivered();
        return echo_.arrive(header, octets, now);
    case Kind::query_reply: {
        Reader r(payload.subspan(TestHeader::kSize));
        if (header.run == run_ && reflector_.read(r)) reflector_answered_ = true;
        return;
    }
    default:
        return down_.misdelivered();
    }
}

bool TrafficTest::failed() const {
    const Tally down = down_.tally();
    const Tally echo = echo_.tally();
    if (down.corrupt + down.misdelivered + echo.corrupt + echo.misdelivered != 0) return true;
    switch (options_->traffic) {
    case Traffic::none:
        return false;
    case Traffic::echo:
        return echo.unique == 0;
    case Traffic::down:
        return down.unique == 0;
    case Traffic::both:
        if (down.unique == 0) return true;
        [[fallthrough]];
    case Traffic::up:
        return reflector_.unique == 0 || reflector_.corrupt + reflector_.misdelivered != 0;
    }
    return true;
}

void TrafficTest::report(Json& json) const {
    json.begin("traffic").number("size", maker_.size()).number("run", run_);
    if (sends()) {
        const double seconds = pacer_.seconds(sending_ended_ == MonoTime{} ? Clock::now() : sending_ended_);
        const bool echo = options_->traffic == Traffic::echo;
        const Tally t = echo ? echo_.tally() : reflector_;
        json.begin(echo ? "echo" : "up");
        json.number("sent", sent_).number("send_errors", sender_.errors()).real("seconds", seconds);
        json.real("sent_pps", seconds > 0 ? static_cast<double>(sent_) / seconds : 0);
        if (!echo) json.flag("reflector_answered", reflector_answered_);
        json.number("lost", sent_ > t.unique ? sent_ - t.unique : 0);
        report_tally(json, t);
        json.end();
    }
    const Tally down = down_.tally();
    const double seconds = std::chrono::duration<double>(down_.last() - down_.first()).count();
    json.begin("down").number("missing_in_sequence", down.missing);
    json.real("received_pps", seconds > 0 ? static_cast<double>(down.unique) / seconds : 0);
    report_tally(json, down);
    json.end();
    json.number("icmp_received", icmp_).number("other_packets_received", other_packets_);
    json.end();
}

} // namespace lns::lacsim
