// SPDX-License-Identifier: ISC
// What happens when a filter denies a system call: one line on standard error, and the end.
#pragma once

#include <string_view>

namespace lns::worker {

// Sets the handler of SIGSYS, once. `process` is the first word of the line.
void catch_denied_calls(std::string_view process);

} // namespace lns::worker
