// SPDX-License-Identifier: ISC
// Makes text from a peer fit to be shown: printable ASCII stays, all else becomes \xNN (cf. vis(3)).
#pragma once

#include <string>
#include <string_view>

namespace lns {

std::string escape(std::string_view text);
// The same with other octets that stay.
std::string escape_but(std::string_view text, bool (*stays)(unsigned char octet));

} // namespace lns
