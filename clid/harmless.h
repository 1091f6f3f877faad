// SPDX-License-Identifier: ISC
// What another process says may hold octets of a peer: none of them shall steer a terminal.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace lns::clid {

inline std::string harmless(std::string_view text) {
    std::string out(text);
    const auto steers = [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet < 0x20 || (octet >= 0x7f && octet < 0xa0);
    };
    std::replace_if(out.begin(), out.end(), steers, '?');
    return out;
}

} // namespace lns::clid
