// SPDX-License-Identifier: ISC
#include "lib/state/file.h"

#include <algorithm>

#include "lib/state/schema.h"

namespace lns::state {

namespace {

// As in PNG: a transfer that changes line ends, or keeps seven bits, is noticed at once.
constexpr std::array<std::uint8_t, 12> kMagic{0x89, 'l', '2', 't', 'p', 'n', 's', '\r', '\n', 0x1a, '\n', 0};
constexpr std::uint16_t kFormat = 1;
constexpr std::uint16_t kEnd = 0xffff;
constexpr std::size_t kRecordHeader = 6;
constexpr std::size_t kDigest = std::tuple_size_v<Sha256Digest>;

} // namespace

Encoder::Encoder(std::span<const Kind* const> kinds, MonoTime now, Sink sink)
    : kinds_(all_kinds(kinds)), now_(now), sink_(std::move(sink)), buffer_(kRecordHeader + kMaxRecord) {
    Writer w(buffer_);
    w.bytes(kMagic);
    w.u16(kFormat);
    write_schema(w, kinds_);
    put(w.written());
}

void Encoder::put(Bytes octets) {
    digest_.update(octets);
    sink_(octets);
}

bool Encoder::add(const void* record, const Kind& kind) {
    Writer header(std::span<std::uint8_t>(buffer_).first(kRecordHeader));
    Writer body(std::span<std::uint8_t>(buffer_).subspan(kRecordHeader, kMaxRecord - 1)); // a length fits 16 bits
    write_fields(record, kind, {body, now_});
    if (!body.ok()) return false;
    header.u16(static_cast<std::uint16_t>(std::ranges::find(kinds_, &kind) - kinds_.begin()));
    header.u32(static_cast<std::uint32_t>(body.size()));
    put(Bytes(buffer_).first(kRecordHeader + body.size()));
    ++records_;
    return true;
}

void Encoder::finish() {
    Writer w(buffer_);
    w.u16(kEnd);
    w.u32(records_);
    put(w.written());
    sink_(digest_.digest());
}

struct Decoder::Parts {
    Schema schema;
    Bytes records;
};

Decoder::Decoder(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

namespace {

// Takes the records up to the end mark; false when one is not well-formed.
bool check_records(Reader& reader, const Schema& schema) {
    std::uint32_t found = 0;
    for (;; ++found) {
        std::uint16_t kind = 0;
        std::uint32_t length = 0;
        if (!reader.u16(kind) || !reader.u32(length)) return false;
        if (kind == kEnd) return length == found;
        Bytes record;
        if (kind >= schema.size() || !reader.bytes(length, record) || !well_formed(schema[kind], record)) return false;
    }
}

} // namespace

Result<Decoder> Decoder::open(Bytes file, std::span<const Kind* const> kinds) {
    if (file.size() < kMagic.size() || !std::ranges::equal(file.first(kMagic.size()), kMagic))
        return failure("it is not a state file of l2tpns");
    if (file.size() < kMagic.size() + sizeof kFormat + kDigest) return failure("it is cut short");
    Sha256 digest;
    digest.update(file.first(file.size() - kDigest));
    if (!std::ranges::equal(digest.digest(), file.last(kDigest)))
        return failure("its checksum is wrong: it is damaged or cut short");
    Reader reader(file.first(file.size() - kDigest).subspan(kMagic.size()));
    std::uint16_t format = 0;
    if (!reader.u16(format) || format != kFormat)
        return failure("it has format " + std::to_string(format) + ", which this release does not know");
    const std::vector<const Kind*> ours = all_kinds(kinds);
    auto schema = read_schema(reader, ours);
    if (!schema) return Failure<Error>{schema.error()};
    const Bytes records = reader.rest();
    if (!check_records(reader, *schema) || !reader.done()) return failure("its records are not well-formed");
    return Decoder(std::make_unique<Parts>(Parts{std::move(*schema), records}));
}

void Decoder::each_of(const Kind& kind, const std::function<void(const FileKind&, Bytes)>& call) const {
    Reader reader(parts_->records);
    std::uint16_t number = 0;
    std::uint32_t length = 0;
    Bytes record;
    while (reader.u16(number) && reader.u32(length) && number != kEnd && reader.bytes(length, record)) {
        const FileKind& theirs = parts_->schema[number];
        if (theirs.ours == &kind) call(theirs, record);
    }
}

std::vector<std::string> Decoder::unknown() const {
    std::vector<std::string> names;
    for (const FileKind& kind : parts_->schema) {
        if (kind.ours == nullptr) {
            names.push_back(kind.name);
            continue;
        }
        for (const FileField& field : kind.fields)
            if (field.ours == nullptr || field.refused) names.push_back(kind.name + "." + field.name);
    }
    return names;
}

} // namespace lns::state
