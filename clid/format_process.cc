// SPDX-License-Identifier: ISC
#include "clid/format_process.h"

#include <algorithm>
#include <array>

#include "clid/text_line.h"
#include "lib/base/escape.h"
#include "lib/imsg/process.h"

namespace lns::clid {

namespace {

const char* state_word(shm::ProcessState state) {
    constexpr std::array words{"absent", "starting", "running", "waiting"};
    const auto i = static_cast<std::size_t>(state);
    return i < words.size() ? words[i] : "unknown";
}

std::string program(const shm::ProcessRecord& process) {
    const std::string name(process.proc < kProcNames.size() ? kProcNames[process.proc] : "unknown");
    return static_cast<Proc>(process.proc) == Proc::datapath ? name + "/" + std::to_string(process.instance) : name;
}

} // namespace

std::string format_process_header() {
    return text_line("%-16s %7s %6s %-8s %9s %8s %11s %11s %6s %s", "Process", "PID", "UID", "State", "Seconds",
                     "Restarts", "Msgs in", "Msgs out", "Queued", "Last exit");
}

std::string format_process_row(const shm::ProcessRecord& process, MonoTime now) {
    const bool alive = process.state == shm::ProcessState::starting || process.state == shm::ProcessState::running;
    const std::int64_t age = alive ? std::max<std::int64_t>(0, whole_seconds(now - process.started)) : 0;
    return text_line("%-16s %7u %6u %-8s %9lld %8u %11llu %11llu %6u %s", program(process).c_str(), process.pid,
                     process.uid, state_word(process.state), static_cast<long long>(age), process.restarts,
                     static_cast<unsigned long long>(process.messages_in),
                     static_cast<unsigned long long>(process.messages_out), process.queued,
                     process.last_exit.empty() ? "-" : escape(process.last_exit.view()).c_str());
}

} // namespace lns::clid
