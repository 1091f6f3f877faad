// SPDX-License-Identifier: ISC
#include "clid/handlers.h"
#include "clid/json_fields.h"
#include "datapathd/counters.h"
#include "lib/base/escape.h"
#include "lib/conf/text.h"

namespace lns::clid {

namespace {

// Of all workers that ever kept it.
std::uint64_t fast_sessions(const SuiteView& view) {
    using datapath::Counter;
    std::uint64_t sessions = 0;
    for (const ProcessCounters& table : view.process_counters) {
        if (table.proc != Proc::datapath) continue;
        const shm::CounterWords words(table.words);
        sessions += words.get(Counter::fast_sessions_added) - words.get(Counter::fast_sessions_removed);
    }
    return sessions;
}

} // namespace

void show_fast_path(CommandContext& context, Arguments /*arguments*/) {
    const shm::FastPathRecord record = context.view.fast_path.get(0);
    if (record.mode == shm::FastPathMode::off) {
        const std::string why = record.why_off.str();
        context.out.print("Mode:       off" + (why.empty() ? "" : " (" + escape(why) + ")"));
        return;
    }
    context.out.print(std::string("Mode:       ") + shm::name_of(record.mode));
    context.out.print("Interfaces: " + (record.interfaces.empty() ? "none yet" : record.interfaces.str()));
    context.out.print("Sessions:   " + std::to_string(fast_sessions(context.view)));
    context.out.print(std::string("Outlives the processes: ") + (record.pinned ? "yes" : "no"));
    const std::string warnings = record.warnings.str();
    for (const std::string_view warning : conf::split(warnings, '\n'))
        if (!warning.empty()) context.out.print("Warning:    " + escape(warning));
}

void show_fast_path_json(CommandContext& context, Arguments /*arguments*/) {
    const shm::FastPathRecord record = context.view.fast_path.get(0);
    JsonDocument(context.out)
        .members(fast_path_fields(), FastPathRow{record, shm::name_of(record.mode), fast_sessions(context.view)});
}

} // namespace lns::clid
