// SPDX-License-Identifier: ISC
// The Internet checksum (RFC 1071). Sums are kept in the machine's own order of octets, which RFC 1071
// section 2 (B) allows; only finish() gives a number as it reads on the wire.
#pragma once

#include <cstdint>
#include <cstring>

#include "lib/base/bytes.h"

namespace lns::datapath {

class ChecksumSum {
public:
    // Octets at an even offset of what is summed; an odd number of them only at its end.
    void add(Bytes octets) noexcept;
    // A 16-bit or 32-bit field by its value.
    void add_u16(std::uint16_t v) noexcept { fold_in(to_wire(v)); }
    void add_u32(std::uint32_t v) noexcept {
        add_u16(static_cast<std::uint16_t>(v >> 16));
        add_u16(static_cast<std::uint16_t>(v));
    }
    // The ones' complement sum, not complemented: what a partial checksum starts from.
    [[nodiscard]] std::uint16_t sum() const noexcept { return to_wire(folded()); }
    // What the checksum field holds.
    [[nodiscard]] std::uint16_t finish() const noexcept { return static_cast<std::uint16_t>(~sum()); }
    // The same for UDP, where a zero means "none" (RFC 768).
    [[nodiscard]] std::uint16_t finish_udp() const noexcept { return finish() == 0 ? std::uint16_t{0xffff} : finish(); }
    // Of data that holds its own checksum: true when nothing was damaged.
    [[nodiscard]] bool verifies() const noexcept { return folded() == 0xffff; }

private:
    // Swaps on little-endian machines; the same both ways.
    static std::uint16_t to_wire(std::uint16_t v) noexcept;
    void fold_in(std::uint64_t v) noexcept {
        sum_ += v;
        sum_ += sum_ < v ? 1U : 0U;
    }
    [[nodiscard]] std::uint16_t folded() const noexcept;

    std::uint64_t sum_ = 0;
};

// RFC 1624 equation 3: the checksum of data in which one 16-bit field changed.
std::uint16_t adjust_checksum(std::uint16_t checksum, std::uint16_t old_field, std::uint16_t new_field) noexcept;

} // namespace lns::datapath
