// SPDX-License-Identifier: ISC
// The file startup-config: lines `set NAME VALUE`, `load plugin NAME` and access lists, as they can be typed in the
// CLI. Strict: whatever is wrong is a diagnostic, never a silent default.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/conf/config.h"
#include "lib/conf/diagnostic.h"
#include "lib/conf/key_table.h"

namespace lns::conf {

inline constexpr std::size_t kMaxPlugins = 32;

struct StartupConfig {
    Settings settings; // defaults stand where a line was wrong: use only when there are no errors
    Diagnostics diagnostics;
};

// Parses and checks. `file` is the name shown in diagnostics. Of several lines for one key the last counts.
StartupConfig parse_startup_config(std::string_view text, std::string_view file);

// What does not fit together although each value is right by itself. `keys` are those involved; the
// first of them that is set is the one to point at.
struct Finding {
    Severity severity;
    std::array<std::string_view, 3> keys;
    std::string message;
};
std::vector<Finding> check(const Settings& settings);

// What `show running-config` and `write memory` print: a `set` line for each key that differs from its
// default, a `load plugin` line for each plugin, and the access lists. parse_startup_config(print(s)) yields s again.
enum class SecretText : bool { hidden, shown };
std::string print(const Settings& settings, SecretText secrets = SecretText::shown);
// The `set` line of one key; with its value even when that is a secret.
std::string set_line(const Settings& settings, const ConfigKey& key);
// What to say about a name that `set` does not know.
std::string unknown_setting(std::string_view name);

// The keys whose values differ: for a reload, to tell which of them need a restart.
std::vector<const ConfigKey*> changed_keys(const Settings& before, const Settings& after);

} // namespace lns::conf
