// SPDX-License-Identifier: ISC
#include <algorithm>

#include "clid/handlers.h"

namespace lns::clid {

void show_running_config(CommandContext& context, Arguments /*arguments*/) {
    const auto text = context.master.running_config();
    if (!text) return context.out.error(text.error().message);
    std::string_view rest = *text;
    while (!rest.empty() && !context.out.gone()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        context.out.print(std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

} // namespace lns::clid
