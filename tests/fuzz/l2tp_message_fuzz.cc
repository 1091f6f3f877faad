// SPDX-License-Identifier: ISC
// The AVPs of any control message, with and without a secret for hidden ones. The first octet chooses.
#include <cstdlib>

#include "lib/l2tp/l2tp.h"

namespace {

using namespace lns;
using namespace lns::l2tp;

void require(bool what) {
    if (!what) std::abort();
}

void check(const Message& m) {
    if (m.zlb) return;
    const MessageDef* def = find_message(static_cast<std::uint16_t>(m.type));
    require(m.known == (def != nullptr));
    require(m.challenge.size() <= kMaxAvpValue);
    if (m.fault) {
        require(m.fault.cause.result == 2 && m.fault.cause.reason != Reason::none);
        require(!error_message(m.fault.cause).empty());
    } else if (def != nullptr) {
        require((def->required & ~m.present) == 0);
    }
    if (def != nullptr) require((m.present & ~(def->required | def->allowed | avp_bit(AvpType::MessageType))) == 0);
    require((m.ignored != 0) == (m.ignored_as != WireError::none));
    require(classify(m) < CallEvent::kCount);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 65507) return 0;
    const Bytes secret = (data[0] & 1) != 0 ? as_octets("secret") : Bytes{};
    Message m;
    if (decode_message(Bytes(data + 1, size - 1), secret, m) == WireError::none) check(m);
    return 0;
}
