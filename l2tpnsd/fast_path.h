// SPDX-License-Identifier: ISC
// The fast path in the kernel, as the parent holds it: loaded, attached, pinned, and allowed to forward as long as the
// parent lives, and restart_grace longer. What it forwards is datapathd's business, which has the maps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "l2tpnsd/fast_path_programs.h"
#include "l2tpnsd/netlink.h"
#include "l2tpnsd/start_kit.h"
#include "lib/base/clock.h"
#include "lib/conf/config.h"
#include "shm/records.h"

namespace lns::parent {

class FastPath {
public:
    struct Setup {
        conf::FastPath wanted{};
        std::string named; // interfaces, separated by commas; empty: see serve()
        std::string pins;  // RUNDIR/bpf
        FastMapSizes sizes;
        unsigned tun = 0;             // index of the device
        std::uint16_t port = 0;       // of L2TP
        std::chrono::seconds grace{}; // restart_grace
        bool go_on = false;           // with the sessions in the maps
    };
    FastPath() = default; // off
    // Never fails: without a fast path everything works. What an instance before left is taken over, or removed.
    static FastPath begin(const Setup& setup);

    [[nodiscard]] bool on() const { return state_ != nullptr; }
    [[nodiscard]] std::vector<HeldMap> maps() const;
    [[nodiscard]] shm::FastPathRecord record() const;

    // A LAC is there: attaches to the interface towards it, and for `redirect` to that towards the core, where none are
    // named. True when one was added.
    bool serve(Ipv4 peer, Netlink& netlink);
    // Says that the parent lives; often enough for kBeat. True when there is another record to show.
    bool beat(MonoTime now, std::chrono::seconds grace);
    // The parent goes: it forwards on until the grace is over.
    void leave(MonoTime now, std::chrono::seconds grace);
    // Nothing of it stays.
    void remove();

    static constexpr std::chrono::seconds kBeat{2};
    static constexpr std::size_t kMaxInterfaces = 16;

private:
    struct Attached {
        FastPathLink link;
        LnsFastPort port{}; // in the driver only
    };
    Status<> load(const Setup& setup);
    Result<FastPathPrograms> load_programs(const Setup& setup);
    Status<> attach_down(unsigned tun);
    Status<> attach_up(unsigned interface);
    Result<Attached> attach_best(unsigned interface);
    Result<Attached> attach_native(unsigned interface);
    [[nodiscard]] std::optional<LnsFastPort> native_port(unsigned interface) const;
    void expect_ports();
    void adopt_found();
    void attach_named(const Setup& setup);
    void attach_or_warn(unsigned interface);
    void remove_stale();
    void check_settings(unsigned interface);
    void warn(const std::string& sentence);
    bool refresh_ports();
    [[nodiscard]] std::string pin(FastHook hook, unsigned interface) const;
    [[nodiscard]] std::string describe(const Attached& attached) const;
    [[nodiscard]] shm::FastPathMode mode() const;
    void turn_off(const std::string& why);

    std::string pins_; // empty: no BPF file system there
    bool automatic_ = false;
    Native native_ = Native::none;
    FastPathPrograms programs_;
    LnsFastState* state_ = nullptr; // null: off
    std::vector<Attached> links_;   // the first is that of the TUN device
    std::string why_off_;
    std::vector<std::string> warnings_;
};

} // namespace lns::parent
