// SPDX-License-Identifier: ISC
#include "sessiond/message_log.h"

#include <algorithm>

#include "lib/base/escape.h"
#include "lib/base/log.h"

namespace lns::sessiond {

namespace {

constexpr std::size_t kMaxText = 80;  // of one AVP
constexpr std::size_t kMaxLine = 600; // a message can hold more than a log line

std::string counted(Bytes value) { return "(" + std::to_string(value.size()) + " octets)"; }

std::string quoted(Bytes value) {
    const Bytes shown = value.first(std::min(value.size(), kMaxText));
    return "\"" + escape(as_text(shown)) + "\"" + (shown.size() < value.size() ? "..." : "");
}

std::string number(Bytes value) {
    Reader r(value);
    std::uint16_t small = 0;
    std::uint32_t large = 0;
    if (value.size() == 2 && r.u16(small)) return std::to_string(small);
    if (value.size() == 4 && r.u32(large)) return std::to_string(large);
    return counted(value);
}

// RFC 2661 4.4.2: result code, and perhaps an error code and a text.
std::string result(Bytes value) {
    Reader r(value);
    std::uint16_t code = 0;
    std::uint16_t error = 0;
    if (!r.u16(code)) return counted(value);
    std::string text = std::to_string(code);
    if (!r.u16(error)) return text;
    text += "/" + std::to_string(error);
    return r.done() ? text : text + " " + quoted(r.rest());
}

std::string value_of(const l2tp::Avp& avp, const l2tp::AvpDef& def) {
    using Kind = l2tp::AvpKind;
    if (avp.hidden) return "hidden " + counted(avp.value);
    if (def.type == l2tp::AvpType::ResultCode) return result(avp.value);
    if (def.kind == Kind::Empty) return "";
    if (def.kind == Kind::Text) return quoted(avp.value);
    // Challenges and responses are octets, too: they could be tried out against a list of passwords.
    if (def.kind == Kind::Octets) return counted(avp.value);
    return number(avp.value);
}

std::string describe(const l2tp::Avp& avp) {
    if (const l2tp::AvpDef* def = avp.def()) {
        const std::string value = value_of(avp, *def);
        return std::string(def->name) + (value.empty() ? "" : " ") + value;
    }
    return "AVP " + std::to_string(avp.vendor) + "/" + std::to_string(avp.type) + " " + counted(avp.value);
}

} // namespace

std::string describe_message(const l2tp::Header& header) {
    const l2tp::MessageType type = l2tp::message_type_of(header.payload);
    if (type == l2tp::MessageType::none) return "";
    std::string line(l2tp::message_name(type));
    line += ", tunnel " + std::to_string(raw(header.tunnel)) + ", session " + std::to_string(raw(header.session)) +
            ", Ns " + std::to_string(header.ns) + ", Nr " + std::to_string(header.nr);
    Reader r(header.payload);
    l2tp::Avp avp;
    const char* between = ": ";
    while (!r.done() && l2tp::next_avp(r, avp) == l2tp::WireError::none) {
        if (avp.vendor == 0 && avp.type == static_cast<std::uint16_t>(l2tp::AvpType::MessageType)) continue;
        if (line.size() > kMaxLine) return line + between + "...";
        line += between + describe(avp);
        between = ", ";
    }
    return line;
}

void MessageLog::write(const char* direction, Endpoint peer, const l2tp::Header& header, MonoTime now) {
    if (!log_wanted(LogLevel::info)) return;
    const l2tp::MessageType type = l2tp::message_type_of(header.payload);
    const LogLevel level = type == l2tp::MessageType::HELLO ? LogLevel::call : LogLevel::info;
    if (type == l2tp::MessageType::none || !log_wanted(level)) return;
    const auto held_back = limits_.pass(direction, now);
    if (!held_back) return;
    const std::string more = *held_back == 0 ? "" : " (" + std::to_string(*held_back) + " more like this held back)";
    log_at(level, "%s %s: %s%s", direction, to_string(peer).c_str(), describe_message(header).c_str(), more.c_str());
}

} // namespace lns::sessiond
