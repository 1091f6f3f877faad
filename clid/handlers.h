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
void show_fast_path(CommandContext& context, Arguments arguments);       // show_fast_path.cc
void show_memory(CommandContext& context, Arguments arguments);          // show_memory.cc
void show_version(CommandContext& context, Arguments arguments);         // show_processes.cc
void show_uptime(CommandContext& context, Arguments arguments);          // show_uptime.cc
void show_cluster(CommandContext& context, Arguments arguments);         // show_cluster.cc
void show_history(CommandContext& context, Arguments arguments);         // terminal.cc
void terminal_length(CommandContext& context, Arguments arguments);      // terminal.cc
void show_running_config(CommandContext& context, Arguments arguments);  // configure.cc
void write_memory(CommandContext& context, Arguments arguments);         // configure.cc
void reload_configuration(CommandContext& context, Arguments arguments); // configure.cc
void configure_terminal(CommandContext& context, Arguments arguments);   // configure.cc
void set_key(CommandContext& context, Arguments arguments);              // configure.cc
void explain_set(CommandContext& context, Arguments typed);              // configure.cc
void load_plugin(CommandContext& context, Arguments arguments);          // configure.cc
void remove_plugin(CommandContext& context, Arguments arguments);        // configure.cc
void restart_process(CommandContext& context, Arguments arguments);      // restart.cc
void drop_session(CommandContext& context, Arguments arguments);         // drop.cc
void drop_tunnel(CommandContext& context, Arguments arguments);          // drop.cc
void drop_user(CommandContext& context, Arguments arguments);            // drop.cc
void clear_counters(CommandContext& context, Arguments arguments);       // show_counters.cc
void debug(CommandContext& context, Arguments arguments);                // debug.cc
void no_debug(CommandContext& context, Arguments arguments);             // debug.cc
void drain(CommandContext& context, Arguments arguments);                // operation.cc
void no_drain(CommandContext& context, Arguments arguments);             // operation.cc
void shutdown_suite(CommandContext& context, Arguments arguments);       // operation.cc
void snoop(CommandContext& context, Arguments arguments);                // services.cc
void no_snoop(CommandContext& context, Arguments arguments);             // services.cc
void throttle(CommandContext& context, Arguments arguments);             // services.cc
void show_throttle(CommandContext& context, Arguments arguments);        // show_throttle.cc
void show_access_list(CommandContext& context, Arguments arguments);     // access_lists.cc
void ip_access_list(CommandContext& context, Arguments arguments);       // access_lists.cc
void no_in_configuration(CommandContext& context, Arguments arguments);  // access_lists.cc
void permit(CommandContext& context, Arguments arguments);               // access_lists.cc
void deny(CommandContext& context, Arguments arguments);                 // access_lists.cc
void filter(CommandContext& context, Arguments arguments);               // services.cc
void no_filter(CommandContext& context, Arguments arguments);            // services.cc
void no_throttle(CommandContext& context, Arguments arguments);          // services.cc

// The same as JSON, in the same files.
void show_session_json(CommandContext& context, Arguments arguments);
void show_users_json(CommandContext& context, Arguments arguments);
void show_tunnels_json(CommandContext& context, Arguments arguments);
void show_pool_json(CommandContext& context, Arguments arguments);
void show_radius_json(CommandContext& context, Arguments arguments);
void show_processes_json(CommandContext& context, Arguments arguments);
void show_counters_json(CommandContext& context, Arguments arguments);
void show_fast_path_json(CommandContext& context, Arguments arguments);
void show_memory_json(CommandContext& context, Arguments arguments);
void show_version_json(CommandContext& context, Arguments arguments);
void show_uptime_json(CommandContext& context, Arguments arguments);
void show_cluster_json(CommandContext& context, Arguments arguments);

// A number an operator typed; nothing when it is not one, or above `most`.
std::optional<std::uint32_t> parse_id(std::string_view text, std::uint32_t most); // parse_id.cc

} // namespace lns::clid
