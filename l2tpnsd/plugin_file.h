// SPDX-License-Identifier: ISC
// The directory of plugins: code from there runs in a worker, so it must be root's alone.
#pragma once

#include <optional>
#include <string>

namespace lns::parent {

// Nothing when NAME.so may be loaded, else why not. The name may be anything.
std::optional<std::string> complain_about_plugin(const std::string& name, const std::string& directory = PLUGINDIR);

} // namespace lns::parent
