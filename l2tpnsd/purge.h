// SPDX-License-Identifier: ISC
// --purge: what an instance without a parent left is ended and removed (DESIGN 11).
#pragma once

#include <string>

#include "lib/base/result.h"

namespace lns::parent {

// Fails, and touches nothing, while a parent runs there.
Status<> purge(const std::string& rundir);

} // namespace lns::parent
