// SPDX-License-Identifier: ISC
// `show processes` as text. Pure: records in, strings out.
#pragma once

#include <string>

#include "shm/records.h"

namespace lns::clid {

const char* process_state_word(shm::ProcessState state);
// Seconds since its start; 0 when it does not run.
std::int64_t process_age(const shm::ProcessRecord& process, MonoTime now);

std::string format_process_header();
// Program with its instance where there may be several, pid, user (or uid), state, seconds since its start,
// restarts, messages of the parent's channel and those that wait in it, and how it last ended.
std::string format_process_row(const shm::ProcessRecord& process, MonoTime now);

} // namespace lns::clid
