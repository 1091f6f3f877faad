// SPDX-License-Identifier: ISC
// What the parent saw last of the memory in use: of the tables, which are sparse, and of each process for itself.
#include "clid/handlers.h"
#include "clid/json_fields.h"
#include "clid/text_line.h"

namespace lns::clid {

namespace {

struct MemoryUse {
    std::vector<shm::TableMemory> tables;
    std::vector<shm::ProcessRecord> processes;
    std::uint64_t sessions = 0;
    std::uint64_t octets = 0; // of all of them
};

MemoryUse take_memory_use(const SuiteView& view) {
    MemoryUse use;
    for (std::size_t i = 0; i < view.memory.size() && view.memory.version(i) != 0; ++i)
        if (const shm::TableMemory table = view.memory.get(i); table.records != 0) use.tables.push_back(table);
    for (std::size_t i = 0; i < view.processes.size(); ++i)
        if (const shm::ProcessRecord process = view.processes.get(i); process.state != shm::ProcessState::absent)
            use.processes.push_back(process);
    for (const shm::TableMemory& table : use.tables)
        use.octets += table.octets;
    for (const shm::ProcessRecord& process : use.processes)
        use.octets += process.memory;
    for_each_state(view, [&](shm::SessionState state) { use.sessions += is_connected(state) ? 1 : 0; });
    return use;
}

std::string row(const std::string& name, const std::string& records, std::uint64_t octets, std::uint64_t sessions) {
    const std::string each = sessions > 0 ? std::to_string(octets / sessions) : "-";
    return text_line("%-20s %12s %12llu %12s", name.c_str(), records.c_str(),
                     static_cast<unsigned long long>(octets / 1024), each.c_str());
}

} // namespace

// As the name of its segment; instances of one a worker are told apart.
std::string table_name(const shm::TableMemory& memory) {
    if (memory.table == shm::kFastPathMemory) return "maps in the kernel";
    if (memory.table >= shm::kTableCount) return "unknown";
    const std::string name(shm::table_def(static_cast<shm::TableId>(memory.table)).name);
    return memory.instance == 0 ? name : name + "/" + std::to_string(memory.instance);
}

void show_memory(CommandContext& context, Arguments /*arguments*/) {
    const MemoryUse use = take_memory_use(context.view);
    context.out.print(text_line("%-20s %12s %12s %12s", "Table", "Records", "KiB in use", "A session"));
    for (const shm::TableMemory& table : use.tables)
        context.out.print(row(table_name(table), std::to_string(table.records), table.octets, use.sessions));
    context.out.print(text_line("\n%-20s %12s %12s %12s", "Process", "", "KiB in use", "A session"));
    for (const shm::ProcessRecord& process : use.processes)
        context.out.print(
            row(program_name(static_cast<Proc>(process.proc), process.instance), "", process.memory, use.sessions));
    context.out.print("\n" + row("All", "", use.octets, use.sessions));
    context.out.print("Sessions: " + std::to_string(use.sessions));
}

void show_memory_json(CommandContext& context, Arguments /*arguments*/) {
    const MemoryUse use = take_memory_use(context.view);
    JsonDocument document(context.out);
    document.begin_array("tables");
    for (const shm::TableMemory& table : use.tables)
        document.item(json_object(table_memory_fields(), table, true));
    document.end_array();
    document.begin_array("processes");
    for (const shm::ProcessRecord& process : use.processes)
        document.item(json_object(process_memory_fields(), process, true));
    document.end_array();
    document.member("bytes", json(use.octets));
    document.member("sessions", json(use.sessions));
}

} // namespace lns::clid
