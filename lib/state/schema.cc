// SPDX-License-Identifier: ISC
#include "lib/state/schema.h"

#include <algorithm>

namespace lns::state {

namespace {

constexpr unsigned kMaxDepth = 8; // of records in records; ours have four
constexpr std::uint16_t kMaxKinds = 256;
constexpr std::uint16_t kMaxFields = 1024; // of a kind

bool nests(Type type) { return type == Type::record || type == Type::list; }

void gather(const Kind& kind, std::vector<const Kind*>& found) {
    if (std::ranges::find(found, &kind) != found.end()) return;
    found.push_back(&kind);
    for (const Field& field : kind.fields)
        if (field.kind != nullptr) gather(field.kind(), found);
}

void write_name(Writer& w, std::string_view name) {
    w.u8(static_cast<std::uint8_t>(name.size()));
    w.text(name);
}

bool read_name(Reader& file, std::string& name) {
    std::uint8_t length = 0;
    Bytes octets;
    if (!file.u8(length) || !file.bytes(length, octets) || length == 0) return false;
    name = as_text(octets);
    return true;
}

std::uint16_t number_of(std::span<const Kind* const> kinds, const Kind& kind) {
    return static_cast<std::uint16_t>(std::ranges::find(kinds, &kind) - kinds.begin());
}

const Field* match(const FileKind& kind, const FileField& field) {
    if (kind.ours == nullptr) return nullptr;
    const auto at = std::ranges::find_if(
        kind.ours->fields, [&](const Field& ours) { return ours.write != nullptr && ours.name == field.name; });
    if (at == kind.ours->fields.end() || at->type != field.type) return nullptr;
    if (nests(field.type) && field.kind->ours != &at->kind()) return nullptr;
    return &*at;
}

bool read_field(Reader& file, Schema& schema, FileField& field) {
    std::uint8_t type = 0;
    std::uint16_t kind = 0;
    if (!file.u8(type) || !read_name(file, field.name)) return false;
    field.type = Type{type};
    if (!nests(field.type)) return true; // a type of the future is skipped by its length
    if (!file.u16(kind) || kind >= schema.size()) return false;
    field.kind = &schema[kind];
    return true;
}

bool read_kinds(Reader& file, Schema& schema, std::span<const Kind* const> ours) {
    std::uint16_t kinds = 0;
    if (!file.u16(kinds) || kinds == 0 || kinds > kMaxKinds) return false;
    schema.resize(kinds);
    for (FileKind& kind : schema) {
        std::uint16_t fields = 0;
        if (!read_name(file, kind.name) || !file.u16(fields) || fields > kMaxFields) return false;
        const auto known = std::ranges::find(ours, kind.name, &Kind::name);
        if (known != ours.end()) kind.ours = *known;
        kind.fields.resize(fields);
        for (FileField& field : kind.fields)
            if (!read_field(file, schema, field)) return false;
    }
    return true;
}

} // namespace

std::vector<const Kind*> all_kinds(std::span<const Kind* const> roots) {
    std::vector<const Kind*> found;
    for (const Kind* root : roots)
        gather(*root, found);
    return found;
}

void write_schema(Writer& w, std::span<const Kind* const> kinds) {
    w.u16(static_cast<std::uint16_t>(kinds.size()));
    for (const Kind* kind : kinds) {
        write_name(w, kind->name);
        w.u16(static_cast<std::uint16_t>(
            std::ranges::count_if(kind->fields, [](const Field& field) { return field.write != nullptr; })));
        for (const Field& field : kind->fields) {
            if (field.write == nullptr) continue;
            w.u8(static_cast<std::uint8_t>(field.type));
            write_name(w, field.name);
            if (field.kind != nullptr) w.u16(number_of(kinds, field.kind()));
        }
    }
}

Result<Schema> read_schema(Reader& file, std::span<const Kind* const> ours) {
    Schema schema;
    if (!read_kinds(file, schema, ours)) return failure("its description of itself is not well-formed");
    for (std::size_t i = 0; i < schema.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (schema[i].name == schema[j].name) return failure("it describes " + schema[i].name + " twice");
    for (FileKind& kind : schema)
        for (FileField& field : kind.fields)
            field.ours = match(kind, field);
    return schema;
}

bool well_formed(const FileKind& kind, Bytes record, unsigned depth) {
    if (depth > kMaxDepth) return false;
    Reader reader(record);
    while (!reader.done()) {
        std::uint16_t number = 0;
        std::uint16_t length = 0;
        Bytes value;
        if (!reader.u16(number) || !reader.u16(length) || !reader.bytes(length, value)) return false;
        if (number >= kind.fields.size()) return false;
        const FileField& field = kind.fields[number];
        if (field.type == Type::record && !well_formed(*field.kind, value, depth + 1)) return false;
        if (field.type != Type::list) continue;
        Reader list(value);
        Bytes item;
        while (next_item(list, item))
            if (!well_formed(*field.kind, item, depth + 1)) return false;
        if (!list.done()) return false;
    }
    return true;
}

} // namespace lns::state
