// SPDX-License-Identifier: ISC
// Writes JSON, indented, in the order of the calls.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace lns::lacsim {

class Json {
public:
    Json& begin(std::string_view key = {}); // an object
    Json& end();
    Json& text(std::string_view key, std::string_view value);
    Json& real(std::string_view key, double value);
    Json& flag(std::string_view key, bool value);
    Json& number(std::string_view key, std::uint64_t value);
    [[nodiscard]] std::string str() const { return text_ + "\n"; }

private:
    void key(std::string_view name);
    void quote(std::string_view value);

    std::string text_;
    unsigned depth_ = 0;
    bool first_ = true;
};

} // namespace lns::lacsim
