// SPDX-License-Identifier: ISC
#include "lib/imsg/imsg.h"

namespace lns::imsg {

const char* check_message(const Header& header, std::size_t received, std::size_t fds, Proc from, Proc to) {
    if (received < sizeof(Header)) return "shorter than its header";
    if (header.type >= kTypes.size()) return "unknown type";
    const auto type = static_cast<Type>(header.type);
    if (!may_send(type, from, to)) return "not allowed in this direction";
    if (header.length != received || received != sizeof(Header) + type_def(type).size) return "wrong size";
    if (fds != type_def(type).fds) return "wrong number of descriptors";
    return nullptr;
}

std::uint64_t layout_hash() {
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    const auto mix = [&hash](std::uint64_t v) { hash = (hash ^ v) * 0x100000001b3; };
    for (const TypeDef& def : kTypes) {
        for (const char c : def.name)
            mix(static_cast<unsigned char>(c));
        mix(def.size);
        mix(static_cast<std::uint64_t>(def.from) << 16 | static_cast<std::uint64_t>(def.to) << 8 | def.fds);
    }
    return hash;
}

} // namespace lns::imsg
