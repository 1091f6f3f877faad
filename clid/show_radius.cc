// SPDX-License-Identifier: ISC
#include "clid/format_radius.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"

namespace lns::clid {

void show_radius_json(CommandContext& context, Arguments /*arguments*/) {
    const auto& requests = context.view.radius_requests;
    JsonDocument document(context.out);
    std::uint64_t used = 0;
    document.begin_array("requests");
    shm::RadiusRequestRecord request;
    for (std::size_t i = 0; i < requests.size() && !context.out.gone(); ++i) {
        if (requests.read(i, request) == 0 || request.state == shm::RadiusState::null) continue;
        ++used;
        document.item(json_object(radius_fields(), request, true));
    }
    document.end_array();
    document.member("free", json(requests.size() - used));
    document.member("used", json(used));
}

void show_radius(CommandContext& context, Arguments arguments) {
    const bool all = !arguments.empty();
    if (all && arguments[0] != "all")
        return context.out.error("Invalid argument \"" + std::string(arguments[0]) + "\"");
    const auto& requests = context.view.radius_requests;
    std::size_t used = 0;
    context.out.print(format_radius_header());
    shm::RadiusRequestRecord request;
    for (std::size_t i = 0; i < requests.size() && !context.out.gone(); ++i) {
        requests.read(i, request);
        const bool in_use = request.state != shm::RadiusState::null;
        if (in_use) ++used;
        if (in_use || all) context.out.print(format_radius_row(request));
    }
    context.out.print("\nFree: " + std::to_string(requests.size() - used) + "\nUsed: " + std::to_string(used));
}

} // namespace lns::clid
