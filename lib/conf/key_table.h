// SPDX-License-Identifier: ISC
// Every name that `set` knows: one row a key. The parser, `show running-config`, the CLI's help and
// the list in startup-config(5) all read the rows, so that a new key is one row and one field.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "lib/conf/config.h"

namespace lns::conf {

// When a changed value is used by a running suite.
enum class Effect : std::uint8_t { live, new_sessions, restart };

// radius_authtypes: a list of words over auth_pap, auth_chap and auth_chap_first.
struct AuthTypes {
    friend bool operator==(AuthTypes, AuthTypes) = default;
};

// Where the value lives; the type says how it is read and printed.
using Slot = std::variant<bool Config::*, std::uint16_t Config::*, std::uint32_t Config::*, Ipv4 Config::*,
                          FixedText<14> Config::*, FixedText<62> Config::*, FixedText<254> Config::*,
                          AuthSource Config::*, Tristate Config::*, FastPath Config::*, AuthTypes, Secret Secrets::*>;

// What a text or an address must look like, beyond its type: nullptr, or the complaint.
using TextRule = const char* (*)(std::string_view value);
using AddressRule = const char* (*)(Ipv4 value);

struct ConfigKey {
    std::string_view name;
    Slot slot;
    Effect effect = Effect::live;
    std::uint32_t min = 0; // numbers only
    std::uint32_t max = 0;
    TextRule text_rule = nullptr;       // texts only; the empty text (not set) is always allowed
    AddressRule address_rule = nullptr; // addresses only; 0.0.0.0 (not set) is always allowed
    bool acts = true;                   // false: read, checked and kept, but nothing in this release uses it
    std::string_view doc;               // mdoc, sentences each on a line
};

// In the order of the manual and of `show running-config`.
std::span<const ConfigKey> config_keys();
const ConfigKey* find_key(std::string_view name);
// The key whose name is nearest to one that is not known; nullptr when none is near.
const ConfigKey* similar_key(std::string_view name);

// Reads a value as `set NAME VALUE` has it (without quotation marks). On failure nothing is changed,
// and the error says what would be right; it never repeats a secret.
Status<> set_value(Settings& settings, const ConfigKey& key, std::string_view text);
// The value as text, the inverse of set_value; of a secret too.
std::string value_text(const Settings& settings, const ConfigKey& key);
bool same_value(const Settings& a, const Settings& b, const ConfigKey& key);
bool is_default(const Settings& settings, const ConfigKey& key);

bool is_secret(const ConfigKey& key);
// For help and manual: "integer", "0-5"; "boolean", "true or false"; "string", "".
std::string_view type_name(const ConfigKey& key);
std::string allowed_values(const ConfigKey& key);
// The words that a value is one of, as they are printed; none for other types.
std::vector<std::string_view> words_of(const ConfigKey& key);
std::string_view to_string(Effect effect); // "at once", "after a restart" ...

} // namespace lns::conf
