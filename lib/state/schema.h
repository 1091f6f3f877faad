// SPDX-License-Identifier: ISC
// What a state file says about itself: the kinds of records in it and their fields, by name. It is held
// against the tables of this release, and what both have is read. Private to lib/state.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/state/field.h"

namespace lns::state {

struct FileField {
    std::string name;
    Type type{};
    const FileKind* kind = nullptr; // of record and list
    const Field* ours = nullptr;    // nullptr: this release has no such field, or has it of another type
    mutable bool refused = false;   // a value of it was not understood
};

struct FileKind {
    std::string name;
    const Kind* ours = nullptr; // nullptr: unknown
    std::vector<FileField> fields;
};

using Schema = std::vector<FileKind>;

// Every kind that those refer to, each once.
std::vector<const Kind*> all_kinds(std::span<const Kind* const> roots);

void write_schema(Writer& w, std::span<const Kind* const> kinds);
// Takes the schema from the front; `ours` are all kinds of this release.
Result<Schema> read_schema(Reader& file, std::span<const Kind* const> ours);

// Whether a record is well-formed as far as the schema says, nested ones included.
bool well_formed(const FileKind& kind, Bytes record, unsigned depth = 0);

} // namespace lns::state
