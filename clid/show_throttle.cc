// SPDX-License-Identifier: ISC
#include "clid/format_session.h"
#include "clid/handlers.h"
#include "clid/text_line.h"

namespace lns::clid {

void show_throttle(CommandContext& context, Arguments /*arguments*/) {
    const SuiteView& view = context.view;
    TunnelOfSession tunnels(view);
    context.out.print(text_line("%5s %4s %-32s %8s %8s", "SID", "TID", "Username", "Rate In", "Out"));
    for_each_session(view, blocks_in_use(view), [&](SessionIndex sid, const shm::SessionRecord& record) {
        const shm::SessionServices services = view.services.get(raw(sid));
        if (services.generation == record.generation && services.throttled())
            context.out.print(text_line("%5u %4u %-32s %8u %8u", raw(sid), raw(tunnels.find(record).local_id),
                                        user_column(record).c_str(), services.throttle_in, services.throttle_out));
        return !context.out.gone();
    });
}

} // namespace lns::clid
