// SPDX-License-Identifier: ISC
#include "lib/conf/diagnostic.h"

#include <algorithm>
#include <utility>

namespace lns::conf {
namespace {

std::string show(std::string_view file, const Diagnostic& diagnostic) {
    std::string line(file);
    line += ':';
    if (diagnostic.line != 0) line += std::to_string(diagnostic.line) + ":";
    line += diagnostic.severity == Severity::warning ? " warning: " : " ";
    return line + diagnostic.message;
}

} // namespace

void Diagnostics::error(std::uint32_t line, std::string message) {
    list_.push_back({Severity::error, line, std::move(message)});
}

void Diagnostics::warning(std::uint32_t line, std::string message) {
    list_.push_back({Severity::warning, line, std::move(message)});
}

bool Diagnostics::has_errors() const {
    return std::any_of(list_.begin(), list_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::vector<std::string> Diagnostics::lines() const {
    std::vector<Diagnostic> sorted = list_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return a.line < b.line; });
    std::vector<std::string> lines;
    lines.reserve(sorted.size());
    for (const Diagnostic& diagnostic : sorted)
        lines.push_back(show(file_, diagnostic));
    return lines;
}

} // namespace lns::conf
