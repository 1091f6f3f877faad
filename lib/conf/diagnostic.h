// SPDX-License-Identifier: ISC
// What is wrong with a configuration file, and where. Parsers collect all of it; l2tpnsd -n prints it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lns::conf {

enum class Severity : std::uint8_t { warning, error };

struct Diagnostic {
    Severity severity = Severity::error;
    std::uint32_t line = 0; // from 1; 0: the file as a whole
    std::string message;    // fit to be shown: no secrets, odd octets escaped

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

class Diagnostics {
public:
    explicit Diagnostics(std::string_view file) : file_(file) {}

    void error(std::uint32_t line, std::string message);
    void warning(std::uint32_t line, std::string message);

    [[nodiscard]] bool has_errors() const;
    [[nodiscard]] const std::vector<Diagnostic>& list() const { return list_; }
    // "file:line: message", of a warning "file:line: warning: message"; in the order of lines.
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    std::string file_;
    std::vector<Diagnostic> list_;
};

} // namespace lns::conf
