// SPDX-License-Identifier: ISC
// What the message table says: types, names, sizes, directions (DESIGN 3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "lib/base/bytes.h"
#include "lib/imsg/bodies.h"
#include "lib/imsg/process.h"

namespace lns::imsg {

enum class Type : std::uint32_t {
#define X(name, from, to, body, fds) name,
#include "lib/imsg/types.def"
#undef X
};

struct TypeDef {
    std::string_view name;
    Proc from, to; // Proc::any: whoever holds the channel's other end
    std::size_t size;
    std::uint8_t fds;
};

inline constexpr std::array kTypes{
#define X(name, from, to, body, fds) TypeDef{#name, Proc::from, Proc::to, sizeof(body), fds},
#include "lib/imsg/types.def"
#undef X
};

// Body type to message type: one body, one message, so a send cannot name the wrong one.
template <class Body>
inline constexpr Type kTypeOf = Type{UINT32_MAX};

#define X(name, from, to, body, fds)                                                                                   \
    template <>                                                                                                        \
    inline constexpr Type kTypeOf<body> = Type::name;                                                                  \
    static_assert(std::is_trivially_copyable_v<body> && std::has_unique_object_representations_v<body>,                \
                  #body " must be plain data without padding");
#include "lib/imsg/types.def"
#undef X

template <class Body>
concept MessageBody = kTypeOf<Body>
!= Type{UINT32_MAX};

constexpr const TypeDef& type_def(Type type) { return kTypes[static_cast<std::size_t>(type)]; }

constexpr bool may_send(Type type, Proc from, Proc to) {
    const TypeDef& def = type_def(type);
    return (def.from == Proc::any || def.from == from) && (def.to == Proc::any || def.to == to);
}

// A record of the channel is one message or several, one behind the other; only the first may have a descriptor.
// The zeros at the end of a body are not sent.
struct Header {
    std::uint32_t type;
    std::uint32_t length; // header and body, as sent
    std::uint32_t peer_id;
    std::uint32_t pid;
};

inline constexpr std::size_t kMaxBody = [] {
    std::size_t most = 0;
    for (const TypeDef& def : kTypes)
        most = def.size > most ? def.size : most;
    return most;
}();

// How many of these octets are left without the zeros at the end.
std::size_t without_end(Bytes body);

// Judges a message, which may begin a record; nullptr when it is a valid one from `from` to `to`, else why not.
const char* check_message(Bytes record, std::size_t fds, Proc from, Proc to);

// The table's fingerprint: two binaries may talk when theirs are equal.
std::uint64_t layout_hash();

} // namespace lns::imsg
