// SPDX-License-Identifier: ISC
// JSON (RFC 8259) as text, piece by piece: however long a list is, one row of it is held at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "clid/command_table.h"
#include "lib/base/inet.h"

namespace lns::clid {

// Values. Text of peers can be any octets: as in the tables, what is not printable ASCII becomes \xNN, and the
// backslash too; so the document is ASCII, and the octets can be had back.
std::string json(std::string_view text);
std::string json(std::uint64_t number);
std::string json(std::int64_t number);
std::string json(double number);
std::string json(bool value);
std::string json(Ipv4 address); // null when it is not set
inline std::string json(std::uint32_t number) { return json(std::uint64_t{number}); }
inline std::string json(std::uint16_t number) { return json(std::uint64_t{number}); }
inline std::string json(const char* text) { return json(std::string_view(text)); }
inline std::string json(const std::string& text) { return json(std::string_view(text)); }
inline constexpr const char* kJsonNull = "null";

// A member of an object, and what the manual page says of it.
template <class Row>
struct JsonField {
    std::string_view name;
    std::string_view meaning;
    std::string (*value)(const Row& row);
    bool in_list = true; // else only where the command names the row
};

std::string json_member(std::string_view name, const std::string& value);

template <class Row>
std::string json_object(std::span<const JsonField<Row>> fields, const Row& row, bool whole) {
    std::string text = "{";
    for (const JsonField<Row>& field : fields)
        if (whole || field.in_list) text += (text.size() == 1 ? "" : ", ") + json_member(field.name, field.value(row));
    return text + "}";
}

template <class Row>
std::string json_fields_manual(std::span<const JsonField<Row>> fields) {
    std::string text = ".Bl -tag -width Ds -compact\n";
    for (const JsonField<Row>& field : fields)
        text += ".It Li " + std::string(field.name) + "\n" + std::string(field.meaning) +
                (field.in_list ? "\n" : "; not in lists\n");
    return text + ".El\n";
}

// One document. Lines go out as soon as it is known whether a comma follows.
class JsonDocument {
public:
    explicit JsonDocument(Output& out);
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;
    ~JsonDocument(); // ends it

    void member(std::string_view name, const std::string& value);
    // All fields as members of the document itself.
    template <class Row>
    void members(std::span<const JsonField<Row>> fields, const Row& row) {
        for (const JsonField<Row>& field : fields)
            member(field.name, field.value(row));
    }
    void begin_array(std::string_view name);
    void item(std::string value);
    void end_array();
    // Kept for the member `errors` at the end.
    void error(std::string_view text);

private:
    void put(std::string line);
    void flush(bool more);

    Output& out_;
    std::string held_;
    std::string errors_;
};

} // namespace lns::clid
