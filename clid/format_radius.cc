// SPDX-License-Identifier: ISC
#include "clid/format_radius.h"

#include <array>

#include "clid/text_line.h"

namespace lns::clid {

const char* radius_state_word(shm::RadiusState state) {
    constexpr std::array words{"NULL", "WAIT", "CHAP", "AUTH", "IPCP", "START", "STOP", "INTERIM"};
    const auto i = static_cast<std::size_t>(state);
    return i < words.size() ? words[i] : "unknown";
}

std::string format_radius_header() {
    return text_line("%6s %-7s %7s %10s %3s", "Radius", "State", "Session", "Retry", "Try");
}

std::string format_radius_row(const shm::RadiusRequestRecord& request) {
    return text_line("%6u %-7s %7u %10lld %3u", request.id, radius_state_word(request.state), request.session,
                     static_cast<long long>(request.retry_at), request.tries);
}

} // namespace lns::clid
