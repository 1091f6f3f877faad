// SPDX-License-Identifier: ISC
// The sending half of a control connection: RFC 2661 5.8 and appendix A. For control_connection.cc only.
#pragma once

#include "lib/l2tp/control_connection.h"

namespace lns::l2tp::window {

// Messages in the ring, sent or not.
inline std::size_t held(const ControlConnection& cc) { return static_cast<std::uint16_t>(cc.ns - cc.una); }
// Appends without asking for room: the caller has.
void push(ControlConnection& cc, OutMessage message);
// Sends what the peer's window and the congestion window allow.
void pump(ControlConnection& cc, const TunnelConfig& config, MonoTime now, Effects& out);
// Sends one message of the ring again, outside of window and timer.
void emit(ControlConnection& cc, std::uint16_t ns, const TunnelConfig& config, Effects& out);
// After a time-out: from the oldest on, one at a time.
void go_back(ControlConnection& cc, const TunnelConfig& config, MonoTime now, Effects& out);
// Drops what was never sent.
void drop_unsent(ControlConnection& cc);
// Drops everything: the peer does not read any more.
void drop_all(ControlConnection& cc);

enum class Acked : std::uint8_t { nothing, some, StopCCN, invalid };
// The peer's Nr. invalid: it acknowledges what was never sent.
Acked acknowledge(ControlConnection& cc, std::uint16_t nr, MonoTime now, Effects& out);
// Whether acknowledge() would find it invalid.
bool valid_nr(const ControlConnection& cc, std::uint16_t nr);

} // namespace lns::l2tp::window
