// SPDX-License-Identifier: ISC
// A value of a setting as it travels to the parent: a number, an address or a text, and no command line.
// Whoever receives one checks it against his own key table, as strictly as a line of the file.
#pragma once

#include <string_view>

#include "lib/conf/key_table.h"

namespace lns::conf {

enum class ValueKind : std::uint8_t { number, address, text };

struct TypedValue {
    ValueKind kind{};
    std::uint32_t number = 0; // also true as 1, and the place of a word among those allowed
    Ipv4 address;
    std::string_view text; // of what the value was taken from
};

// The key's place in config_keys(), and back; nullptr when there is none.
std::uint16_t key_number(const ConfigKey& key);
const ConfigKey* key_at(std::uint16_t number);
// Two programs mean the same by a number when this is the same.
std::uint32_t key_table_hash();

TypedValue typed_value(const Settings& settings, const ConfigKey& key);
// On failure nothing is changed; the error never repeats a secret.
Status<> set_typed(Settings& settings, const ConfigKey& key, const TypedValue& value);

} // namespace lns::conf
