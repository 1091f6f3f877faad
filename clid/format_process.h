// SPDX-License-Identifier: ISC
// `show processes` and `show counters` as text. Pure: records in, strings out.
#pragma once

#include <string>
#include <string_view>

#include "lib/imsg/process.h"
#include "shm/records.h"

namespace lns::clid {

std::string format_process_header();
// Program with its instance where there may be several, pid, uid, state, seconds since its start,
// restarts, messages of the parent's channel, and how it last ended.
std::string format_process_row(const shm::ProcessRecord& process, MonoTime now);

std::string format_counter_header();
std::string format_counter_row(Proc proc, std::uint16_t instance, std::string_view name, std::uint64_t value);

} // namespace lns::clid
