// SPDX-License-Identifier: ISC
// `show tunnels` as text. Pure: records in, strings out.
#pragma once

#include <string>
#include <vector>

#include "shm/records.h"

namespace lns::clid {

// The manual's words: Free, Opening, Open, Dieing.
const char* tunnel_state_word(shm::TunnelState state);

std::string format_tunnel_header();
std::string format_unused_tunnel(); // which has no id yet
std::string format_tunnel_row(const shm::TunnelRecord& tunnel, std::uint32_t sessions);
// Several lines, the first one empty, without the list of sessions that follows.
std::string format_tunnel_detail(const shm::TunnelRecord& tunnel, MonoTime now);
// The list of sessions, some SIDs at a time: a tunnel can have 65,535. `first` for the first line.
inline constexpr std::size_t kSidsPerLine = 10;
std::string format_tunnel_sids(const std::vector<SessionIndex>& sids, bool first);

} // namespace lns::clid
