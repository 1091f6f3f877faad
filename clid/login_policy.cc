// SPDX-License-Identifier: ISC
#include "clid/login_policy.h"

#include <algorithm>

namespace lns::clid {

Clock::duration LoginPolicy::delay(unsigned failures) {
    return std::chrono::seconds(1U << std::min(failures == 0 ? 0U : failures - 1, 3U));
}

MonoTime LoginPolicy::next_check(Ipv4 source) const {
    const auto known = sources_.find(source);
    return known == sources_.end() ? MonoTime{} : known->second.next_check;
}

MonoTime LoginPolicy::failed(Ipv4 source, MonoTime now) {
    if (!sources_.contains(source)) make_room(now);
    Source& s = sources_[source];
    if (s.last != MonoTime{} && now - s.last > kForgetAfter) s.failures = 0;
    s.last = now;
    s.next_check = now + delay(++s.failures);
    return s.next_check;
}

void LoginPolicy::make_room(MonoTime now) {
    if (sources_.size() < kMaxSources) return;
    std::erase_if(sources_, [now](const auto& entry) { return now - entry.second.last > kForgetAfter; });
    if (sources_.size() < kMaxSources) return;
    const auto oldest = std::min_element(sources_.begin(), sources_.end(),
                                         [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
    sources_.erase(oldest);
}

} // namespace lns::clid
