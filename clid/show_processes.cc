// SPDX-License-Identifier: ISC
#include "config.h"

#include "clid/format_process.h"
#include "clid/handlers.h"

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

void show_version(CommandContext& context, Arguments /*arguments*/) { context.out.print("l2tpns " PACKAGE_VERSION); }

} // namespace lns::clid
