// SPDX-License-Identifier: ISC
// The startup-config of the original, and the defaults it relied on.
#pragma once

#include "tools/migrate/report.h"

namespace lns::migrate {

inline constexpr const char* kStartupConfig = "startup-config";

void examine_startup_config(const std::string& text, std::vector<Finding>& findings);

} // namespace lns::migrate
