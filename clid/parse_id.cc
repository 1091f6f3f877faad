// SPDX-License-Identifier: ISC
#include <charconv>

#include "clid/handlers.h"

namespace lns::clid {

std::optional<std::uint32_t> parse_id(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > most) return std::nullopt;
    return value;
}

} // namespace lns::clid
