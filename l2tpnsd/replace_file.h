// SPDX-License-Identifier: ISC
// Puts a new text in the place of a file so that, whatever happens meanwhile, the name leads to the whole
// of the old or the whole of the new one.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace lns::parent {

// `directory`/`name` gets the text, and keeps its mode and owner; a new file is for its owner only. What it
// said before stays as `name`.old. On failure the file is as it was, and the error is fit for an operator.
Status<> replace_file(const std::string& directory, const std::string& name, std::string_view text);

} // namespace lns::parent
