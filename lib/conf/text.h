// SPDX-License-Identifier: ISC
// Cutting a configuration text into lines and fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lns::conf {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }
constexpr bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Without the blanks around it.
std::string_view trim(std::string_view text);
// The parts between separators: always at least one, empty ones included.
std::vector<std::string_view> split(std::string_view text, char separator);

// For a diagnostic: in quotation marks, odd octets escaped, cut when it is long. Never for a secret.
std::string show(std::string_view text);

struct Line {
    std::uint32_t number = 0; // from 1
    std::string_view text;    // without LF and CRLF
};

// Walks over the lines that say something: blank ones and those that begin with a comment character,
// after blanks or not, are left out.
class Lines {
public:
    Lines(std::string_view text, std::string_view comment_characters)
        : rest_(text), comment_characters_(comment_characters) {}
    bool next(Line& line);

private:
    std::string_view rest_;
    std::string_view comment_characters_;
    std::uint32_t number_ = 0;
};

// nullptr, or why a line cannot be right whatever it says: control characters.
const char* complain_about_octets(std::string_view line);

} // namespace lns::conf
