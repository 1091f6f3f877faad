// SPDX-License-Identifier: ISC
#include "l2tpnsd/reload.h"

#include "lib/base/log.h"
#include "lib/conf/startup_config.h"

namespace lns::parent {

ReloadPlan plan_reload(const conf::Settings& running, const conf::Settings& wanted) {
    ReloadPlan plan{wanted, conf::changed_keys(running, wanted)};
    for (const conf::ConfigKey* key : plan.changed) {
        if (key->effect != conf::Effect::restart) continue;
        const auto kept = conf::set_value(plan.settings, *key, conf::value_text(running, *key));
        if (!kept) fatalx("key %s: %s", key->name.data(), kept.error().message.c_str()); // it was set before
    }
    return plan;
}

} // namespace lns::parent
