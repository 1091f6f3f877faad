// SPDX-License-Identifier: ISC
#include "clid/json.h"

#include <utility>

#include "clid/text_line.h"
#include "lib/base/escape.h"

namespace lns::clid {

std::string json(std::string_view text) {
    std::string out = "\"";
    for (const char c : escape(text)) { // printable ASCII is left
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string json(std::uint64_t number) { return std::to_string(number); }
std::string json(std::int64_t number) { return std::to_string(number); }
std::string json(double number) { return text_line("%.2f", number); }
std::string json(bool value) { return value ? "true" : "false"; }
std::string json(Ipv4 address) { return address.is_set() ? json(to_string(address)) : kJsonNull; }

std::string json_member(std::string_view name, const std::string& value) { return json(name) + ": " + value; }

JsonDocument::JsonDocument(Output& out) : out_(out) { out_.print("{"); }

JsonDocument::~JsonDocument() {
    if (!errors_.empty()) member("errors", "[" + errors_ + "]");
    flush(false);
    out_.print("}");
}

void JsonDocument::member(std::string_view name, const std::string& value) { put(json_member(name, value)); }

void JsonDocument::begin_array(std::string_view name) {
    flush(true);
    out_.print(json_member(name, "["));
}

void JsonDocument::item(std::string value) { put(std::move(value)); }

void JsonDocument::end_array() {
    flush(false);
    held_ = "]";
}

void JsonDocument::error(std::string_view text) { errors_ += (errors_.empty() ? "" : ", ") + json(text); }

void JsonDocument::put(std::string line) {
    flush(true);
    held_ = std::move(line);
}

void JsonDocument::flush(bool more) {
    if (held_.empty()) return;
    out_.print(more ? held_ + "," : held_);
    held_.clear();
}

} // namespace lns::clid
