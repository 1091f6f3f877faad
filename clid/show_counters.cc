// SPDX-License-Identifier: ISC
#include <atomic>

#include "clid/counter_names.h"
#include "clid/format_process.h"
#include "clid/handlers.h"

namespace lns::clid {

void show_counters(CommandContext& context, Arguments /*arguments*/) {
    context.out.print(format_counter_header());
    for (const ProcessCounters& table : context.view.process_counters) {
        for (std::size_t i = 0; i < table.words.size(); ++i) {
            const std::string_view name = counter_name(table.proc, i);
            if (name.empty()) break;
            const std::uint64_t value = std::atomic_ref<std::uint64_t>(table.words[i]).load(std::memory_order_relaxed);
            context.out.print(format_counter_row(table.proc, table.instance, name, value));
        }
    }
}

} // namespace lns::clid
