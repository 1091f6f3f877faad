// SPDX-License-Identifier: ISC
// The programs and maps of bpf/ in the kernel. All that knows libbpf is behind this header; where the suite was built
// without it, loading fails and says so.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "bpf/fast_path.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/imsg/bodies.h"

namespace lns::parent {

// Which program, and where it is attached.
enum class FastHook : std::uint8_t {
    up,   // tc, ingress of an interface towards LACs
    down, // tc, egress of the TUN device
    xdp,  // in the driver of an interface
};

// What the program in the driver does.
enum class Native : std::uint8_t { none, stack, redirect };

struct FastMapSizes { // elements
    std::uint32_t tunnels = 0;
    std::uint32_t sessions = 0;
    std::uint32_t buckets = 0; // of hosts, and as many of framed networks; a power of two, at least 64
};

// For so many sessions: the buckets are half full then.
constexpr std::uint32_t host_buckets(std::uint32_t max_sessions) {
    std::uint32_t buckets = 64;
    while (buckets * (LNS_FAST_BUCKET / 2) < max_sessions)
        buckets *= 2;
    return buckets;
}

class FastPathPrograms {
public:
    // `pins`: directory in a BPF file system where the maps are pinned; none when empty. With `reuse` those that are
    // pinned already are gone on with, if all are there and fit; otherwise they are made anew, empty.
    static Result<FastPathPrograms> load(const FastMapSizes& sizes, const std::string& pins, bool reuse,
                                         Native native = Native::none);

    [[nodiscard]] bool maps_were_found() const { return found_; }
    [[nodiscard]] int program(FastHook hook) const { return programs_[static_cast<std::size_t>(hook)].get(); }
    // A descriptor of the map, and its memory in octets.
    [[nodiscard]] UniqueFd map(imsg::MapKind kind) const;
    [[nodiscard]] std::uint64_t bytes(imsg::MapKind kind) const;
    // Mapped writable for the parent, which alone writes it; stays mapped.
    [[nodiscard]] Result<LnsFastState*> map_state() const;
    // Of an interface that the program in the driver is for.
    [[nodiscard]] Status<> set_port(unsigned interface, const LnsFastPort& port) const;
    void remove_port(unsigned interface) const;

private:
    friend struct FastPathLoader;
    static constexpr std::size_t kMaps = 8; // the state, and one of each kind
    bool found_ = false;
    std::array<UniqueFd, 3> programs_; // by FastHook
    UniqueFd ports_;
    std::array<UniqueFd, kMaps> maps_; // 0: the state; else by kind
    std::array<std::uint64_t, kMaps> bytes_{};
};

// A program at work on an interface.
class FastPathLink {
public:
    // By a tcx link, pinned as `pin` where that is not empty: one that is pinned there already gets the program instead
    // of its old one, without a gap. Where the kernel has no tcx (before Linux 6.6), or when that is asked for, by
    // clsact. In the driver there is the link only, and no way but the driver's own.
    enum class Way : std::uint8_t { best, clsact };
    static Result<FastPathLink> attach(int program, FastHook hook, unsigned interface, const std::string& pin,
                                       Way way = Way::best);
    // Ends the link, and removes its pin. Without it a pinned link, and one by clsact, stay.
    void detach();

    [[nodiscard]] bool outlives_us() const { return pinned_; }
    [[nodiscard]] FastHook hook() const { return hook_; }
    [[nodiscard]] unsigned interface() const { return interface_; }

private:
    UniqueFd link_; // none: clsact
    FastHook hook_{};
    unsigned interface_ = 0;
    std::string pin_;
    bool pinned_ = false;
};

// Removes what an instance left in its directory of pins, and its links with it. Success where there is none.
void remove_fast_path_pins(const std::string& pins);
// One pin in it; a link ends with it.
void remove_fast_path_pin(const std::string& pin);
// Is the directory in a BPF file system?
bool is_bpf_directory(const std::string& path);

} // namespace lns::parent
