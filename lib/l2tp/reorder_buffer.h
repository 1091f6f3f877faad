// SPDX-License-Identifier: ISC
// Control messages that came before their turn (RFC 2661 5.8). Private to the receiver and free to be
// lost: they are not acknowledged, so the peer sends them again.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/ids.h"

namespace lns::l2tp {

class ReorderBuffer {
public:
    struct Kept {
        std::uint16_t ns = 0;
        TunnelId tunnel = TunnelId::none;
        SessionId session = SessionId::none;
        std::vector<std::uint8_t> payload;
    };

    static constexpr std::size_t kMaxBytes = 65536;
    static constexpr std::size_t kMaxBytesUnproven = 4096; // before the peer has shown who it is

    // False when it does not fit into `limit` octets or is there already. The caller has checked the window.
    bool keep(std::uint16_t ns, TunnelId tunnel, SessionId session, Bytes payload, std::size_t limit);
    // Takes the message with this Ns out, if it is there.
    bool take(std::uint16_t ns, Kept& out);
    void clear();
    [[nodiscard]] std::size_t size() const { return kept_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] bool holds(std::uint16_t ns) const;

private:
    std::vector<Kept> kept_; // at most a window: searched, not sorted
    std::size_t bytes_ = 0;
};

} // namespace lns::l2tp
