// SPDX-License-Identifier: ISC
#include "lib/conf/text.h"

#include <algorithm>

#include "lib/base/escape.h"

namespace lns::conf {

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string show(std::string_view text) {
    constexpr std::size_t kShown = 60;
    return '"' + escape(text.substr(0, kShown)) + (text.size() > kShown ? "...\"" : "\"");
}

bool Lines::next(Line& line) {
    while (!rest_.empty()) {
        const auto end = std::min(rest_.find('\n'), rest_.size());
        std::string_view text = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        ++number_;
        if (text.ends_with('\r')) text.remove_suffix(1);
        const auto content = trim(text);
        if (content.empty() || comment_characters_.find(content.front()) != std::string_view::npos) continue;
        line = {number_, text};
        return true;
    }
    return false;
}

const char* complain_about_octets(std::string_view line) {
    return std::any_of(line.begin(), line.end(), is_control) ? "the line holds a control character" : nullptr;
}

} // namespace lns::conf
