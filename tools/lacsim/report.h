// SPDX-License-Identifier: ISC
// The report of a run in JSON, and whether all went as asked.
#pragma once

#include <string>

#include "tools/lacsim/json.h"
#include "tools/lacsim/options.h"
#include "tools/lacsim/statistics.h"

namespace lns::lacsim {

// Everything but traffic; `json` is within the outermost object.
void report_sessions(Json& json, const Options& options, const Statistics& statistics);
void report_latency(Json& json, std::string_view name, const Histogram& histogram);

// All tunnels and sessions came up, none ended before we ended it (unless that was asked for), nothing malformed.
bool as_asked(const Options& options, const Statistics& statistics);

} // namespace lns::lacsim
