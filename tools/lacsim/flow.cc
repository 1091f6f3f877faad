// SPDX-License-Identifier: ISC
#include "tools/lacsim/flow.h"

#include <algorithm>
#include <array>

namespace lns::lacsim {
namespace {

constexpr std::array kFields{&Tally::unique,      &Tally::octets,       &Tally::duplicated,  &Tally::late,
                             &Tally::corrupt,     &Tally::misdelivered, &Tally::missing,     &Tally::latency_p50,
                             &Tally::latency_p90, &Tally::latency_p99,  &Tally::latency_max, &Tally::pause};
static_assert(kFields.size() * 8 == Tally::kSize && sizeof(Tally) == Tally::kSize);

std::uint64_t ns(double ms) { return static_cast<std::uint64_t>(ms * 1e6); }

} // namespace

void Tally::write(Writer& w) const {
    for (const auto field : kFields)
        w.u64(this->*field);
}
bool Tally::read(Reader& r) {
    return std::all_of(kFields.begin(), kFields.end(), [&](const auto field) { return r.u64(this->*field); });
}

void FlowTable::arrive(const TestHeader& header, std::size_t octets, MonoTime now) {
    if (header.flow >= kMostFlows) return corrupt();
    if (header.flow >= flows_.size()) flows_.resize(std::max<std::size_t>(header.flow + 1U, flows_.size() * 2));
    if (first_ == MonoTime{}) first_ = last_ = now;
    tally_.pause = std::max(tally_.pause, static_cast<std::uint64_t>((now - last_).count()));
    last_ = now;
    switch (flows_[header.flow].arrive(header.sequence)) {
    case FlowCheck::Arrival::duplicate:
        ++tally_.duplicated;
        return;
    case FlowCheck::Arrival::late:
        ++tally_.late;
        break;
    case FlowCheck::Arrival::in_order:
        break;
    }
    ++tally_.unique;
    tally_.octets += octets;
    latency_.add(now - header.sent);
}

Tally FlowTable::tally() const {
    Tally t = tally_;
    for (const FlowCheck& flow : flows_)
        t.missing += flow.expected() - flow.unique();
    t.latency_p50 = ns(latency_.percentile_ms(0.5));
    t.latency_p90 = ns(latency_.percentile_ms(0.9));
    t.latency_p99 = ns(latency_.percentile_ms(0.99));
    t.latency_max = ns(latency_.max_ms());
    return t;
}

} // namespace lns::lacsim
