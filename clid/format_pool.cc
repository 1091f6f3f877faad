// SPDX-License-Identifier: ISC
#include "clid/format_pool.h"

#include <algorithm>

#include "clid/text_line.h"
#include "lib/base/escape.h"

namespace lns::clid {

bool is_used(const shm::LeaseRecord& lease) { return lease.session != SessionIndex::none; }

std::string format_pool_header() { return "IP Address      Used  Session User"; }

std::string format_unused_address(Ipv4 address) { return text_line("%-18sN", to_string(address).c_str()); }

std::string format_pool_row(const shm::LeaseRecord& lease, MonoTime now) {
    const std::string address = to_string(lease.address);
    const std::string user = escape(lease.user.view());
    if (is_used(lease)) return text_line("%-18sY %9u %s", address.c_str(), raw(lease.session), user.c_str());
    const std::int64_t age = std::max<std::int64_t>(0, whole_seconds(now - lease.released));
    return text_line("%-18sN           [%s] %llds", address.c_str(), user.c_str(), static_cast<long long>(age));
}

} // namespace lns::clid
