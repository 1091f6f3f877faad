// SPDX-License-Identifier: ISC
// The list of keys in startup-config(5), made from the key table.
#pragma once

#include <string>
#include <string_view>

namespace lns::conf {

// The lines in the page around the list.
inline constexpr std::string_view kKeysBegin =
    ".\\\" The list of keys is made from lib/conf/key_table.cc by make update-golden.\n";
inline constexpr std::string_view kKeysEnd = ".\\\" End of the list of keys.\n";

// mdoc: .It, description, and a last sentence with what is allowed, the default and the effect.
std::string manual_keys();

} // namespace lns::conf
