// SPDX-License-Identifier: ISC
// Control messages put together from AVPs: each type of the table, with any bits and any value, in the clear or hidden
// with the right secret, a wrong one, and any original length. What comes out of a message lies within the limits of
// its fields, and hiding is the inverse of unhiding.
//
// First octet: message type and secret. Then AVPs: row of the table, shape, size, octets of the value.
#include <cstdlib>

#include "lib/l2tp/hiding.h"
#include "lib/l2tp/l2tp.h"

namespace {

using namespace lns;
using namespace lns::l2tp;

const Bytes kSecret = as_octets("secret");
constexpr std::array<std::uint8_t, 5> kVector{1, 2, 3, 4, 5};

void require(bool what) {
    if (!what) std::abort();
}

class Builder {
public:
    explicit Builder(Writer& out) : out_(out) {}

    bool add(Reader& r) {
        std::uint8_t row = 0;
        std::uint8_t shape = 0;
        std::uint16_t size = 0;
        Bytes value;
        if (!r.u8(row) || !r.u8(shape) || !r.u16(size)) return false;
        const AvpDef& def = kAvps[row % kAvps.size()];
        // Half of them of a right size, so that the field itself is reached.
        const std::size_t wanted = (shape & 0x80) != 0 ? def.min : size % 1100;
        if (!r.bytes(std::min(wanted, r.size()), value)) return false;
        const auto type = static_cast<std::uint16_t>(def.type);
        const auto vendor = static_cast<std::uint16_t>((shape & 0x07) == 7 ? 9 : 0);
        const auto flags = static_cast<std::uint16_t>((shape & 0x40) << 9 | ((shape & 0x38) == 0x38 ? 0x0400 : 0));
        if ((shape & 0x20) != 0)
            hidden(flags, vendor, type, value, shape & 0x18, size);
        else
            plain(flags, vendor, type, value);
        return out_.ok();
    }
    void random_vector() { AvpWriter(out_).octets(AvpType::RandomVector, kVector); }

private:
    void plain(std::uint16_t flags, std::uint16_t vendor, std::uint16_t type, Bytes value) {
        header(flags, vendor, type, value.size());
        out_.bytes(value);
    }
    // 0: as the RFC has it; 0x08: with padding; 0x10: with another secret; 0x18: an original length that lies.
    void hidden(std::uint16_t flags, std::uint16_t vendor, std::uint16_t type, Bytes value, int how,
                std::uint16_t lie) {
        std::array<std::uint8_t, 1200> room{};
        Writer w(room);
        const Bytes padding = how == 0x08 ? Bytes(kVector) : Bytes{};
        require(hide(w, how == 0x10 ? as_octets("another") : kSecret, type, kVector, value, padding));
        std::array<std::uint8_t, 1200> copy{};
        const auto back = unhide(how == 0x10 ? as_octets("another") : kSecret, type, kVector, w.written(), copy);
        require(back.ok() && std::equal(back->begin(), back->end(), value.begin(), value.end()));
        if (how == 0x18) { // the first block is xored: so the length can be set without knowing the pad
            const auto wrong = static_cast<std::uint16_t>(value.size() ^ lie);
            w.written_mutable()[0] ^= static_cast<std::uint8_t>(wrong >> 8);
            w.written_mutable()[1] ^= static_cast<std::uint8_t>(wrong);
        }
        header(static_cast<std::uint16_t>(flags | 0x4000), vendor, type, w.size());
        out_.bytes(w.written());
    }
    void header(std::uint16_t flags, std::uint16_t vendor, std::uint16_t type, std::size_t size) {
        out_.u16(static_cast<std::uint16_t>(flags | ((size + kAvpHeaderSize) & 0x3ff)));
        out_.u16(vendor);
        out_.u16(type);
    }
    Writer& out_;
};

void check(const Message& m) {
    const MessageDef* def = find_message(static_cast<std::uint16_t>(m.type));
    require(m.known == (def != nullptr));
    require(m.challenge.size() <= kMaxAvpValue);
    if (!m.fault && def != nullptr) require((def->required & ~m.present) == 0);
    if (m.fault) require(!error_message(m.fault.cause).empty());
    require(classify(m) < CallEvent::kCount);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Reader r(Bytes(data, size));
    std::uint8_t first = 0;
    if (!r.u8(first)) return 0;
    std::vector<std::uint8_t> room(16384);
    Writer w(room);
    AvpWriter(w).u16(AvpType::MessageType, first & 0x1f);
    Builder builder(w);
    if ((first & 0x20) == 0) builder.random_vector();
    while (builder.add(r)) {
    }
    const std::vector<std::uint8_t> payload(w.written().begin(),
                                            w.written().end()); // of its own size, for the sanitizer
    Message m;
    if (decode_message(payload, (first & 0x40) != 0 ? Bytes{} : kSecret, m) == WireError::none && !m.zlb) check(m);
    return 0;
}
