// SPDX-License-Identifier: ISC
// Any text: no crash, and the numbering of addresses is its own inverse at both ends of every prefix.
#include <cstdint>
#include <cstdlib>

#include "lib/base/bytes.h"
#include "lib/conf/ip_pool.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lns;
    const auto pool = conf::parse_ip_pool(as_text({data, size}), "fuzz");
    static_cast<void>(pool.diagnostics.lines());
    for (const Prefix4& prefix : pool.plan.prefixes())
        for (const Ipv4 address : {prefix.address, Ipv4{prefix.address.value | 1}, prefix.last()})
            if (const auto index = pool.plan.index_of(address))
                if (*index >= pool.plan.size() || pool.plan.nth(*index) != address) std::abort();
    return 0;
}
