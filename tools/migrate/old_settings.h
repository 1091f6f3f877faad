// SPDX-License-Identifier: ISC
// What the original l2tpns (2.1 to 2.4.1) knew: its settings with their defaults, and its other commands. What
// of it this suite has, and how, its own table of keys says (lib/conf/key_table.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lns::migrate {

struct OldSetting {
    std::string_view name;
    std::string_view default_value; // in 2.4.1; empty: none, or made from something else
    std::string_view advice;        // of one that this suite has not: why, and what to write instead
    // Of one that it has with another default: what follows, and whether subscribers or routes depend on it.
    std::string_view default_note{};
    bool default_matters = false;
};

// In the order in which 2.4.1 printed them; the settings that only 2.1 had are at the end.
std::span<const OldSetting> old_settings();
const OldSetting* find_old_setting(std::string_view name);

struct OldCommand {
    std::string_view words; // the line begins with them
    std::string_view advice;
};
const OldCommand* find_old_command(std::string_view line);

} // namespace lns::migrate
