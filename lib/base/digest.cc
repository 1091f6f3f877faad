// SPDX-License-Identifier: ISC
#include "lib/base/digest.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>

namespace lns {

Md5Digest md5(std::initializer_list<Bytes> parts) {
    md5_ctx context{};
    md5_init(&context);
    for (const Bytes part : parts)
        md5_update(&context, part.size(), part.data());
    Md5Digest out{};
    md5_digest(&context, out.size(), out.data());
    return out;
}

Md5Digest hmac_md5(Bytes key, std::initializer_list<Bytes> parts) {
    hmac_md5_ctx context{};
    hmac_md5_set_key(&context, key.size(), key.data());
    for (const Bytes part : parts)
        hmac_md5_update(&context, part.size(), part.data());
    Md5Digest out{};
    hmac_md5_digest(&context, out.size(), out.data());
    return out;
}

Sha256Digest hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
    hmac_sha256_ctx context{};
    hmac_sha256_set_key(&context, key.size(), key.data());
    for (const Bytes part : parts)
        hmac_sha256_update(&context, part.size(), part.data());
    Sha256Digest out{};
    hmac_sha256_digest(&context, out.size(), out.data());
    return out;
}

} // namespace lns
