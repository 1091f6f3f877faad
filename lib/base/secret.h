// SPDX-License-Identifier: ISC
// Passwords and shared secrets: a type without a formatter, so that a log line cannot hold one by
// accident. Wiped when it ends.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace lns {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view value) : value_(value) {}
    Secret(const Secret&) = default;
    // A short string is copied by a move: what it was copied from is wiped too.
    Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            value_ = other.value_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            *this = static_cast<const Secret&>(other);
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    [[nodiscard]] bool empty() const { return value_.empty(); }
    // The only way to the value: easy to search for.
    [[nodiscard]] std::string_view reveal() const { return value_; }
    [[nodiscard]] Bytes reveal_octets() const { return as_octets(value_); }
    friend bool operator==(const Secret&, const Secret&) = default;

private:
    void wipe();
    std::string value_;
};

// Compares in a time that does not depend on where the difference is.
bool equal_constant_time(Bytes a, Bytes b);

} // namespace lns
