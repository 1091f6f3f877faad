// SPDX-License-Identifier: ISC
// What two programs of the suite must agree on to work together: the fingerprints of tables and messages. Each
// program prints its own for --layout.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "lib/imsg/imsg.h"
#include "shm/tables.h"

namespace lns {

struct SuiteLayout {
    std::uint64_t tables = 0;
    std::uint64_t messages = 0;
    friend bool operator==(const SuiteLayout&, const SuiteLayout&) = default;
};

// That of the calling program.
inline SuiteLayout own_layout() { return {shm::layout_of_all_tables(), imsg::layout_hash()}; }

inline std::string print_layout(const SuiteLayout& layout) {
    std::array<char, 80> text{};
    snprintf(text.data(), text.size(), "tables %016" PRIx64 " messages %016" PRIx64, layout.tables, layout.messages);
    return text.data();
}

// One line, as print_layout writes it.
inline std::optional<SuiteLayout> parse_layout(const std::string& line) {
    SuiteLayout layout;
    int end = 0;
    const int got =
        sscanf(line.c_str(), "tables %16" SCNx64 " messages %16" SCNx64 "%n", &layout.tables, &layout.messages, &end);
    if (got != 2 ||
        std::string_view(line).substr(static_cast<std::size_t>(end)).find_first_not_of('\n') != std::string::npos)
        return std::nullopt;
    return layout;
}

} // namespace lns
