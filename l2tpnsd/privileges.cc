// SPDX-License-Identifier: ISC
#include "l2tpnsd/privileges.h"

#include <algorithm>
#include <array>
#include <cap-ng.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr std::array kCapabilities{
    Capability{CAP_NET_ADMIN, "NET_ADMIN", Held::always,
               "TUN device, its address and routes; large socket buffers; attaching the fast path"},
    Capability{CAP_NET_BIND_SERVICE, "NET_BIND_SERVICE", Held::start, "TCP port 23"},
    Capability{CAP_NET_RAW, "NET_RAW", Held::start, "sockets for ICMP errors and for the gratuitous ARP"},
    Capability{CAP_BPF, "BPF", Held::always,
               "steering of port 1701 and the fast path, attached wherever a LAC comes; does without"},
    Capability{CAP_PERFMON, "PERFMON", Held::start,
               "programs of the fast path without the guards against those of strangers; does without"},
    Capability{CAP_CHOWN, "CHOWN", Held::always,
               "gives radiusd-client its spool; a startup-config written anew keeps its owner"},
    Capability{CAP_SYS_RESOURCE, "SYS_RESOURCE", Held::start,
               "the limit of locked memory, which workers inherit, for lock_pages; does without"},
    Capability{CAP_DAC_READ_SEARCH, "DAC_READ_SEARCH", Held::always,
               "configuration and programs below directories of others"},
    Capability{CAP_KILL, "KILL", Held::always, "ends workers, which run as other users"},
    Capability{CAP_SETPCAP, "SETPCAP", Held::always,
               "takes its own capabilities out of a worker's bounding set, and the worker then the rest"},
    Capability{CAP_SETUID, "SETUID", Held::worker, "becomes its own user"},
    Capability{CAP_SETGID, "SETGID", Held::worker, "becomes its own group, leaves all others"},
    Capability{CAP_SYS_CHROOT, "SYS_CHROOT", Held::worker, "enters its empty directory"},
    Capability{CAP_IPC_LOCK, "IPC_LOCK", Held::worker, "locks its memory, for lock_pages; does without"},
    Capability{CAP_SYS_NICE, "SYS_NICE", Held::worker,
               "precedes other processes, also by SCHED_FIFO for scheduler_fifo; does without"},
};

// The suite serves without these, if less well: containers may lack them.
constexpr bool can_do_without(unsigned number) {
    constexpr std::array kOptional{CAP_BPF,          CAP_PERFMON,  CAP_DAC_READ_SEARCH,
                                   CAP_SYS_RESOURCE, CAP_IPC_LOCK, CAP_SYS_NICE};
    return std::ranges::find(kOptional, static_cast<int>(number)) != kOptional.end();
}

std::array<bool, kCapabilities.size()> held_now(capng_type_t set) {
    std::array<bool, kCapabilities.size()> held{};
    capng_get_caps_process();
    for (std::size_t i = 0; i < kCapabilities.size(); ++i)
        held[i] = capng_have_capability(set, kCapabilities[i].number) != 0;
    return held;
}

Status<> keep(bool starting) {
    const auto permitted = held_now(CAPNG_PERMITTED);
    const auto bounding = held_now(CAPNG_BOUNDING_SET);
    capng_clear(CAPNG_SELECT_ALL);
    for (std::size_t i = 0; i < kCapabilities.size(); ++i) {
        const Capability& c = kCapabilities[i];
        if (c.held == Held::start && !starting) { // only for the next image of itself
            if (bounding[i]) capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET, c.number);
            continue;
        }
        if (!permitted[i] && starting && !can_do_without(c.number))
            return failure("capability " + std::string(c.name) + " is missing: " + std::string(c.reason));
        const int sets =
            c.held == Held::worker ? CAPNG_BOUNDING_SET : CAPNG_BOUNDING_SET | CAPNG_EFFECTIVE | CAPNG_PERMITTED;
        if (permitted[i] || c.held == Held::worker) capng_update(CAPNG_ADD, static_cast<capng_type_t>(sets), c.number);
    }
    if (capng_apply(CAPNG_SELECT_ALL) != 0) return failure("cannot reduce capabilities");
    return Done{};
}

} // namespace

std::span<const Capability> capabilities() { return kCapabilities; }

Status<> forbid_core_files() {
    const rlimit none{0, 0};
    // The limit is for files; what core_pattern pipes to a program goes by the other.
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failure("cannot forbid core files");
    return Done{};
}

Status<> keep_start_privileges() {
    if (geteuid() != 0) return failure("must be started by root");
    return keep(true);
}

Status<> keep_running_privileges() { return keep(false); }

void raise_worker_limits(const conf::Config& config) {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (config.lock_pages && setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) log_warn("limit of locked memory");
}

namespace {

bool bound(bool (*keep_it)(const Capability& capability)) {
    for (int number = 0; number <= CAP_LAST_CAP; ++number) {
        bool keep = false;
        for (const Capability& c : kCapabilities)
            keep = keep || (c.number == static_cast<unsigned>(number) && keep_it(c));
        if (keep || prctl(PR_CAPBSET_READ, number, 0, 0, 0) != 1) continue;
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) return false;
    }
    return true;
}

} // namespace

bool bound_worker() {
    return bound([](const Capability& c) { return c.held == Held::worker || c.number == CAP_SETPCAP; });
}

bool drop_bounding_set() {
    return bound([](const Capability&) { return false; });
}

} // namespace lns::parent
