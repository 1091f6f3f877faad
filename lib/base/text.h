// SPDX-License-Identifier: ISC
// A string of bounded length that is plain data: fit for shared memory and messages. Octets behind
// the end are zero, so that nothing uninitialised leaves a process.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace lns {

template <std::size_t N>
struct FixedText {
    static_assert(N % 2 == 0 && N <= 65534, "an odd capacity would leave padding");
    static constexpr std::size_t kCapacity = N;

    std::uint16_t length = 0;
    std::array<char, N> octets{};

    FixedText() = default;
    template <std::convertible_to<std::string_view> Text>
    FixedText(const Text& text) { // implicit by design
        assign(std::string_view(text));
    }
    // Keeps the first N octets; false when some did not fit.
    bool assign(std::string_view text) {
        const std::size_t n = std::min(text.size(), N);
        octets.fill(0);
        std::copy_n(text.begin(), n, octets.begin());
        length = static_cast<std::uint16_t>(n);
        return n == text.size();
    }
    bool assign(Bytes bytes) { return assign(as_text(bytes)); }
    [[nodiscard]] std::string_view view() const { return {octets.data(), std::min<std::size_t>(length, N)}; }
    [[nodiscard]] Bytes bytes() const { return as_octets(view()); }
    [[nodiscard]] std::string str() const { return std::string(view()); }
    [[nodiscard]] bool empty() const { return length == 0; }
    friend bool operator==(const FixedText& a, const FixedText& b) { return a.view() == b.view(); }
};

} // namespace lns
