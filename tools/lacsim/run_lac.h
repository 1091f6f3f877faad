// SPDX-License-Identifier: ISC
// The program in its main mode: sockets, event loop, signals, progress and files around Lac.
#pragma once

#include "tools/lacsim/options.h"

namespace lns::lacsim {

// 0: all went as asked; 1: not. Throws std::system_error when the system refuses something.
int run_lac(const Options& options);

} // namespace lns::lacsim
