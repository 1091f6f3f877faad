// SPDX-License-Identifier: ISC
#include "lib/base/escape.h"

namespace lns {

std::string escape_but(std::string_view text, bool (*stays)(unsigned char octet)) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (stays(octet)) {
            out += c;
        } else {
            out += "\\x";
            out += digits[octet >> 4];
            out += digits[octet & 15U];
        }
    }
    return out;
}

std::string escape(std::string_view text) {
    return escape_but(text, [](unsigned char octet) { return octet >= 0x20 && octet < 0x7f && octet != '\\'; });
}

} // namespace lns
