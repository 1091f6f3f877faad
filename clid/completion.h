// SPDX-License-Identifier: ISC
// What the tabulator can put for an argument: names and numbers of what is connected. Pure but for the tables.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "clid/suite_view.h"

namespace lns::clid {

// The words that begin with what was typed. libcli completes as far as all it is given agree, and lists them at the
// second tabulator: of a hundred thousand users it gets some, which agree exactly as far as all do.
class Completions {
public:
    static constexpr std::size_t kMost = 100;

    explicit Completions(std::string_view begun) : begun_(begun) {}
    void add(std::string_view word);
    [[nodiscard]] std::set<std::string> take() &&;

private:
    std::string_view begun_;
    std::set<std::string> words_;
    std::string first_;
    std::string other_;             // the word that agrees the least with the first
    std::size_t agreed_ = SIZE_MAX; // characters that all have in common
};

// By the word that the command table has for an argument: SID, TID or USER.
using CompletionSource = void (*)(const SuiteView& view, Completions& completions);
CompletionSource completion_source(std::string_view argument); // nullptr for any other

} // namespace lns::clid
