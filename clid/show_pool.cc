// SPDX-License-Identifier: ISC
#include "clid/format_pool.h"
#include "clid/handlers.h"

namespace lns::clid {

void show_pool(CommandContext& context, Arguments /*arguments*/) {
    const auto& leases = context.view.leases;
    const MonoTime now = Clock::now();
    std::uint64_t used = 0;
    std::uint64_t reserved = 0;
    context.out.print(format_pool_header());
    shm::LeaseRecord lease;
    for (std::size_t i = 0; i < leases.size() && !context.out.gone(); ++i) {
        if (leases.read(i, lease) == 0) break; // filled from the lowest up: none behind was ever used
        if (!lease.address.is_set()) continue;
        ++(is_used(lease) ? used : reserved);
        context.out.print(format_pool_row(lease, now));
    }
    // As in the original, what is kept for its last user counts as free.
    const std::uint64_t free = context.view.pool_size > used ? context.view.pool_size - used : 0;
    context.out.print("(Not displaying unused addresses)\n\nFree: " + std::to_string(free) +
                      "\nReserved: " + std::to_string(reserved) + "\nUsed: " + std::to_string(used));
}

} // namespace lns::clid
