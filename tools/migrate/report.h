// SPDX-License-Identifier: ISC
// What becomes of a configuration of the original l2tpns, line by line. Pure: texts in, findings out; secrets
// and passwords never come out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lns::migrate {

enum class Fate : std::uint8_t {
    kept,
    changed,        // means something else here, or has to be written in another way
    ignored,        // has no effect here
    not_understood, // neither by this suite nor, as far as known, by the original
    differs,        // nothing is written, and the default is another one
    absent,         // the whole file
};

struct Finding {
    std::string file;
    unsigned line = 0; // 0: of none
    Fate fate{};
    bool attention = false; // somebody should decide before the first day
    std::string text;
};

// The texts of the three files; nothing where there is no such file.
struct OldFiles {
    std::optional<std::string> startup_config;
    std::optional<std::string> users;
    std::optional<std::string> ip_pool;
};

std::vector<Finding> examine(const OldFiles& files);

// One line a finding, those that want attention with a mark in front, and a last line that says what follows.
std::string print(const std::vector<Finding>& findings);
bool needs_attention(const std::vector<Finding>& findings);

} // namespace lns::migrate
