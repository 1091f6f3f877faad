// SPDX-License-Identifier: ISC
#include "clid/format_radius.h"
#include "clid/handlers.h"

namespace lns::clid {

void show_radius(CommandContext& context, Arguments /*arguments*/) {
    const auto& requests = context.view.radius_requests;
    std::size_t used = 0;
    context.out.print(format_radius_header());
    shm::RadiusRequestRecord request;
    for (std::size_t i = 0; i < requests.size() && !context.out.gone(); ++i) {
        if (requests.read(i, request) == 0 || request.state == shm::RadiusState::null) continue;
        ++used;
        context.out.print(format_radius_row(request));
    }
    context.out.print("\nFree: " + std::to_string(requests.size() - used) + "\nUsed: " + std::to_string(used));
}

} // namespace lns::clid
