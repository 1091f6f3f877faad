// SPDX-License-Identifier: ISC
#include "lib/base/hex_dump.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace lns {

std::vector<std::string> hex_dump(std::string_view title, Bytes packet) {
    constexpr std::size_t kOctetsOfLine = 256;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::vector<std::string> lines;
    std::size_t at = 0;
    do {
        std::array<char, 24> place{};
        snprintf(place.data(), place.size(), " 0x%04zx", at);
        std::string line(title);
        line += " (" + std::to_string(packet.size()) + " octets)" + place.data();
        const std::size_t end = std::min(packet.size(), at + kOctetsOfLine);
        for (std::size_t i = at; i < end; ++i) {
            if (i % 16 == 0) line += ' ';
            line += kDigits[packet[i] >> 4];
            line += kDigits[packet[i] & 15U];
        }
        lines.push_back(std::move(line));
        at = end;
    } while (at < packet.size());
    return lines;
}

} // namespace lns
