// SPDX-License-Identifier: ISC
#include "lib/l2tp/reorder_buffer.h"

#include <algorithm>
#include <utility>

namespace lns::l2tp {
namespace {

constexpr std::size_t kOverhead = 64; // what an entry costs besides its payload

std::size_t cost(std::size_t payload) { return payload + kOverhead; }

} // namespace

bool ReorderBuffer::keep(std::uint16_t ns, TunnelId tunnel, SessionId session, Bytes payload, std::size_t limit) {
    if (holds(ns) || bytes_ + cost(payload.size()) > limit) return false;
    kept_.push_back({ns, tunnel, session, {payload.begin(), payload.end()}});
    bytes_ += cost(payload.size());
    return true;
}

bool ReorderBuffer::take(std::uint16_t ns, Kept& out) {
    const auto it = std::find_if(kept_.begin(), kept_.end(), [ns](const Kept& k) { return k.ns == ns; });
    if (it == kept_.end()) return false;
    bytes_ -= cost(it->payload.size());
    out = std::move(*it);
    *it = std::move(kept_.back());
    kept_.pop_back();
    return true;
}

void ReorderBuffer::clear() {
    kept_.clear();
    bytes_ = 0;
}

bool ReorderBuffer::holds(std::uint16_t ns) const {
    return std::any_of(kept_.begin(), kept_.end(), [ns](const Kept& k) { return k.ns == ns; });
}

} // namespace lns::l2tp
