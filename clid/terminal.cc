// SPDX-License-Identifier: ISC
// What concerns the connection only.
#include "clid/handlers.h"
#include "clid/text_line.h"

namespace lns::clid {

void show_history(CommandContext& context, Arguments /*arguments*/) {
    context.out.print("\nCommand history:");
    int number = 0;
    for (const std::string& line : context.out.history())
        context.out.print(text_line("%3d. %s", number++, line.c_str()));
}

// Scripts for other routers send it first. Output is never stopped here.
void terminal_length(CommandContext& context, Arguments arguments) {
    if (arguments[0] != "0") context.out.error("Output is never stopped: only 0 is possible");
}

} // namespace lns::clid
