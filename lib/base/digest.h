// SPDX-License-Identifier: ISC
// MD5 and HMAC-MD5 as L2TP (RFC 2661 4.2, 4.3), CHAP (RFC 1994) and RADIUS (RFC 2865, 3579) need
// them; HMAC-SHA256 for what is our own. No heap, no global state.
#pragma once

#include <array>
#include <initializer_list>

#include "lib/base/bytes.h"

namespace lns {

using Md5Digest = std::array<std::uint8_t, 16>;
using Sha256Digest = std::array<std::uint8_t, 32>;

// The digest of the parts, one after the other.
Md5Digest md5(std::initializer_list<Bytes> parts);
Md5Digest hmac_md5(Bytes key, std::initializer_list<Bytes> parts);
Sha256Digest hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);

} // namespace lns
