// SPDX-License-Identifier: ISC
#include "tools/lacsim/reflector.h"

#include <algorithm>
#include <array>
#include <csignal>

#include "lib/base/event.h"
#include "tools/lacsim/output.h"
#include "tools/lacsim/udp_errors.h"

namespace lns::lacsim {
namespace {

constexpr std::size_t kMostRuns = 16;
constexpr std::size_t kKindOffset = 20; // of TestHeader::kind in the payload
constexpr std::size_t kBatch = 64;
constexpr std::size_t kDatagram = 4096;

} // namespace

FlowTable& Reflector::table(std::uint32_t run) {
    const auto it = std::find_if(runs_.begin(), runs_.end(), [run](const Run& r) { return r.id == run; });
    if (it != runs_.end()) return it->table;
    if (runs_.size() == kMostRuns) runs_.pop_front();
    return runs_.emplace_back(Run{run, {}}).table;
}

void Reflector::receive(std::span<std::uint8_t> payload, Endpoint from, MonoTime now,
                        const std::function<void(Bytes reply)>& reply) {
    if (!is_test_payload(payload)) {
        ++foreign_;
        return;
    }
    TestHeader header;
    const bool intact = read_payload(payload, header);
    FlowTable& flows = table(header.run);
    if (!intact) return flows.corrupt();
    if (from.address != header.address) return flows.misdelivered();
    switch (header.kind) {
    case Kind::echo_request:
        flows.arrive(header, payload.size() + kIpUdpHeader, now);
        payload[kKindOffset] = static_cast<std::uint8_t>(Kind::echo_reply);
        ++echoed_;
        return reply(payload);
    case Kind::up:
        return flows.arrive(header, payload.size() + kIpUdpHeader, now);
    case Kind::query: {
        if (payload.size() < TestHeader::kSize + Tally::kSize) return;
        ++queries_;
        header.kind = Kind::query_reply;
        Writer w(payload);
        write_header(w, header);
        flows.tally().write(w);
        return reply(w.written());
    }
    default:
        return flows.misdelivered();
    }
}

Tally Reflector::sum() const {
    Tally sum;
    for (const Run& run : runs_) {
        const Tally t = run.table.tally();
        for (const auto field : {&Tally::unique, &Tally::octets, &Tally::duplicated, &Tally::late, &Tally::corrupt,
                                 &Tally::misdelivered, &Tally::missing})
            sum.*field += t.*field;
    }
    return sum;
}

bool Reflector::intact() const {
    const Tally t = sum();
    return t.corrupt + t.misdelivered == 0;
}

void Reflector::report(Json& json) const {
    const Tally t = sum();
    json.text("mode", "reflector").number("runs", runs_.size()).number("received", t.unique);
    json.number("octets", t.octets).number("duplicated", t.duplicated).number("out_of_order", t.late);
    json.number("missing_in_sequence", t.missing).number("corrupt", t.corrupt);
    json.number("misdelivered", t.misdelivered).number("echoed", echoed_).number("queries", queries_);
    json.number("other_datagrams", foreign_);
}

int run_reflector(const Options& options) {
    const UniqueFd fd = open_udp(options.lns);
    const UdpErrors before = read_udp_errors();
    EventLoop loop;
    Reflector reflector;
    BatchReceiver receiver;
    BatchSender sender(kBatch, kDatagram);
    const ReadWatch read(loop, fd.get(), [&] {
        const auto take = [&](std::span<std::uint8_t> payload, Endpoint from) {
            reflector.receive(payload, from, Clock::now(), [&](Bytes reply) {
                if (sender.full()) sender.flush(fd.get());
                Writer w(sender.buffer());
                w.bytes(reply);
                if (w.ok()) sender.commit(w.size(), w.size(), from);
            });
        };
        for (int batch = 0; batch < 8 && receiver.receive(fd.get(), take); ++batch) {
        }
        if (!sender.empty()) sender.flush(fd.get());
    });
    const SignalWatch term(loop, SIGTERM, [&] { loop.stop(); });
    const SignalWatch interrupt(loop, SIGINT, [&] { loop.stop(); });
    if (!options.ready_file.empty()) write_file(options.ready_file, "ready\n");
    loop.run();
    const UdpErrors after = read_udp_errors();
    Json json;
    json.begin();
    reflector.report(json);
    // Of the whole network namespace: a full receive buffer is our fault, a bad checksum the LNS's.
    json.number("receive_buffer_full", after.buffer_full - before.buffer_full);
    json.number("checksum_errors", after.checksum - before.checksum);
    const bool ok = after.checksum == before.checksum && reflector.intact();
    json.flag("ok", ok).end();
    write_report(options, json);
    return ok ? 0 : 1;
}

} // namespace lns::lacsim
