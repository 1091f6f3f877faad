// SPDX-License-Identifier: ISC
#include "lib/counters/counter_names.h"

#include <array>

#include "clid/counters.h"
#include "datapathd/counters.h"
#include "radiusd-client/counters.h"
#include "sessiond/counters.h"

namespace lns::counters {

namespace {

struct CounterList {
    Proc proc;
    shm::CounterText (*text)(std::size_t index);
};

template <const auto& table>
shm::CounterText text_in(std::size_t index) {
    return index < table.size() ? shm::CounterText{table[index].name, table[index].meaning} : shm::CounterText{};
}

constexpr std::array kLists{
    CounterList{Proc::session, sessiond::counter_text},
    CounterList{Proc::datapath, text_in<datapath::kCounters>},
    CounterList{Proc::radius, text_in<radius_client::kCounters>},
    CounterList{Proc::cli, text_in<clid::kCounters>},
};

} // namespace

shm::CounterText counter_text(Proc proc, std::size_t index) {
    for (const CounterList& list : kLists)
        if (list.proc == proc) return list.text(index);
    return {};
}

std::optional<std::size_t> find_counter(Proc proc, std::string_view name) {
    for (std::size_t i = 0; !counter_text(proc, i).name.empty(); ++i)
        if (counter_text(proc, i).name == name) return i;
    return std::nullopt;
}

std::string counters_manual() {
    std::string text;
    for (const Proc proc : kCountingPrograms) {
        text += ".Ss Counters of " + std::string(proc_name(proc)) + "\n.Bl -tag -width Ds -compact\n";
        for (std::size_t i = 0; !counter_text(proc, i).name.empty(); ++i)
            text += ".It Li " + std::string(counter_text(proc, i).name) + "\n" +
                    std::string(counter_text(proc, i).meaning) + "\n";
        text += ".El\n";
    }
    return text;
}

} // namespace lns::counters
