// SPDX-License-Identifier: ISC
// Octets written as hexadecimal digits; blanks are for the reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace lns::test {

inline std::vector<std::uint8_t> hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    std::string digits;
    for (const char c : text) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        out.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
        digits.clear();
    }
    return out;
}

inline std::string to_hex(Bytes bytes) {
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += "0123456789abcdef"[b >> 4];
        out += "0123456789abcdef"[b & 15U];
    }
    return out;
}

} // namespace lns::test
