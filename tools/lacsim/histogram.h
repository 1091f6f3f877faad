// SPDX-License-Identifier: ISC
// Percentiles of times without keeping the samples: buckets a 64th of their value wide (error below 1.6 %).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace lns::lacsim {

class Histogram {
public:
    void add(std::chrono::nanoseconds t) {
        const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(t.count(), 0));
        ++buckets_[index(ns)];
        ++count_;
        max_ = std::max(max_, ns);
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] double max_ms() const { return static_cast<double>(max_) / 1e6; }
    // The value below which `part` (0..1) of the samples are, in ms; 0 without samples.
    [[nodiscard]] double percentile_ms(double part) const {
        const auto rank = static_cast<std::uint64_t>(part * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen > rank || (seen == count_ && count_ > 0))
                return static_cast<double>(std::min(upper(i), max_)) / 1e6;
        }
        return 0;
    }

private:
    static constexpr unsigned kSubBits = 6;
    static constexpr std::size_t kSub = std::size_t{1} << kSubBits;

    static std::size_t index(std::uint64_t v) {
        if (v < kSub) return static_cast<std::size_t>(v);
        const auto shift = static_cast<unsigned>(std::bit_width(v)) - kSubBits - 1;
        return (shift + 1) * kSub + static_cast<std::size_t>((v >> shift) - kSub);
    }
    static std::uint64_t upper(std::size_t i) { // the largest value of a bucket
        if (i < kSub) return i;
        const auto shift = static_cast<unsigned>(i / kSub) - 1;
        return ((i % kSub + kSub + 1) << shift) - 1;
    }
    std::array<std::uint64_t, (64 - kSubBits + 1) * kSub> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

} // namespace lns::lacsim
