// SPDX-License-Identifier: ISC
#include "clid/counter_names.h"

#include <array>

#include "clid/counters.h"
#include "datapathd/counters.h"
#include "radiusd-client/counters.h"
#include "sessiond/counters.h"

namespace lns::clid {

namespace {

struct CounterList {
    Proc proc;
    std::string_view (*name)(std::size_t index);
};

template <const auto& names>
std::string_view name_in(std::size_t index) {
    return index < names.size() ? names[index] : std::string_view();
}

std::string_view datapath_name(std::size_t index) {
    return index < datapath::kCounters.size() ? datapath::kCounters[index].name : std::string_view();
}

constexpr std::array kLists{
    CounterList{Proc::session, sessiond::counter_name},
    CounterList{Proc::datapath, datapath_name},
    CounterList{Proc::radius, name_in<radius_client::kCounterNames>},
    CounterList{Proc::cli, name_in<kCounterNames>},
};

} // namespace

std::string_view counter_name(Proc proc, std::size_t index) {
    for (const CounterList& list : kLists)
        if (list.proc == proc) return list.name(index);
    return {};
}

} // namespace lns::clid
