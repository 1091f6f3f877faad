// SPDX-License-Identifier: ISC
// Which names the words of a process's counter table have: each program keeps its own list.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/imsg/process.h"

namespace lns::clid {

// Empty beyond the last counter of that program.
std::string_view counter_name(Proc proc, std::size_t index);

} // namespace lns::clid
