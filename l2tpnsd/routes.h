// SPDX-License-Identifier: ISC
// The kernel routes of the suite: the pool's prefixes, and what sessiond asks for beyond them. Routes
// of a dead sessiond stay until its successor has said which it still wants.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <utility>

#include "l2tpnsd/route_policy.h"
#include "lib/base/result.h"

namespace lns::parent {

class Routes {
public:
    // How the kernel is told; tests put their own in.
    struct Kernel {
        std::function<Status<>(Prefix4)> add;
        std::function<Status<>(Prefix4)> remove;
    };
    explicit Routes(Kernel kernel) : kernel_(std::move(kernel)) {}

    // What an instance before left in the kernel: stays if it is asked for, and goes at the next sync_end() if not.
    void adopt(std::span<const Prefix4> prefixes);
    // The pool's prefixes: not asked for by a worker, hence not judged. Failures are logged.
    void add_pool(std::span<const Prefix4> prefixes);
    // Another pool: its prefixes are added at once; those of the old one stay until sessiond has said by a
    // sync which addresses in them it still needs.
    void replace_pool(std::span<const Prefix4> prefixes);

    // Requests of sessiond; what is refused or fails is logged.
    void add(const RoutePolicy& policy, Ipv4 address, unsigned length);
    void remove(Ipv4 address, unsigned length);
    void sync_begin(); // the adds up to sync_end() are all that is wanted
    void sync_end();

    void remove_all();
    [[nodiscard]] std::size_t size() const { return routes_.size(); }

private:
    struct Use {
        bool pool = false;
        unsigned sessions = 0; // that asked for it since the last sync_begin()
    };
    bool install(Prefix4 prefix);
    void uninstall(Prefix4 prefix);

    Kernel kernel_;
    std::map<Prefix4, Use> routes_;
    bool syncing_ = false;
};

} // namespace lns::parent
