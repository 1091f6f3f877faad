// SPDX-License-Identifier: ISC
#include "tools/lacsim/json.h"

#include <array>
#include <charconv>
#include <cmath>

namespace lns::lacsim {

void Json::quote(std::string_view value) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    text_ += '"';
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (octet < 0x20 || octet >= 0x7f) { // RFC 8259 7; what is not ASCII is taken for Latin-1
            text_ += "\\u00";
            text_ += kHex[octet >> 4];
            text_ += kHex[octet & 15];
        } else {
            text_ += c;
        }
    }
    text_ += '"';
}

void Json::key(std::string_view name) {
    if (!first_) text_ += ',';
    if (depth_ > 0) text_ += '\n' + std::string(std::size_t{2} * depth_, ' ');
    first_ = false;
    if (name.empty()) return;
    quote(name);
    text_ += ": ";
}

Json& Json::begin(std::string_view name) {
    key(name);
    text_ += '{';
    ++depth_;
    first_ = true;
    return *this;
}
Json& Json::end() {
    --depth_;
    if (!first_) text_ += '\n' + std::string(std::size_t{2} * depth_, ' ');
    text_ += '}';
    first_ = false;
    return *this;
}
Json& Json::text(std::string_view name, std::string_view value) {
    key(name);
    quote(value);
    return *this;
}
Json& Json::flag(std::string_view name, bool value) {
    key(name);
    text_ += value ? "true" : "false";
    return *this;
}
Json& Json::number(std::string_view name, std::uint64_t value) {
    key(name);
    text_ += std::to_string(value);
    return *this;
}
Json& Json::real(std::string_view name, double value) {
    key(name);
    std::array<char, 64> buffer{};
    const double shown = std::isfinite(value) ? value : 0;
    const auto r = std::to_chars(buffer.data(), buffer.data() + buffer.size(), shown, std::chars_format::fixed, 3);
    text_ += r.ec == std::errc{} ? std::string_view(buffer.data(), r.ptr) : std::string_view("0");
    return *this;
}

} // namespace lns::lacsim
