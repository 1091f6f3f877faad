// SPDX-License-Identifier: ISC
// State files: the input is one without its checksum, which is added, or nothing behind it would be reached.
// What is understood and sound can be written and read again.
#include <cstdlib>

#include "tests/unit/state_samples.h"

namespace {

using namespace lns;
using namespace lns::sessiond;

template <class Record>
void check(const state::Decoder& decoder, bool (*sound)(const Record&)) {
    for (const Record& record : decode_all<Record>(decoder, kSampleTime)) {
        if (!sound(record)) continue;
        const auto octets_of = [](const Record& r) {
            return encode_state(kSampleTime, saved_kinds(), [&r](state::Encoder& e) {
                if (!e.add(r)) abort();
            });
        };
        const StateOctets octets = octets_of(record);
        const auto again = state::Decoder::open(octets, saved_kinds());
        if (!again.ok() || !again->unknown().empty()) abort();
        const auto back = decode_all<Record>(*again, kSampleTime);
        if (back.size() != 1 || octets_of(back[0]) != octets) abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const StateOctets file = seal(StateOctets(data, data + size));
    const auto decoder = state::Decoder::open(file, saved_kinds());
    if (!decoder.ok()) return 0;
    check<SavedTunnel>(*decoder, [](const SavedTunnel& t) {
        if (fault_of(t) != nullptr) return false;
        static_cast<void>(restored(t));
        return true;
    });
    check<SavedSession>(*decoder, [](const SavedSession& s) { return fault_of(s) == nullptr; });
    check<SavedLease>(*decoder, [](const SavedLease&) { return true; });
    check<SavedCounters>(*decoder, [](const SavedCounters&) { return true; });
    return 0;
}
