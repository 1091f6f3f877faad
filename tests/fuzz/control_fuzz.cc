// SPDX-License-Identifier: ISC
// Any datagram: no crash. So that a search gets behind the HMAC, the bytes are also taken as what is
// behind it; what is accepted encodes to the same octets again.
#include <algorithm>
#include <cstdlib>

#include "lib/base/digest.h"
#include "lib/control/packet.h"

namespace {

using namespace lns;

constexpr std::size_t kMacAt = 8;
constexpr std::size_t kMacEnd = kMacAt + sizeof(Sha256Digest);

std::vector<std::uint8_t> sealed(Bytes data, const Secret& secret) {
    std::vector<std::uint8_t> datagram(data.begin(), data.end());
    const Bytes whole(datagram);
    const Sha256Digest mac = hmac_sha256(secret.reveal_octets(), {whole.first(kMacAt), whole.subspan(kMacEnd)});
    std::copy(mac.begin(), mac.end(), datagram.begin() + kMacAt);
    return datagram;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Secret secret("secret");
    static_cast<void>(control::decode_request({data, size}, secret));
    static_cast<void>(control::decode_reply({data, size}, secret));
    if (size < kMacEnd || size > control::kMaxReply) return 0;
    const auto datagram = sealed({data, size}, secret);
    if (const auto reply = control::decode_reply(datagram, secret))
        if (control::encode(*reply, secret) != datagram) std::abort();
    if (const auto request = control::decode_request(datagram, secret)) {
        const auto again = control::encode(*request, secret);
        if (datagram.size() <= control::kMaxRequest && again != datagram) std::abort();
    }
    return 0;
}
