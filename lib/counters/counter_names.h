// SPDX-License-Identifier: ISC
// What the words of a process's counter table are. Each program keeps its own list; `show counters` and save_state want
// all of them.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "lib/imsg/process.h"
#include "shm/counters.h"

namespace lns::counters {

// Empty beyond the last counter of that program.
shm::CounterText counter_text(Proc proc, std::size_t index);

// The counter of that name; nothing when the program has none.
std::optional<std::size_t> find_counter(Proc proc, std::string_view name);

// The programs that count, in the order of `show counters`.
inline constexpr std::array kCountingPrograms{Proc::session, Proc::datapath, Proc::radius, Proc::cli};

// mdoc: the list in l2tpns-cli(7), made by make update-golden, and the lines around it.
inline constexpr std::string_view kCountersBegin = ".\\\" The counters are listed by make update-golden.\n";
inline constexpr std::string_view kCountersEnd = ".\\\" End of the counters.\n";
std::string counters_manual();

} // namespace lns::counters
