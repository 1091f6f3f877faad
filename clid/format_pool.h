// SPDX-License-Identifier: ISC
// `show pool` as text. Pure: records in, strings out.
#pragma once

#include <string>

#include "shm/records.h"

namespace lns::clid {

bool is_used(const shm::LeaseRecord& lease);

std::string format_pool_header();
std::string format_unused_address(Ipv4 address);
// In use: the session and its user. Not in use: kept for its last user, who stands in brackets, and
// the seconds since it was released.
std::string format_pool_row(const shm::LeaseRecord& lease, MonoTime now);

} // namespace lns::clid
