// SPDX-License-Identifier: ISC
#include "clid/format_process.h"

#include <algorithm>
#include <array>

#include "clid/text_line.h"
#include "lib/base/escape.h"

namespace lns::clid {

namespace {

const char* state_word(shm::ProcessState state) {
    constexpr std::array words{"absent", "starting", "running", "waiting"};
    const auto i = static_cast<std::size_t>(state);
    return i < words.size() ? words[i] : "unknown";
}

// With its instance where there may be several.
std::string program(std::uint8_t proc, std::uint16_t instance) {
    const std::string name(proc < kProcNames.size() ? kProcNames[proc] : "unknown");
    return static_cast<Proc>(proc) == Proc::datapath ? name + "/" + std::to_string(instance) : name;
}

} // namespace

std::string format_process_header() {
    return text_line("%-16s %7s %6s %-8s %9s %8s %11s %11s %6s %s", "Process", "PID", "UID", "State", "Seconds",
                     "Restarts", "Msgs in", "Msgs out", "Queued", "Last exit");
}

std::string format_process_row(const shm::ProcessRecord& process, MonoTime now) {
    const bool alive = process.state == shm::ProcessState::starting || process.state == shm::ProcessState::running;
    const std::int64_t age = alive ? std::max<std::int64_t>(0, whole_seconds(now - process.started)) : 0;
    return text_line(
        "%-16s %7u %6u %-8s %9lld %8u %11llu %11llu %6u %s", program(process.proc, process.instance).c_str(),
        process.pid, process.uid, state_word(process.state), static_cast<long long>(age), process.restarts,
        static_cast<unsigned long long>(process.messages_in), static_cast<unsigned long long>(process.messages_out),
        process.queued, process.last_exit.empty() ? "-" : escape(process.last_exit.view()).c_str());
}

std::string format_counter_header() { return text_line("%-16s %-36s %20s", "Process", "Counter", "Value"); }

std::string format_counter_row(Proc proc, std::uint16_t instance, std::string_view name, std::uint64_t value) {
    return text_line("%-16s %-36s %20llu", program(static_cast<std::uint8_t>(proc), instance).c_str(),
                     std::string(name).c_str(), static_cast<unsigned long long>(value));
}

} // namespace lns::clid
