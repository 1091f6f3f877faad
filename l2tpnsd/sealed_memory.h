// SPDX-License-Identifier: ISC
// A text as a file in memory that nobody can change any more.
#pragma once

#include <string_view>

#include "lib/base/fd.h"

namespace lns::parent {

// Not valid, with errno set, when there is no memory or descriptor left.
UniqueFd seal_in_memory(std::string_view text);

} // namespace lns::parent
