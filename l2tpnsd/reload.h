// SPDX-License-Identifier: ISC
// What a reload of the configuration changes in the running suite, decided before anything is changed.
#pragma once

#include <string>
#include <vector>

#include "lib/conf/config.h"

namespace lns::parent {

struct ReloadPlan {
    conf::Settings settings;              // to run with from now on
    std::vector<std::string> changed;     // keys that take effect now
    std::vector<std::string> for_restart; // keys whose running value stays until the next start
};

// `running` is what the suite runs with, `wanted` what the file says now.
ReloadPlan plan_reload(const conf::Settings& running, const conf::Settings& wanted);

} // namespace lns::parent
