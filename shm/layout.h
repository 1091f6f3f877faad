// SPDX-License-Identifier: ISC
// Fingerprint of a record's layout, so that two binaries share a table only when they agree on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace lns::shm {

struct Field {
    std::string_view name;
    std::size_t offset;
    std::size_t size;
};

#define LNS_FIELD(Record, name)                                                                                        \
    ::lns::shm::Field { #name, offsetof(Record, name), sizeof(Record::name) }

// FNV-1a over names, offsets and sizes. 0 when the list is out of order or leaves more than alignment
// explains: a field was forgotten.
consteval std::uint64_t layout_hash(std::size_t record_size, std::initializer_list<Field> fields) {
    std::uint64_t hash = 0xcbf29ce484222325;
    std::size_t end = 0;
    for (const Field& field : fields) {
        if (field.offset < end || field.offset - end >= 8) return 0;
        end = field.offset + field.size;
        for (const char c : field.name)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        hash = (hash ^ field.offset) * 0x100000001b3;
        hash = (hash ^ field.size) * 0x100000001b3;
    }
    return record_size - end < 8 ? (hash ^ record_size) * 0x100000001b3 : 0;
}

} // namespace lns::shm
