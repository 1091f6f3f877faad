// SPDX-License-Identifier: ISC
// The functions behind nsctl's commands (lib/control/commands.h). They work as those of the CLI.
#pragma once

#include <optional>

#include "clid/command_table.h"
#include "clid/control_desk.h"

namespace lns::clid {

// Runs it; nothing when there is no such command.
std::optional<ControlDesk::Outcome> run_control_command(const SuiteView& view, MasterLink& master,
                                                        const std::vector<std::string>& words);

} // namespace lns::clid
