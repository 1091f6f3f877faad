// SPDX-License-Identifier: ISC
#include "config.h"

#include "clid/format_process.h"
#include "clid/handlers.h"
#include "clid/json_fields.h"

namespace lns::clid {

void show_processes(CommandContext& context, Arguments /*arguments*/) {
    const auto& processes = context.view.processes;
    const MonoTime now = Clock::now();
    context.out.print(format_process_header());
    shm::ProcessRecord process;
    for (std::size_t i = 0; i < processes.size(); ++i) {
        if (processes.read(i, process) == 0 || process.state == shm::ProcessState::absent) continue;
        context.out.print(format_process_row(process, now));
    }
}

void show_processes_json(CommandContext& context, Arguments /*arguments*/) {
    const auto& processes = context.view.processes;
    const MonoTime now = Clock::now();
    JsonDocument document(context.out);
    document.begin_array("processes");
    shm::ProcessRecord process;
    for (std::size_t i = 0; i < processes.size(); ++i)
        if (processes.read(i, process) != 0 && process.state != shm::ProcessState::absent)
            document.item(json_object(process_fields(), ProcessRow{process, now}, true));
    document.end_array();
}

void show_version_json(CommandContext& context, Arguments /*arguments*/) {
    JsonDocument(context.out).member("version", json(PACKAGE_VERSION));
}

void show_version(CommandContext& context, Arguments /*arguments*/) { context.out.print("l2tpns " PACKAGE_VERSION); }

} // namespace lns::clid
