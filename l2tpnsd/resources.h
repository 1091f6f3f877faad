// SPDX-License-Identifier: ISC
// Everything the parent opens at start and keeps until the end: it outlives any worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/configuration.h"
#include "l2tpnsd/gratuitous_arp.h"
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
    std::vector<WorkerId> workers;
    Accounts accounts;
};

// Opens all of it, in an order in which a failure leaves nothing behind. `config` is resolved.
Result<Resources> open_resources(const Options& options, const Configuration& configuration, const conf::Config& config,
                                 RunDirectory rundir, Netlink netlink);

} // namespace lns::parent
