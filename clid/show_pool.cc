// SPDX-License-Identifier: ISC
#include <algorithm>

#include "clid/format_pool.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"

namespace lns::clid {

namespace {

struct Totals {
    std::uint64_t used = 0;
    std::uint64_t reserved = 0;

    void add(const shm::LeaseRecord& lease) { ++(is_used(lease) ? used : reserved); }
};

// Calls for each lease until `visit` returns false.
template <class Visit>
void for_each_lease(const SuiteView& view, const Visit& visit) {
    shm::LeaseRecord lease;
    for (std::size_t i = 0; i < view.leases.size(); ++i) {
        if (view.leases.read(i, lease) == 0) return; // filled from the lowest up: none behind was ever used
        if (lease.address.is_set() && !visit(i, lease)) return;
    }
}

Totals list_leases(CommandContext& context) {
    Totals totals;
    const MonoTime now = Clock::now();
    for_each_lease(context.view, [&](std::size_t, const shm::LeaseRecord& lease) {
        totals.add(lease);
        context.out.print(format_pool_row(lease, now));
        return !context.out.gone();
    });
    return totals;
}

// In the order of the addresses; what is known of one is looked up.
Totals list_addresses(CommandContext& context) {
    std::vector<std::pair<Ipv4, std::size_t>> leases;
    for_each_lease(context.view, [&](std::size_t i, const shm::LeaseRecord& lease) {
        leases.emplace_back(lease.address, i);
        return true;
    });
    std::sort(leases.begin(), leases.end());
    Totals totals;
    const MonoTime now = Clock::now();
    const conf::PoolPlan& pool = context.view.pool;
    for (std::uint32_t n = 0; n < pool.size() && !context.out.gone(); ++n) {
        shm::LeaseRecord lease;
        lease.address = pool.nth(n);
        const auto known = std::lower_bound(leases.begin(), leases.end(), std::pair(lease.address, std::size_t{0}));
        if (known == leases.end() || known->first != lease.address) {
            context.out.print(format_unused_address(lease.address));
            continue;
        }
        context.view.leases.read(known->second, lease);
        totals.add(lease);
        context.out.print(format_pool_row(lease, now));
    }
    return totals;
}

// As in the original, what is kept for its last user counts as free.
std::uint64_t free_addresses(const SuiteView& view, const Totals& totals) {
    const std::uint64_t size = view.pool.size();
    return size > totals.used ? size - totals.used : 0;
}

} // namespace

void show_pool_json(CommandContext& context, Arguments /*arguments*/) {
    JsonDocument document(context.out);
    Totals totals;
    const MonoTime now = Clock::now();
    document.begin_array("addresses");
    for_each_lease(context.view, [&](std::size_t, const shm::LeaseRecord& lease) {
        totals.add(lease);
        document.item(json_object(lease_fields(), LeaseRow{lease, now}, true));
        return !context.out.gone();
    });
    document.end_array();
    document.member("free", json(free_addresses(context.view, totals)));
    document.member("reserved", json(totals.reserved));
    document.member("used", json(totals.used));
}

void show_pool(CommandContext& context, Arguments arguments) {
    const bool all = !arguments.empty();
    if (all && arguments[0] != "all")
        return context.out.error("Invalid argument \"" + std::string(arguments[0]) + "\"");
    context.out.print(format_pool_header());
    const Totals totals = all ? list_addresses(context) : list_leases(context);
    if (!all) context.out.print("(Not displaying unused addresses)");
    context.out.print("\nFree: " + std::to_string(free_addresses(context.view, totals)) +
                      "\nReserved: " + std::to_string(totals.reserved) + "\nUsed: " + std::to_string(totals.used));
}

} // namespace lns::clid
