// SPDX-License-Identifier: ISC
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "lib/conf/key_table.h"

namespace lns::conf {

namespace {

// How many characters must be put in, left out or replaced to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({row[k] + 1, row[k - 1] + 1, replaced});
        }
    }
    return row.back();
}

} // namespace

const ConfigKey* similar_key(std::string_view name) {
    constexpr std::size_t kLongest = 64; // a longer one is no slip of the fingers
    if (name.size() > kLongest) return nullptr;
    const ConfigKey* nearest = nullptr;
    std::size_t least = std::max<std::size_t>(name.size() / 4, 1) + 1;
    for (const ConfigKey& key : config_keys())
        if (const std::size_t d = distance(name, key.name); d < least) {
            least = d;
            nearest = &key;
        }
    return nearest;
}

} // namespace lns::conf
