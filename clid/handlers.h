// SPDX-License-Identifier: ISC
// The functions behind the rows of the command table, one file a subject.
#pragma once

#include "clid/command_table.h"

namespace lns::clid {

void show_session(CommandContext& context, Arguments arguments);         // show_session.cc
void show_users(CommandContext& context, Arguments arguments);           // show_session.cc
void show_tunnels(CommandContext& context, Arguments arguments);         // show_tunnel.cc
void show_pool(CommandContext& context, Arguments arguments);            // show_pool.cc
void show_radius(CommandContext& context, Arguments arguments);          // show_radius.cc
void show_processes(CommandContext& context, Arguments arguments);       // show_processes.cc
void show_counters(CommandContext& context, Arguments arguments);        // show_counters.cc
void show_version(CommandContext& context, Arguments arguments);         // show_processes.cc
void show_uptime(CommandContext& context, Arguments arguments);          // show_uptime.cc
void show_running_config(CommandContext& context, Arguments arguments);  // configure.cc
void write_memory(CommandContext& context, Arguments arguments);         // configure.cc
void reload_configuration(CommandContext& context, Arguments arguments); // configure.cc
void configure_terminal(CommandContext& context, Arguments arguments);   // configure.cc
void set_key(CommandContext& context, Arguments arguments);              // configure.cc
void explain_set(CommandContext& context, Arguments typed);              // configure.cc
void load_plugin(CommandContext& context, Arguments arguments);          // configure.cc
void remove_plugin(CommandContext& context, Arguments arguments);        // configure.cc
void drop_session(CommandContext& context, Arguments arguments);         // privileged.cc
void drop_tunnel(CommandContext& context, Arguments arguments);          // privileged.cc

// A number an operator typed; nothing when it is not one, or above `most`.
std::optional<std::uint32_t> parse_id(std::string_view text, std::uint32_t most); // parse_id.cc

} // namespace lns::clid
