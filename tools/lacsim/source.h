// SPDX-License-Identifier: ISC
// Test packets from the network behind the LNS to subscribers' addresses.
#pragma once

#include <string_view>
#include <vector>

#include "tools/lacsim/options.h"

namespace lns::lacsim {

// The addresses of a --list file: the second field of each line, or the whole line when it has no comma. Empty
// when a line has none.
std::vector<Ipv4> parse_address_list(std::string_view text);

// Sends for --duration, or until SIGTERM or SIGINT, then prints the report. 0, or 1 when nothing could be sent.
int run_source(const Options& options);

} // namespace lns::lacsim
