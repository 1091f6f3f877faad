// SPDX-License-Identifier: ISC
#include "clid/format_process.h"

#include <algorithm>
#include <array>

#include "clid/format_counters.h"
#include "clid/text_line.h"
#include "lib/base/escape.h"

namespace lns::clid {

const char* process_state_word(shm::ProcessState state) {
    constexpr std::array words{"absent", "starting", "running", "waiting"};
    const auto i = static_cast<std::size_t>(state);
    return i < words.size() ? words[i] : "unknown";
}

std::int64_t process_age(const shm::ProcessRecord& process, MonoTime now) {
    const bool alive = process.state == shm::ProcessState::starting || process.state == shm::ProcessState::running;
    return alive ? std::max<std::int64_t>(0, whole_seconds(now - process.started)) : 0;
}

std::string format_process_header() {
    return text_line("%-16s %7s %-17s %-8s %9s %8s %11s %11s %6s %s", "Process", "PID", "User", "State", "Seconds",
                     "Restarts", "Msgs in", "Msgs out", "Queued", "Last exit");
}

std::string format_process_row(const shm::ProcessRecord& process, MonoTime now) {
    const std::string user = process.user.empty() ? std::to_string(process.uid) : escape(process.user.view());
    return text_line("%-16s %7u %-17s %-8s %9lld %8u %11llu %11llu %6u %s",
                     program_name(static_cast<Proc>(process.proc), process.instance).c_str(), process.pid, user.c_str(),
                     process_state_word(process.state), static_cast<long long>(process_age(process, now)),
                     process.restarts, static_cast<unsigned long long>(process.messages_in),
                     static_cast<unsigned long long>(process.messages_out), process.queued,
                     process.last_exit.empty() ? "-" : escape(process.last_exit.view()).c_str());
}

} // namespace lns::clid
