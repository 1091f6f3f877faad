// SPDX-License-Identifier: ISC
#include "lib/l2tp/hiding.h"

#include <algorithm>

#include "lib/base/digest.h"

namespace lns::l2tp {
namespace {

constexpr std::size_t kBlock = 16;

Md5Digest first_pad(Bytes secret, std::uint16_t attribute, Bytes random_vector) {
    const std::array<std::uint8_t, 2> type{static_cast<std::uint8_t>(attribute >> 8),
                                           static_cast<std::uint8_t>(attribute)};
    return md5({type, secret, random_vector});
}

void xor_with(std::span<std::uint8_t> block, const Md5Digest& pad) {
    for (std::size_t i = 0; i < block.size(); ++i)
        block[i] ^= pad[i];
}

} // namespace

bool hide(Writer& out, Bytes secret, std::uint16_t attribute, Bytes random_vector, Bytes value, Bytes padding) {
    const std::size_t begin = out.size();
    out.u16(static_cast<std::uint16_t>(value.size()));
    out.bytes(value);
    out.bytes(padding);
    if (!out.ok()) return false;
    auto rest = out.written_mutable().subspan(begin);
    for (Md5Digest pad = first_pad(secret, attribute, random_vector); !rest.empty();) {
        const auto block = rest.first(std::min(kBlock, rest.size()));
        xor_with(block, pad);
        rest = rest.subspan(block.size());
        pad = md5({secret, block}); // the next pad depends on this block as sent
    }
    return true;
}

Result<Bytes, WireError> unhide(Bytes secret, std::uint16_t attribute, Bytes random_vector, Bytes hidden,
                                std::span<std::uint8_t> scratch) {
    if (hidden.size() < 2 || hidden.size() > scratch.size()) return Failure{WireError::hidden_length};
    Md5Digest pad = first_pad(secret, attribute, random_vector);
    for (std::size_t at = 0; at < hidden.size(); at += kBlock) {
        const Bytes block = hidden.subspan(at, std::min(kBlock, hidden.size() - at));
        const auto plain = scratch.subspan(at, block.size());
        std::copy(block.begin(), block.end(), plain.begin());
        xor_with(plain, pad);
        pad = md5({secret, block});
    }
    Reader r(scratch.first(hidden.size()));
    std::uint16_t length = 0;
    Bytes value;
    if (!r.u16(length) || !r.bytes(length, value)) return Failure{WireError::hidden_length};
    return value;
}

} // namespace lns::l2tp
