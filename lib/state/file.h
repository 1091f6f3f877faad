// SPDX-License-Identifier: ISC
// A state file: records that outlive a boot and a release. Pure: octets and times in, octets out.
//
//   magic, u16 format, schema (lib/state/schema.h),
//   records: u16 kind, u32 length, fields (lib/state/field.cc),
//   u16 0xffff, u32 number of records,
//   SHA-256 of all before.
//
// It is judged as a whole before anything of it is used. What is well-formed but not known here is
// skipped, and unknown() tells it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/sha256.h"
#include "lib/state/field.h"

namespace lns::state {

inline constexpr std::size_t kMaxRecord = 65536;

class Encoder {
public:
    // `sink` takes the octets as they come. `kinds` are those that add() may be given.
    using Sink = std::function<void(Bytes)>;
    Encoder(std::span<const Kind* const> kinds, MonoTime now, Sink sink);

    // False, and nothing written, when the record is larger than kMaxRecord.
    template <class Record>
    bool add(const Record& record) {
        return add(&record, kind_of<Record>());
    }
    void finish();

private:
    bool add(const void* record, const Kind& kind);
    void put(Bytes octets);

    std::vector<const Kind*> kinds_;
    MonoTime now_;
    Sink sink_;
    Sha256 digest_;
    std::uint32_t records_ = 0;
    std::vector<std::uint8_t> buffer_;
};

class Decoder {
public:
    // `file` must outlive the decoder. The error is why the file is refused.
    static Result<Decoder> open(Bytes file, std::span<const Kind* const> kinds);
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;
    ~Decoder();

    // Calls for each record of that type, in the order of the file. `saved_at` is the moment of saving
    // by this boot's clock.
    template <class Record>
    void each(MonoTime saved_at, const std::function<void(const Record&)>& call) const {
        each_of(kind_of<Record>(), [&](const FileKind& kind, Bytes octets) {
            Record record{};
            if (read_fields(&record, kind_of<Record>(), {octets, &kind, saved_at})) call(record);
        });
    }
    // "session.colour": kinds and fields of the file that this release does not have, and, after each(),
    // those with a value it did not understand.
    [[nodiscard]] std::vector<std::string> unknown() const;

private:
    struct Parts;
    explicit Decoder(std::unique_ptr<Parts> parts);
    void each_of(const Kind& kind, const std::function<void(const FileKind&, Bytes)>& call) const;
    std::unique_ptr<Parts> parts_;
};

} // namespace lns::state
