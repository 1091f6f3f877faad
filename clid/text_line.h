// SPDX-License-Identifier: ISC
// printf into a string: the layouts of the CLI are easiest to compare with the manual in this form.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>

namespace lns::clid {

__attribute__((format(printf, 1, 2))) inline std::string text_line(const char* format, ...) {
    va_list args;
    va_start(args, format);
    char* text = nullptr;
    const int length = vasprintf(&text, format, args);
    va_end(args);
    std::string line;
    if (length >= 0) {
        line.assign(text, static_cast<std::size_t>(length));
        free(text);
    }
    return line;
}

} // namespace lns::clid
