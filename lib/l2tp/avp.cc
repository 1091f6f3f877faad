// SPDX-License-Identifier: ISC
#include "lib/l2tp/avp.h"

#include "lib/l2tp/hiding.h"

namespace lns::l2tp {
namespace {

constexpr std::uint16_t kMandatory = 0x8000;
constexpr std::uint16_t kHidden = 0x4000;
constexpr std::uint16_t kReserved = 0x3c00;
constexpr std::uint16_t kLength = 0x03ff;

std::uint16_t flags_of(AvpType type) {
    const AvpDef* def = find_avp(static_cast<std::uint16_t>(type));
    return def != nullptr && def->mandatory ? kMandatory : 0;
}

} // namespace

WireError next_avp(Reader& message, Avp& avp) {
    Reader r = message;
    std::uint16_t first = 0;
    if (!r.u16(first) || !r.u16(avp.vendor) || !r.u16(avp.type)) return WireError::avp_long;
    const std::size_t length = first & kLength;
    if (length < kAvpHeaderSize) return WireError::avp_short;
    if (!r.bytes(length - kAvpHeaderSize, avp.value)) return WireError::avp_long;
    avp.mandatory = (first & kMandatory) != 0;
    avp.hidden = (first & kHidden) != 0;
    avp.reserved = (first & kReserved) != 0;
    message = r;
    return WireError::none;
}

std::size_t AvpWriter::begin(std::uint16_t flags, std::uint16_t vendor, std::uint16_t type) {
    const std::size_t at = out_.size();
    out_.u16(flags);
    out_.u16(vendor);
    out_.u16(type);
    return at;
}

void AvpWriter::end(std::size_t begin, std::uint16_t flags) {
    const std::size_t length = out_.size() - begin;
    // A value above the ten bits of Length is the caller's mistake: it must not become a short AVP.
    if (length > kLength)
        out_.patch_u16(out_.size(), 0);
    else
        out_.patch_u16(begin, static_cast<std::uint16_t>(flags | length));
}

void AvpWriter::raw_avp(bool mandatory, std::uint16_t vendor, std::uint16_t type, Bytes value) {
    const std::uint16_t flags = mandatory ? kMandatory : 0;
    const std::size_t at = begin(flags, vendor, type);
    out_.bytes(value);
    end(at, flags);
}

void AvpWriter::u16(AvpType type, std::uint16_t value) {
    const std::size_t at = begin(flags_of(type), 0, static_cast<std::uint16_t>(type));
    out_.u16(value);
    end(at, flags_of(type));
}

void AvpWriter::u32(AvpType type, std::uint32_t value) {
    const std::size_t at = begin(flags_of(type), 0, static_cast<std::uint16_t>(type));
    out_.u32(value);
    end(at, flags_of(type));
}

void AvpWriter::octets(AvpType type, Bytes value) {
    raw_avp(flags_of(type) != 0, 0, static_cast<std::uint16_t>(type), value);
}

void AvpWriter::hidden(AvpType type, Bytes value, Bytes secret, Bytes random_vector, Bytes padding) {
    const auto attribute = static_cast<std::uint16_t>(type);
    const std::uint16_t flags = flags_of(type) | kHidden;
    const std::size_t at = begin(flags, 0, attribute);
    if (hide(out_, secret, attribute, random_vector, value, padding)) end(at, flags);
}

} // namespace lns::l2tp
