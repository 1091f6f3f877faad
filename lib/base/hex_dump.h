// SPDX-License-Identifier: ISC
// Octets as text for the log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace lns {

// "title (3 octets) 0x0000 0a0b0c"; of a longer packet more lines, each with the place of its first octet, so that
// none is longer than a log line can be.
std::vector<std::string> hex_dump(std::string_view title, Bytes packet);

} // namespace lns
