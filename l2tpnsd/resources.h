// SPDX-License-Identifier: ISC
// Everything the parent opens at start and keeps until the end: it outlives any worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/configuration.h"
#include "l2tpnsd/fast_path.h"
#include "l2tpnsd/gratuitous_arp.h"
#include "l2tpnsd/handover.h"
#include "l2tpnsd/netlink.h"
#include "l2tpnsd/options.h"
#include "l2tpnsd/run_directory.h"
#include "l2tpnsd/shared_tables.h"
#include "l2tpnsd/start_kit.h"
#include "l2tpnsd/tun.h"

namespace lns::parent {

struct Resources {
    RunDirectory rundir;
    Netlink netlink;
    Tun tun;
    SharedTables tables;
    std::optional<GratuitousArp> garp; // when one is to be sent
    Inventory inventory;               // the sockets, and the paths of files
    FastPath fast_path;
    std::vector<WorkerId> workers;
    Accounts accounts;
    std::vector<Prefix4> found_routes; // of an instance before, through the device
    bool tables_were_found = false;    // of an instance before, with its sessions
};

// Opens all of it, in an order in which a failure leaves nothing behind. `config` is resolved. Workers of a parent that
// is gone are found, and ended when everything is open that takes their place; what they were writing is then gone on
// with, or closed (take_over.h). If that fails they may be gone, but never what they wrote.
Result<Resources> open_resources(const Options& options, const Configuration& configuration, const conf::Config& config,
                                 RunDirectory rundir, Netlink netlink, Handover handover);

} // namespace lns::parent
