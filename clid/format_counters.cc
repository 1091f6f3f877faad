// SPDX-License-Identifier: ISC
#include "clid/format_counters.h"

#include <array>
#include <ctime>

#include "clid/text_line.h"

namespace lns::clid {

namespace {

std::string direction(const char* name, const TrafficTotals::Direction& d) {
    return text_line("%-17s %20llu %15llu %15llu", name, static_cast<unsigned long long>(d.octets),
                     static_cast<unsigned long long>(d.packets), static_cast<unsigned long long>(d.dropped));
}

} // namespace

std::string program_name(Proc proc, std::uint16_t instance) {
    const auto i = static_cast<std::size_t>(proc);
    const std::string name(i < kProcNames.size() ? kProcNames[i] : "unknown");
    return proc == Proc::datapath ? name + "/" + std::to_string(instance) : name;
}

std::string format_traffic(const TrafficTotals& totals) {
    return text_line("%-17s %20s %15s %15s", "Traffic", "Bytes", "Packets", "Dropped") + "\n" +
           direction("From subscribers", totals.up) + "\n" + direction("To subscribers", totals.down);
}

std::string format_counter_header() {
    return text_line("%-16s %-36s %20s %s", "Process", "Counter", "Value", "Meaning");
}

std::string format_counter_row(const CounterFacts& facts) {
    return text_line("%-16s %-36s %20llu %s", program_name(facts.proc, facts.instance).c_str(),
                     std::string(facts.text.name).c_str(), static_cast<unsigned long long>(facts.value),
                     std::string(facts.text.meaning).c_str());
}

std::string format_last_cleared(std::int64_t when_unix) {
    if (when_unix == 0) return "Counters were never cleared";
    std::tm local{};
    const auto when = static_cast<std::time_t>(when_unix);
    localtime_r(&when, &local);
    std::array<char, 64> text{};
    strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &local);
    return std::string("Last counter reset ") + text.data();
}

} // namespace lns::clid
