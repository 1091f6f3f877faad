// SPDX-License-Identifier: ISC
// One AVP, RFC 2661 4.1: taken from a message, or appended to one.
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/l2tp/avp_table.h"
#include "lib/l2tp/wire_error.h"

namespace lns::l2tp {

struct Avp {
    bool mandatory = false;
    bool hidden = false;
    bool reserved = false; // a reserved bit is set: 4.1 has it treated as unrecognized
    std::uint16_t vendor = 0;
    std::uint16_t type = 0;
    Bytes value{}; // still hidden when `hidden`

    // The row of an AVP this library knows, else nullptr.
    [[nodiscard]] const AvpDef* def() const { return reserved || vendor != 0 ? nullptr : find_avp(type); }
};

// The next AVP of a message. Anything but none means the rest of the message cannot be read.
[[nodiscard]] WireError next_avp(Reader& message, Avp& avp);

// Appends AVPs with the M bit of the table. What does not fit shows in Writer::ok().
class AvpWriter {
public:
    explicit AvpWriter(Writer& out) : out_(out) {}

    void u16(AvpType type, std::uint16_t value);
    void u32(AvpType type, std::uint32_t value);
    void text(AvpType type, std::string_view value) { octets(type, as_octets(value)); }
    void octets(AvpType type, Bytes value);
    void empty(AvpType type) { octets(type, {}); }
    // With the H bit; a Random Vector AVP with `random_vector` must have gone before.
    void hidden(AvpType type, Bytes value, Bytes secret, Bytes random_vector, Bytes padding);
    // Any bits, vendor and type.
    void raw_avp(bool mandatory, std::uint16_t vendor, std::uint16_t type, Bytes value);

private:
    // Writes the header with Length 0; end() patches it.
    std::size_t begin(std::uint16_t flags, std::uint16_t vendor, std::uint16_t type);
    void end(std::size_t begin, std::uint16_t flags);
    Writer& out_;
};

} // namespace lns::l2tp
