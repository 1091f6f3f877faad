// SPDX-License-Identifier: ISC
// Files a run leaves behind.
#pragma once

#include <string>

#include "tools/lacsim/json.h"
#include "tools/lacsim/options.h"

namespace lns::lacsim {

// Written under another name first: who waits for the file finds it whole. Throws std::system_error.
void write_file(const std::string& path, const std::string& text);
// To --json, or standard output.
void write_report(const Options& options, const Json& json);

} // namespace lns::lacsim
