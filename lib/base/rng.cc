// SPDX-License-Identifier: ISC
#include "lib/base/rng.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sys/random.h>

namespace lns {

void SystemRng::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        if (used_ == pool_.size()) {
            ssize_t n = 0;
            do {
                n = getrandom(pool_.data(), pool_.size(), 0);
            } while (n < 0 && errno == EINTR);
            // Reads of up to 256 bytes are never short once the pool is initialised, see getrandom(2).
            if (n != static_cast<ssize_t>(pool_.size())) abort();
            used_ = 0;
        }
        const std::size_t n = std::min(out.size(), pool_.size() - used_);
        const auto from = std::span(pool_).subspan(used_, n);
        std::copy(from.begin(), from.end(), out.begin());
        std::fill(from.begin(), from.end(), std::uint8_t{0}); // what was handed out is not kept
        used_ += n;
        out = out.subspan(n);
    }
}

void SeededRng::fill(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t z = state_;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        z ^= z >> 31;
        for (int i = 0; i < 8 && !out.empty(); ++i) {
            out[0] = static_cast<std::uint8_t>(z >> (8 * i));
            out = out.subspan(1);
        }
    }
}

} // namespace lns
