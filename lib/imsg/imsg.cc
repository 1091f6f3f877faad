// SPDX-License-Identifier: ISC
#include "lib/imsg/imsg.h"

#include <cstring>

namespace lns::imsg {

std::size_t without_end(Bytes body) {
    std::size_t size = body.size();
    for (std::uint64_t word = 0; size >= sizeof word; size -= sizeof word) {
        memcpy(&word, body.data() + size - sizeof word, sizeof word);
        if (word != 0) break;
    }
    while (size > 0 && body[size - 1] == 0)
        --size;
    return size;
}

const char* check_message(Bytes record, std::size_t fds, Proc from, Proc to) {
    Header header{};
    if (record.size() < sizeof header) return "shorter than its header";
    memcpy(&header, record.data(), sizeof header);
    if (header.type >= kTypes.size()) return "unknown type";
    const auto type = static_cast<Type>(header.type);
    if (!may_send(type, from, to)) return "not allowed in this direction";
    if (header.length < sizeof header || header.length > record.size()) return "wrong size";
    const Bytes body = record.subspan(sizeof header, header.length - sizeof header);
    if (body.size() > type_def(type).size || without_end(body) != body.size()) return "wrong size";
    if (fds != type_def(type).fds) return "wrong number of descriptors";
    return nullptr;
}

std::uint64_t layout_hash() {
    constexpr std::uint64_t form_of_records = 2;
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    const auto mix = [&hash](std::uint64_t v) { hash = (hash ^ v) * 0x100000001b3; };
    mix(form_of_records);
    for (const TypeDef& def : kTypes) {
        for (const char c : def.name)
            mix(static_cast<unsigned char>(c));
        mix(def.size);
        mix(static_cast<std::uint64_t>(def.from) << 16 | static_cast<std::uint64_t>(def.to) << 8 | def.fds);
    }
    return hash;
}

} // namespace lns::imsg
