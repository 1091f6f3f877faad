// SPDX-License-Identifier: ISC
// The Internet checksum (RFC 1071).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "lib/base/bytes.h"

namespace lns::lacsim {

// The sum of the 16-bit words, not yet folded: sums of pieces of even length may be added.
inline std::uint64_t checksum_add(Bytes octets, std::uint64_t sum = 0) {
    // RFC 1071 2(B): the sum of wider words in the machine's own order, swapped once at the end, is the same.
    std::uint64_t native = 0;
    std::size_t i = 0;
    for (; i + 8 <= octets.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, octets.data() + i, 8);
        native += (word & 0xffffffff) + (word >> 32);
    }
    while (native > 0xffff)
        native = (native & 0xffff) + (native >> 16);
    sum += std::endian::native == std::endian::little ? (native >> 8 | (native & 0xff) << 8) : native;
    for (; i + 1 < octets.size(); i += 2)
        sum += static_cast<std::uint32_t>(octets[i] << 8 | octets[i + 1]);
    if (i < octets.size()) sum += static_cast<std::uint32_t>(octets[i] << 8);
    return sum;
}

inline std::uint16_t checksum_fold(std::uint64_t sum) {
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

} // namespace lns::lacsim
