// SPDX-License-Identifier: ISC
#include "datapathd/checksum.h"

#include <bit>

namespace lns::datapath {

namespace {

std::uint64_t load64(const std::uint8_t* p) {
    std::uint64_t v = 0;
    memcpy(&v, p, sizeof v);
    return v;
}

// Two independent chains of additions with carry: the carries gather in the upper half.
__extension__ using Wide = unsigned __int128;

} // namespace

std::uint16_t ChecksumSum::to_wire(std::uint16_t v) noexcept {
    if constexpr (std::endian::native == std::endian::little)
        return static_cast<std::uint16_t>(v << 8 | v >> 8);
    else
        return v;
}

void ChecksumSum::add(Bytes octets) noexcept {
    const std::uint8_t* p = octets.data();
    std::size_t n = octets.size();
    Wide even = 0;
    Wide odd = 0;
    for (; n >= 32; p += 32, n -= 32) {
        even += load64(p);
        odd += load64(p + 8);
        even += load64(p + 16);
        odd += load64(p + 24);
    }
    for (; n >= 8; p += 8, n -= 8)
        even += load64(p);
    if (n > 0) { // the rest as if zeros followed
        std::uint64_t last = 0;
        memcpy(&last, p, n);
        odd += last;
    }
    even += odd;
    fold_in(static_cast<std::uint64_t>(even));
    fold_in(static_cast<std::uint64_t>(even >> 64));
}

std::uint16_t ChecksumSum::folded() const noexcept {
    std::uint64_t s = (sum_ & 0xffffffff) + (sum_ >> 32);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return static_cast<std::uint16_t>(s);
}

std::uint16_t adjust_checksum(std::uint16_t checksum, std::uint16_t old_field, std::uint16_t new_field) noexcept {
    std::uint32_t s = static_cast<std::uint16_t>(~checksum);
    s += static_cast<std::uint16_t>(~old_field);
    s += new_field;
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return static_cast<std::uint16_t>(~s);
}

} // namespace lns::datapath
