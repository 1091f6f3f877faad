// SPDX-License-Identifier: ISC
// Hiding of AVP values with the tunnel's secret, RFC 2661 4.3.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/l2tp/wire_error.h"

namespace lns::l2tp {

// The value of AVP `attribute` as it goes on the wire: two octets of original length, the value, and
// `padding` octets (of any content), encrypted. False when `out` has no room.
[[nodiscard]] bool hide(Writer& out, Bytes secret, std::uint16_t attribute, Bytes random_vector, Bytes value,
                        Bytes padding);

// Decrypts into `scratch` and returns the original value, a view of it. A secret that is not the
// peer's shows as an original length beyond the AVP, most of the time.
[[nodiscard]] Result<Bytes, WireError> unhide(Bytes secret, std::uint16_t attribute, Bytes random_vector, Bytes hidden,
                                              std::span<std::uint8_t> scratch);

} // namespace lns::l2tp
