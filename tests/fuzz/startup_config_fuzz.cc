// SPDX-License-Identifier: ISC
// Any text: no crash, and what is accepted is printed in a form that is accepted again.
#include <cstdint>
#include <cstdlib>

#include "lib/base/bytes.h"
#include "lib/conf/startup_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lns;
    const auto parsed = conf::parse_startup_config(as_text({data, size}), "fuzz");
    static_cast<void>(parsed.diagnostics.lines());
    const auto again = conf::parse_startup_config(conf::print(parsed.settings), "printed");
    if (!conf::changed_keys(parsed.settings, again.settings).empty()) std::abort();
    if (parsed.settings.access_lists != again.settings.access_lists) std::abort();
    return 0;
}
