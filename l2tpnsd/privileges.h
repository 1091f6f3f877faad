// SPDX-License-Identifier: ISC
// What the parent may do as root: the capabilities it keeps, each with its reason. All others leave the
// permitted and the bounding set before anything is opened.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/result.h"
#include "lib/conf/config.h"

namespace lns::parent {

// While a capability is held. `start`: after that it is left in the bounding set only, for a parent that executes
// itself anew (`restart l2tpnsd`), which starts like any other. `worker`: not by the parent, but left in the bounding
// set so that a worker has it from exec until its prologue has run.
enum class Held : std::uint8_t { start, always, worker };

struct Capability {
    unsigned number;
    std::string_view name;
    Held held;
    std::string_view reason;
};

std::span<const Capability> capabilities();

// The parent has read every secret: no core file of it, not by way of a program that collects them either. Holds until
// it executes itself, and is then done anew.
Status<> forbid_core_files();
// Keeps what start-up needs. Error when not started by root or a needed one is missing.
Status<> keep_start_privileges();
// What the setting lock_pages needs: a limit that the workers inherit.
void raise_worker_limits(const conf::Config& config);
// Everything is open: keeps what the running parent needs.
Status<> keep_running_privileges();
// In a child that is to have no capability after exec, though it is root. False on failure.
bool drop_bounding_set();
// In the child, before exec: its bounding set keeps the `worker` rows only. False on failure.
bool bound_worker();

} // namespace lns::parent
