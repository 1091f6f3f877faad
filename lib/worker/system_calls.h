// SPDX-License-Identifier: ISC
// Which system calls a worker may make, as rows: the allow-list that system_call_filter.h loads. What no row
// names ends the process. A worker that needs one more gets a row here, with its reason.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/imsg/process.h"

namespace lns::worker {

// `starting`: from the end of the prologue until the worker serves. `serving`: from then on, and before.
enum class Phase : std::uint8_t { starting, serving };

// A set of processes, one bit each.
using Processes = std::uint32_t;
template <class... P>
constexpr Processes only(P... procs) {
    return (0U | ... | (Processes{1} << static_cast<unsigned>(procs)));
}
inline constexpr Processes kEvery = ~Processes{0};

// Holds when (argument & mask) == value.
struct ArgumentLimit {
    std::uint8_t argument = 0;
    std::uint64_t mask = 0; // 0: no limit
    std::uint64_t value = 0;
};
inline constexpr std::uint64_t kOwnPid = ~std::uint64_t{0}; // as a value: that of the process that loads the filter

struct SystemCall {
    std::string_view name; // as in libseccomp; one that an architecture lacks is left out there
    Processes who = 0;
    Phase phase = Phase::serving;
    std::string_view limits_text; // the limits in words, for SECURITY.md
    std::array<ArgumentLimit, 3> limits{};
    std::string_view reason;
};

// Several rows of one name are alternatives.
std::span<const SystemCall> system_calls();
// What the address and undefined-behaviour sanitizers need besides, for a build with them.
std::span<const SystemCall> sanitizer_calls();

// May that process make the call in that phase? A child of clid keeps clid's filter and gets one of its own on
// top, so clid may do whatever its child may.
bool allows(const SystemCall& row, Proc who, Phase phase);

} // namespace lns::worker
