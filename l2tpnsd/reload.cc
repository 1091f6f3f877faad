// SPDX-License-Identifier: ISC
#include "l2tpnsd/reload.h"

#include "lib/base/log.h"
#include "lib/conf/startup_config.h"

namespace lns::parent {

ReloadPlan plan_reload(const conf::Settings& running, const conf::Settings& wanted) {
    ReloadPlan plan{wanted, {}, {}};
    for (const conf::ConfigKey* key : conf::changed_keys(running, wanted)) {
        if (key->effect != conf::Effect::restart) {
            plan.changed.emplace_back(key->name);
            continue;
        }
        plan.for_restart.emplace_back(key->name);
        const auto kept = conf::set_value(plan.settings, *key, conf::value_text(running, *key));
        if (!kept) fatalx("key %s: %s", key->name.data(), kept.error().message.c_str()); // it was set before
    }
    return plan;
}

} // namespace lns::parent
