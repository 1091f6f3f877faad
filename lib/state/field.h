// SPDX-License-Identifier: ISC
// What of a record goes into a state file: one row a field, from which writing and reading both follow, so
// that they cannot differ. A field is known by its name: that is what another release looks for, and a
// member that is renamed keeps its old name here.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/inet.h"
#include "lib/base/text.h"

namespace lns::state {

// How a value is written. In a file: never change one. Of each an empty value is zero, unset, nothing.
enum class Type : std::uint8_t {
    number = 1, // as few octets as it needs, so that it fits a wider or narrower member of another release
    octets = 2,
    time = 3,   // nanoseconds from the moment of saving, signed
    record = 4, // the fields of another kind
    list = 5,   // records of that kind, each with its length
};

struct Kind;
struct FileKind;

struct Out {
    Writer& w;
    MonoTime saved_at;
};
struct Value {
    Bytes octets;
    const FileKind* kind = nullptr; // of record and list: how the file has it
    MonoTime saved_at{};            // the moment of saving by this boot's clock
};

struct Field {
    std::string_view name;
    std::size_t offset = 0;
    std::size_t size = 0;
    std::size_t alignment = 1;
    Type type{};
    const Kind& (*kind)() = nullptr;                             // of record and list
    void (*write)(const void* record, const Out& out) = nullptr; // nullptr: the member is not saved
    bool (*read)(void* record, const Value& value) = nullptr;    // false, and nothing changed: not understood
};

struct Kind {
    std::string_view name;
    std::span<const Field> fields;
};

// The table of a record type; specialised beside the table.
template <class Record>
const Kind& kind_of();

// The last enumerator of an enum: a larger number is not understood, and never becomes a value.
template <class E>
inline constexpr E kLast = static_cast<E>(static_cast<unsigned>(E::kCount) - 1);

void write_number(Writer& w, std::uint64_t value);
[[nodiscard]] bool read_number(Bytes octets, std::uint64_t& value);
void write_time(Writer& w, MonoTime time, MonoTime saved_at);
[[nodiscard]] bool read_time(Bytes octets, MonoTime saved_at, MonoTime& time);

// The fields of a record, and a list of records, as they stand in a file.
void write_fields(const void* record, const Kind& kind, const Out& out);
[[nodiscard]] bool read_fields(void* record, const Kind& kind, const Value& value);
void write_item(const void* record, const Kind& kind, const Out& out);
[[nodiscard]] bool next_item(Reader& list, Bytes& item);

template <class M>
struct Codec { // a record of its own
    static constexpr Type kType = Type::record;
    static const Kind& kind() { return kind_of<M>(); }
    static void write(const M& m, const Out& out) { write_fields(&m, kind(), out); }
    static bool read(M& m, const Value& v) {
        M fresh{};
        if (!read_fields(&fresh, kind(), v)) return false;
        m = fresh;
        return true;
    }
};

template <class M>
requires std::integral<M> || std::is_enum_v<M>
struct Codec<M> {
    static constexpr Type kType = Type::number;
    static constexpr std::uint64_t limit() {
        if constexpr (std::is_enum_v<M>)
            return static_cast<std::uint64_t>(kLast<M>);
        else if constexpr (std::is_signed_v<M>)
            return std::numeric_limits<std::uint64_t>::max(); // two's complement
        else
            return std::numeric_limits<M>::max();
    }
    static void write(M m, const Out& out) { write_number(out.w, static_cast<std::uint64_t>(m)); }
    static bool read(M& m, const Value& v) {
        std::uint64_t number = 0;
        if (!read_number(v.octets, number) || number > limit()) return false;
        m = static_cast<M>(number);
        return true;
    }
    static_assert(!std::is_integral_v<M> || !std::is_signed_v<M> || sizeof(M) == 8);
};

template <>
struct Codec<Ipv4> {
    static constexpr Type kType = Type::number;
    static void write(Ipv4 m, const Out& out) { write_number(out.w, m.value); }
    static bool read(Ipv4& m, const Value& v) { return Codec<std::uint32_t>::read(m.value, v); }
};

template <>
struct Codec<MonoTime> {
    static constexpr Type kType = Type::time;
    static void write(MonoTime m, const Out& out) { write_time(out.w, m, out.saved_at); }
    static bool read(MonoTime& m, const Value& v) { return read_time(v.octets, v.saved_at, m); }
};

template <std::size_t N>
struct Codec<FixedText<N>> {
    static constexpr Type kType = Type::octets;
    static void write(const FixedText<N>& m, const Out& out) { out.w.bytes(m.bytes()); }
    static bool read(FixedText<N>& m, const Value& v) {
        if (v.octets.size() > N) return false; // half a name would be another one
        m.assign(v.octets);
        return true;
    }
};

// Keys and the like: whole, or not at all.
template <std::size_t N>
struct Codec<std::array<std::uint8_t, N>> {
    static constexpr Type kType = Type::octets;
    static void write(const std::array<std::uint8_t, N>& m, const Out& out) {
        if (m != std::array<std::uint8_t, N>{}) out.w.bytes(m);
    }
    static bool read(std::array<std::uint8_t, N>& m, const Value& v) {
        if (!v.octets.empty() && v.octets.size() != N) return false;
        m = {};
        std::copy(v.octets.begin(), v.octets.end(), m.begin());
        return true;
    }
};

template <std::size_t N>
struct Codec<std::array<Ipv4, N>> {
    static constexpr Type kType = Type::octets;
    static void write(const std::array<Ipv4, N>& m, const Out& out) {
        if (m == std::array<Ipv4, N>{}) return;
        for (const Ipv4 address : m)
            out.w.u32(address.value);
    }
    static bool read(std::array<Ipv4, N>& m, const Value& v) {
        if (!v.octets.empty() && v.octets.size() != N * 4) return false;
        m = {};
        Reader reader(v.octets);
        for (Ipv4& address : m)
            if (!reader.done() && !reader.u32(address.value)) return false;
        return true;
    }
};

template <class M>
struct Codec<std::vector<M>> {
    static constexpr Type kType = Type::list;
    static const Kind& kind() { return kind_of<M>(); }
    static void write(const std::vector<M>& m, const Out& out) {
        for (const M& item : m)
            write_item(&item, kind(), out);
    }
    static bool read(std::vector<M>& m, const Value& v) {
        std::vector<M> fresh;
        Reader reader(v.octets);
        Bytes item;
        while (next_item(reader, item))
            if (!read_fields(&fresh.emplace_back(), kind(), {item, v.kind, v.saved_at})) return false;
        if (!reader.done()) return false;
        m = std::move(fresh);
        return true;
    }
};

template <class R, class M>
R record_type(M R::*);
template <class R, class M>
M member_type(M R::*);

template <auto Member>
constexpr Field saved(std::string_view name, std::size_t offset) {
    using R = decltype(record_type(Member));
    using M = decltype(member_type(Member));
    Field field{name, offset, sizeof(M), alignof(M), Codec<M>::kType};
    if constexpr (Codec<M>::kType == Type::record || Codec<M>::kType == Type::list) field.kind = Codec<M>::kind;
    field.write = [](const void* record, const Out& out) {
        Codec<M>::write(static_cast<const R*>(record)->*Member, out);
    };
    field.read = [](void* record, const Value& value) {
        return Codec<M>::read(static_cast<R*>(record)->*Member, value);
    };
    return field;
}

#define LNS_SAVED(Record, member) ::lns::state::saved<&Record::member>(#member, offsetof(Record, member))
#define LNS_NOT_SAVED(Record, member)                                                                                  \
    ::lns::state::Field { #member, offsetof(Record, member), sizeof(Record::member), alignof(decltype(Record::member)) }

// Whether the rows name every member, in order: nothing but alignment lies between them.
template <class Record>
consteval bool covers(std::span<const Field> fields) {
    const auto aligned = [](std::size_t at, std::size_t to) { return (at + to - 1) / to * to; };
    std::size_t end = 0;
    for (const Field& field : fields) {
        if (field.offset != aligned(end, field.alignment)) return false;
        end = field.offset + field.size;
    }
    return sizeof(Record) == aligned(end, alignof(Record));
}

} // namespace lns::state
