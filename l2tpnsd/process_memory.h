// SPDX-License-Identifier: ISC
// What a process has of the machine's memory for itself, without what it shares: tables and programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace lns::parent {

// Octets; nothing when there is no such process any more.
std::optional<std::uint64_t> memory_of(pid_t process);
// In pages, from a text of the form of proc_pid_statm(5).
std::optional<std::uint64_t> own_pages(std::string_view statm);

} // namespace lns::parent
