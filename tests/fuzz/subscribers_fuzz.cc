// SPDX-License-Identifier: ISC
// Any text: no crash, and whatever is accepted is within the limits that messages have.
#include <cstdint>
#include <cstdlib>

#include "lib/base/bytes.h"
#include "lib/conf/subscribers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lns;
    const auto file = conf::parse_subscribers(as_text({data, size}), "fuzz");
    static_cast<void>(file.diagnostics.lines());
    for (const auto& [name, subscriber] : file.subscribers) {
        const auto password = subscriber.password.reveal();
        if (name.empty() || name.size() > conf::kMaxSubscriberName) std::abort();
        if (password.empty() || password.size() > conf::kMaxSubscriberPassword) std::abort();
        if (subscriber.routes.size() > conf::kMaxSubscriberRoutes) std::abort();
    }
    return 0;
}
