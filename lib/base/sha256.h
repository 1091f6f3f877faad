// SPDX-License-Identifier: ISC
// SHA-256 of octets that come piece by piece. No heap, no global state.
#pragma once

#include <array>
#include <nettle/sha2.h>

#include "lib/base/bytes.h"

namespace lns {

using Sha256Digest = std::array<std::uint8_t, SHA256_DIGEST_SIZE>;

class Sha256 {
public:
    Sha256() { sha256_init(&context_); }
    void update(Bytes part) { sha256_update(&context_, part.size(), part.data()); }
    // Of all so far; begins anew.
    Sha256Digest digest() {
        Sha256Digest out{};
        sha256_digest(&context_, out.size(), out.data());
        return out;
    }

private:
    sha256_ctx context_{};
};

} // namespace lns
