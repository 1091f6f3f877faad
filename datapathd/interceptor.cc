// SPDX-License-Identifier: ISC
#include "datapathd/interceptor.h"

namespace lns::datapath {

namespace {

constexpr std::size_t kMaxCopies = 256;
constexpr std::size_t kBufferSize = 6 * 65536; // 256 of 1500 octets, or six of the largest

} // namespace

Interceptor::Interceptor(CopyPort& port, shm::CounterWords& counters)
    : port_(port), counters_(counters), buffer_(kBufferSize) {
    copies_.reserve(kMaxCopies);
}

void Interceptor::add(Endpoint to, Bytes front, Bytes rest) {
    const std::size_t size = front.size() + rest.size();
    if (buffer_.size() - used_ < size || copies_.size() == kMaxCopies) flush();
    if (buffer_.size() < size) return counters_.add(Counter::snoop_refused);
    Writer w(std::span<std::uint8_t>(buffer_).subspan(used_));
    w.bytes(front);
    w.bytes(rest);
    copies_.push_back({to, w.written()});
    used_ += size;
}

void Interceptor::flush() {
    if (copies_.empty()) return;
    const CopyPort::Outcome outcome = port_.send(copies_);
    counters_.add(Counter::snoop_sent, outcome.sent);
    counters_.add(Counter::snoop_queue_full, outcome.no_room);
    counters_.add(Counter::snoop_refused, outcome.refused);
    copies_.clear();
    used_ = 0;
}

} // namespace lns::datapath
