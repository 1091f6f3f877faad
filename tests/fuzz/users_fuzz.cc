// SPDX-License-Identifier: ISC
// Any text: no crash. Hashes are judged by their form only, so a costly one costs nothing here.
#include <cstdint>
#include <cstdlib>

#include "lib/base/bytes.h"
#include "lib/conf/users.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lns;
    const auto file = conf::parse_users(as_text({data, size}), "fuzz");
    static_cast<void>(file.diagnostics.lines());
    if (file.users.verify("enable", "x") || file.users.contains("")) std::abort();
    return 0;
}
