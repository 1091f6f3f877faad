// SPDX-License-Identifier: ISC
// From the ids on the wire to the index of a session (DESIGN 4, session ids). A tunnel owns blocks
// of 256 slots; the session id on the wire is the local id XOR a random mask of the tunnel;
// (tunnel, local id >> 8) names the block, and block * 256 + low octet is the SessionIndex. And back, from a
// block to its owner, and from a tunnel to its id. Each entry is one atomic word, so it is wholly old or new. Writer:
// sessiond.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lib/base/ids.h"
#include "shm/tables.h"

namespace lns::shm {

class Locator {
public:
    Locator() = default;
    // `words` as mapped; `tunnels` as in TableSizes.
    Locator(std::span<const std::uint32_t> words, std::uint32_t tunnels) : words_(words), tunnels_(tunnels) {}

    static constexpr std::size_t kTunnelIds = 65536;
    // `blocks`: of which the owner can be asked.
    static constexpr std::size_t words(std::uint32_t tunnels, std::uint32_t blocks = 0) {
        return owner_at(tunnels, blocks);
    }

    [[nodiscard]] TunnelIndex tunnel(TunnelId id) const noexcept { return TunnelIndex{load(raw(id))}; }
    [[nodiscard]] std::uint16_t mask(TunnelIndex tunnel) const noexcept {
        return raw(tunnel) < tunnels_ ? static_cast<std::uint16_t>(load(mask_at(tunnel))) : std::uint16_t{0};
    }
    // SessionIndex::none when no block is there. That a session lives in the slot, and in this tunnel,
    // is for the record to say.
    [[nodiscard]] SessionIndex session(TunnelIndex tunnel, SessionId id) const noexcept {
        if (raw(tunnel) == 0 || raw(tunnel) >= tunnels_) return SessionIndex::none;
        const auto local = static_cast<std::uint16_t>(raw(id) ^ mask(tunnel));
        const std::uint32_t block = load(block_at(tunnel, local >> 8));
        return block == 0 ? SessionIndex::none : SessionIndex{block * kBlockSlots + (local & 255U)};
    }
    // For going through all blocks: indexes from 1, below this.
    [[nodiscard]] std::uint32_t tunnels() const noexcept { return tunnels_; }
    [[nodiscard]] std::uint32_t block(TunnelIndex tunnel, unsigned number) const noexcept {
        return load(block_at(tunnel, number));
    }

    // The way back: what a data message of a session in that slot has in its header. Nothing when its block is
    // nobody's.
    struct WireIds {
        TunnelIndex tunnel{};
        TunnelId tunnel_id{};
        SessionId session_id{};
    };
    [[nodiscard]] std::optional<WireIds> wire_ids(SessionIndex session) const noexcept {
        const std::uint32_t block = raw(session) / kBlockSlots;
        const std::uint32_t owner = load(owner_at(tunnels_, block));
        const TunnelIndex index{owner / kBlocksPerTunnel};
        const unsigned number = owner % kBlocksPerTunnel;
        if (block == 0 || raw(index) == 0 || raw(index) >= tunnels_ || this->block(index, number) != block) return {};
        const auto id = static_cast<TunnelId>(load(id_at(index)));
        if (tunnel(id) != index) return {};
        const auto local = static_cast<std::uint16_t>(number << 8 | (raw(session) % kBlockSlots));
        return WireIds{index, id, static_cast<SessionId>(local ^ mask(index))};
    }

protected:
    static std::size_t mask_at(TunnelIndex tunnel) { return kTunnelIds + raw(tunnel); }
    [[nodiscard]] std::size_t block_at(TunnelIndex tunnel, unsigned number) const {
        return kTunnelIds + tunnels_ + std::size_t{raw(tunnel)} * kBlocksPerTunnel + number;
    }
    [[nodiscard]] std::size_t id_at(TunnelIndex tunnel) const {
        return kTunnelIds + std::size_t{tunnels_} * (kBlocksPerTunnel + 1) + raw(tunnel);
    }
    static constexpr std::size_t owner_at(std::uint32_t tunnels, std::uint32_t block) {
        return kTunnelIds + std::size_t{tunnels} * (kBlocksPerTunnel + 2) + block;
    }
    [[nodiscard]] std::uint32_t load(std::size_t at) const noexcept {
        if (at >= words_.size()) return 0;
        return std::atomic_ref<std::uint32_t>(const_cast<std::uint32_t&>(words_[at])).load(std::memory_order_acquire);
    }

    std::span<const std::uint32_t> words_;
    std::uint32_t tunnels_ = 0;
};

class LocatorWriter : public Locator {
public:
    LocatorWriter() = default;
    LocatorWriter(std::span<std::uint32_t> words, std::uint32_t tunnels) : Locator(words, tunnels), writable_(words) {}

    void set_tunnel(TunnelId id, TunnelIndex tunnel) {
        if (tunnel != TunnelIndex::none) store(id_at(tunnel), raw(id));
        store(raw(id), raw(tunnel));
    }
    void set_mask(TunnelIndex tunnel, std::uint16_t mask) { store(mask_at(tunnel), mask); }
    void set_block(TunnelIndex tunnel, unsigned number, std::uint32_t block) {
        // First: a writer killed in between leaves an owner that does not have the block, which a reader notices.
        if (block != 0) store(owner_at(tunnels_, block), raw(tunnel) * kBlocksPerTunnel + number);
        store(block_at(tunnel, number), block);
    }

private:
    void store(std::size_t at, std::uint32_t value) {
        if (at >= writable_.size()) return;
        std::atomic_ref<std::uint32_t>(writable_[at]).store(value, std::memory_order_release);
    }
    std::span<std::uint32_t> writable_;
};

} // namespace lns::shm
