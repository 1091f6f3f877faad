// SPDX-License-Identifier: ISC
// What other settings change in the running suite, decided before anything is changed.
#pragma once

#include <vector>

#include "lib/conf/key_table.h"

namespace lns::parent {

struct ReloadPlan {
    conf::Settings settings;                     // to run with from now on
    std::vector<const conf::ConfigKey*> changed; // also those whose running value stays until the next start
};

// `running` is what the suite runs with, `wanted` what is configured now.
ReloadPlan plan_reload(const conf::Settings& running, const conf::Settings& wanted);

} // namespace lns::parent
