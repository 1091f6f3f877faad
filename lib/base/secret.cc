// SPDX-License-Identifier: ISC
#include "lib/base/secret.h"

#include <cstring>

namespace lns {

void Secret::wipe() {
    explicit_bzero(value_.data(), value_.capacity());
    value_.clear();
}

bool equal_constant_time(Bytes a, Bytes b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= unsigned{a[i]} ^ b[i];
    return difference == 0;
}

} // namespace lns
