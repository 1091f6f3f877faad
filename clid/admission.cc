// SPDX-License-Identifier: ISC
#include "clid/admission.h"

namespace lns::clid {

bool is_loopback(Ipv4 address) { return address.value >> 24 == 127; }

Admission::Verdict Admission::enter(Ipv4 source, bool has_users_file) {
    if (!has_users_file && !is_loopback(source)) return Verdict::not_local;
    const unsigned most = is_loopback(source) ? kMax : kMax - kKeptForLoopback;
    if (count_ >= most) return Verdict::full;
    const auto known = by_source_.find(source);
    if (known != by_source_.end() && known->second >= kMaxOfSource) return Verdict::too_many_of_source;
    ++by_source_[source];
    ++count_;
    return Verdict::admitted;
}

void Admission::leave(Ipv4 source) {
    const auto known = by_source_.find(source);
    if (known == by_source_.end()) return;
    if (--known->second == 0) by_source_.erase(known);
    --count_;
}

} // namespace lns::clid
