// SPDX-License-Identifier: ISC
// A hash of the user's name for each session slot, so that who looks for a user reads four octets a slot and not the
// record. Only records are truth: where the hash fits, the record says whether it is that user. A hash is one atomic
// word, and there before the record that it is of. Writer: sessiond.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lns::shm {

class UserHashes {
public:
    UserHashes() = default;
    explicit UserHashes(std::span<const std::uint32_t> words) : words_(words) {}

    // FNV-1a, the same in every process and release. 0: of no name, and of no other.
    static constexpr std::uint32_t of(std::string_view name) {
        if (name.empty()) return 0;
        std::uint32_t hash = 2166136261U;
        for (const char c : name)
            hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
        return hash == 0 ? 1 : hash;
    }
    [[nodiscard]] std::uint32_t get(std::size_t slot) const noexcept {
        if (slot >= words_.size()) return 0;
        return std::atomic_ref<std::uint32_t>(const_cast<std::uint32_t&>(words_[slot])).load(std::memory_order_acquire);
    }
    [[nodiscard]] std::size_t size() const { return words_.size(); }

private:
    std::span<const std::uint32_t> words_;
};

class UserHashWriter : public UserHashes {
public:
    UserHashWriter() = default;
    explicit UserHashWriter(std::span<std::uint32_t> words) : UserHashes(words), writable_(words) {}

    void set(std::size_t slot, std::uint32_t hash) noexcept {
        if (slot >= writable_.size()) return;
        std::atomic_ref<std::uint32_t>(writable_[slot]).store(hash, std::memory_order_release);
    }

private:
    std::span<std::uint32_t> writable_;
};

} // namespace lns::shm
