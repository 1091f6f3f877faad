// SPDX-License-Identifier: ISC
#include "lib/state/field.h"

#include "lib/state/schema.h"

namespace lns::state {

namespace {

constexpr unsigned kMaxOctets = 8;
// A moment farther away than this is none that a timer could have.
constexpr std::chrono::hours kFarthest{20 * 365 * 24};

} // namespace

void write_number(Writer& w, std::uint64_t value) {
    unsigned octets = kMaxOctets;
    while (octets > 0 && value >> (octets - 1) * 8 == 0)
        --octets;
    while (octets-- > 0)
        w.u8(static_cast<std::uint8_t>(value >> octets * 8));
}

bool read_number(Bytes octets, std::uint64_t& value) {
    if (octets.size() > kMaxOctets) return false;
    value = 0;
    for (const std::uint8_t octet : octets)
        value = value << 8 | octet;
    return true;
}

void write_time(Writer& w, MonoTime time, MonoTime saved_at) {
    if (time == MonoTime{}) return;
    if (time == kNever) return w.u64(std::numeric_limits<std::int64_t>::max());
    const std::chrono::nanoseconds distance = time - saved_at;
    w.u64(static_cast<std::uint64_t>(distance.count()));
}

bool read_time(Bytes octets, MonoTime saved_at, MonoTime& time) {
    if (octets.empty()) {
        time = {};
        return true;
    }
    Reader reader(octets);
    std::uint64_t number = 0;
    if (!reader.u64(number) || !reader.done()) return false;
    const std::chrono::nanoseconds distance(static_cast<std::int64_t>(number));
    if (distance == std::chrono::nanoseconds::max()) {
        time = kNever;
        return true;
    }
    if (distance > kFarthest || distance < -kFarthest) return false;
    time = saved_at + distance;
    if (time == MonoTime{}) time += Clock::duration(1); // that value means "not set"
    return true;
}

// A field: number of its row in the schema, length, value. What is empty is left out.
void write_fields(const void* record, const Kind& kind, const Out& out) {
    std::uint16_t number = 0;
    for (const Field& field : kind.fields) {
        if (field.write == nullptr) continue;
        const Writer before = out.w;
        out.w.u16(number++);
        out.w.u16(0);
        field.write(record, out);
        if (!out.w.ok()) return;
        const std::size_t length = out.w.size() - before.size() - 4;
        if (length == 0)
            out.w = before;
        else
            out.w.patch_u16(before.size() + 2, static_cast<std::uint16_t>(length));
    }
}

bool read_fields(void* record, const Kind& kind, const Value& value) {
    const FileKind& theirs = *value.kind;
    if (theirs.ours != &kind) return false;
    for (const FileField& field : theirs.fields) // left out: empty, whatever a fresh record of ours has there
        if (field.ours != nullptr) [[maybe_unused]]
            const bool understood = field.ours->read(record, {{}, field.kind, value.saved_at});
    Reader reader(value.octets);
    while (!reader.done()) {
        std::uint16_t number = 0;
        std::uint16_t length = 0;
        Bytes octets;
        if (!reader.u16(number) || !reader.u16(length) || !reader.bytes(length, octets)) return false;
        if (number >= theirs.fields.size()) return false;
        const FileField& field = theirs.fields[number];
        if (field.ours != nullptr && !field.ours->read(record, {octets, field.kind, value.saved_at}))
            field.refused = true;
    }
    return true;
}

void write_item(const void* record, const Kind& kind, const Out& out) {
    const std::size_t start = out.w.size();
    out.w.u16(0);
    write_fields(record, kind, out);
    if (out.w.ok()) out.w.patch_u16(start, static_cast<std::uint16_t>(out.w.size() - start - 2));
}

bool next_item(Reader& list, Bytes& item) {
    std::uint16_t length = 0;
    return list.u16(length) && list.bytes(length, item);
}

} // namespace lns::state
