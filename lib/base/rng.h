// SPDX-License-Identifier: ISC
// Random numbers are passed in, so that protocol cores stay deterministic in tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lns {

class Rng {
public:
    virtual ~Rng() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    std::uint16_t u16() {
        std::array<std::uint8_t, 2> b{};
        fill(b);
        return static_cast<std::uint16_t>(b[0] << 8 | b[1]);
    }
    std::uint32_t u32() { return std::uint32_t{u16()} << 16 | u16(); }
    std::uint64_t u64() { return std::uint64_t{u32()} << 32 | u32(); }
    // Uniform in [0, bound); bound > 0.
    std::uint32_t below(std::uint32_t bound) {
        const std::uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
        for (;;) {
            const std::uint32_t v = u32();
            if (v < limit) return v % bound;
        }
    }
};

// The kernel's generator, read in blocks. Ends the process if the kernel has none.
class SystemRng final : public Rng {
public:
    void fill(std::span<std::uint8_t> out) override;

private:
    std::array<std::uint8_t, 256> pool_{};
    std::size_t used_ = 256;
};

// Repeatable (splitmix64): for tests and simulations only.
class SeededRng final : public Rng {
public:
    explicit SeededRng(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::uint8_t> out) override;

private:
    std::uint64_t state_;
};

} // namespace lns
