// SPDX-License-Identifier: ISC
// The processes of the suite, as senders and receivers of messages (DESIGN 2).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lns {

enum class Proc : std::uint8_t { parent, session, datapath, radius, cli, cli_child, any };

// Program names, as in ps and `show processes`.
inline constexpr std::array<std::string_view, 7> kProcNames{
    "l2tpnsd", "sessiond", "datapathd", "radiusd-client", "clid", "clid", "any",
};

constexpr std::string_view proc_name(Proc proc) { return kProcNames[static_cast<std::size_t>(proc)]; }

} // namespace lns
