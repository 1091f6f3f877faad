// SPDX-License-Identifier: ISC
#include "l2tpnsd/fast_path.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <net/if.h>
#include <net/if_arp.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "l2tpnsd/fast_path_settings.h"
#include "l2tpnsd/xdp_features.h"
#include "lib/base/log.h"
#include "lib/conf/text.h"

namespace lns::parent {

namespace {

struct HookRow {
    FastHook hook;
    const char* pin; // in front of the interface's index
};
// The names are known to remove_fast_path_pin(), too.
constexpr std::array kHooks{HookRow{FastHook::up, "up-"}, HookRow{FastHook::down, "down-"},
                            HookRow{FastHook::xdp, "xdp-"}};

// Of a parent that hangs for less than three beats nobody takes notice, however short the grace.
constexpr std::chrono::seconds kLeastTrust = 3 * FastPath::kBeat;

std::string name_of(unsigned interface) {
    std::array<char, IF_NAMESIZE> name{};
    return if_indextoname(interface, name.data()) == nullptr ? std::to_string(interface) : name.data();
}

// The programs know Ethernet headers only; nothing for another kind of interface.
std::optional<LnsFastPort> port_of(unsigned interface) {
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    if (!fd || if_indextoname(interface, &request.ifr_name[0]) == nullptr) return std::nullopt;
    if (ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return std::nullopt;
    LnsFastPort port{};
    memcpy(&port.address[0], &request.ifr_hwaddr.sa_data[0], sizeof port.address);
    return port;
}

// Its XDP programs run in the interfaces below it, and see those only.
bool is_bond(unsigned interface) {
    return access(("/sys/class/net/" + name_of(interface) + "/bonding").c_str(), F_OK) == 0;
}

Native native_of(conf::FastPath wanted) {
    if (wanted == conf::FastPath::stack) return Native::stack;
    return wanted == conf::FastPath::redirect ? Native::redirect : Native::none;
}

// Where the parent alone may change anything.
bool is_safe_place(const std::string& pins) {
    struct stat status {};
    return is_bpf_directory(pins) && stat(pins.c_str(), &status) == 0 && status.st_uid == geteuid() &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::string why_unsafe(const std::string& pins) { return pins + " is no BPF file system of root's with mode 0700"; }

std::vector<std::string> names_in(const std::string& list) {
    std::vector<std::string> names;
    for (const std::string_view word : conf::split(list, ','))
        if (const auto name = conf::trim(word); !name.empty()) names.emplace_back(name);
    return names;
}

void allow_until(LnsFastState& state, MonoTime until) {
    const auto ns = static_cast<__u64>(until.time_since_epoch().count());
    std::atomic_ref<__u64>(state.serve_until).store(ns, std::memory_order_release);
}

// The interfaces in the names of pins with that prefix.
std::vector<unsigned> pinned_interfaces(const std::string& pins, std::string_view prefix) {
    std::vector<unsigned> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> list(opendir(pins.c_str()), closedir);
    while (const dirent* entry = list ? readdir(list.get()) : nullptr) {
        const std::string_view name(&entry->d_name[0]);
        if (name.starts_with(prefix))
            found.push_back(static_cast<unsigned>(strtoul(name.data() + prefix.size(), nullptr, 10)));
    }
    return found;
}

} // namespace

FastPath FastPath::begin(const Setup& setup) {
    FastPath self;
    if (setup.wanted == conf::FastPath::off) {
        remove_fast_path_pins(setup.pins);
        self.turn_off("fast_path is off");
        return self;
    }
    self.automatic_ = setup.named.empty();
    self.native_ = native_of(setup.wanted);
    if (is_safe_place(setup.pins)) self.pins_ = setup.pins;
    if (const auto done = self.load(setup); !done) {
        const bool expected = setup.wanted == conf::FastPath::automatic;
        log_at(expected ? LogLevel::info : LogLevel::error, "no fast path in the kernel: %s",
               done.error().message.c_str());
        remove_fast_path_pins(setup.pins);
        self.turn_off(done.error().message);
        return self;
    }
    self.expect_ports();
    self.adopt_found();
    self.attach_named(setup);
    self.remove_stale();
    if (self.pins_.empty()) log_warnx("the fast path ends with l2tpnsd: %s", why_unsafe(setup.pins).c_str());
    log_info("fast path in the kernel: %s%s", shm::name_of(self.mode()),
             self.programs_.maps_were_found() ? ", taken over" : "");
    return self;
}

Status<> FastPath::load(const Setup& setup) {
    auto programs = load_programs(setup);
    if (!programs) return Failure<Error>{programs.error()};
    // What nobody asked for must not end with a parent that dies, where user space would have gone on.
    if (setup.wanted == conf::FastPath::automatic && pins_.empty()) return failure(why_unsafe(setup.pins));
    programs_ = std::move(*programs);
    auto state = programs_.map_state();
    if (!state) return Failure<Error>{state.error()};
    state_ = *state;
    state_->layout = LNS_FAST_LAYOUT;
    state_->tun = setup.tun;
    state_->port = htons(setup.port);
    beat(Clock::now(), setup.grace);
    return attach_down(setup.tun);
}

// A kernel that has tc's programs may be too old for those in the driver.
Result<FastPathPrograms> FastPath::load_programs(const Setup& setup) {
    auto programs = FastPathPrograms::load(setup.sizes, pins_, setup.go_on, native_);
    if (programs || native_ == Native::none) return programs;
    warn("tc in place of " + std::string(shm::name_of(mode())) + ": " + programs.error().message);
    native_ = Native::none;
    return FastPathPrograms::load(setup.sizes, pins_, setup.go_on);
}

shm::FastPathMode FastPath::mode() const {
    constexpr std::array modes{shm::FastPathMode::tc, shm::FastPathMode::stack, shm::FastPathMode::redirect};
    return modes[static_cast<std::size_t>(native_)];
}

void FastPath::warn(const std::string& sentence) {
    if (std::ranges::find(warnings_, sentence) != warnings_.end()) return;
    log_warnx("fast path: %s", sentence.c_str());
    warnings_.push_back(sentence);
}

void FastPath::turn_off(const std::string& why) {
    links_.clear();
    programs_ = {};
    state_ = nullptr;
    why_off_ = why;
}

std::string FastPath::pin(FastHook hook, unsigned interface) const {
    if (pins_.empty()) return {};
    return pins_ + "/" + kHooks[static_cast<std::size_t>(hook)].pin + std::to_string(interface);
}

Status<> FastPath::attach_down(unsigned tun) {
    auto link = FastPathLink::attach(programs_.program(FastHook::down), FastHook::down, tun, pin(FastHook::down, tun));
    if (!link) return Failure<Error>{link.error()};
    links_.push_back({std::move(*link), {}});
    if (native_ != Native::none)
        for (const std::string& sentence : rules_against_input(name_of(tun)))
            warn(sentence);
    return Done{};
}

Status<> FastPath::attach_up(unsigned interface) {
    const auto there = [interface](const Attached& attached) { return attached.link.interface() == interface; };
    if (std::ranges::any_of(links_, there)) return Done{};
    if (links_.size() > kMaxInterfaces) return failure("too many interfaces");
    auto attached = attach_best(interface);
    if (!attached) return Failure<Error>{attached.error()};
    links_.push_back(std::move(*attached));
    refresh_ports();
    log_info("fast path: attached to %s", describe(links_.back()).c_str());
    check_settings(interface);
    return Done{};
}

// In the driver, where that is wanted and possible.
Result<FastPath::Attached> FastPath::attach_best(unsigned interface) {
    const auto port = port_of(interface);
    if (!port) return failure("not Ethernet");
    if (native_ != Native::none) {
        auto native = attach_native(interface);
        if (native) return native;
        warn("tc on " + name_of(interface) + ": " + native.error().message);
    }
    if (auto done = programs_.set_port(interface, *port); !done) return Failure<Error>{done.error()};
    auto link =
        FastPathLink::attach(programs_.program(FastHook::up), FastHook::up, interface, pin(FastHook::up, interface));
    if (!link) return Failure<Error>{link.error()};
    return Attached{std::move(*link), {}};
}

Result<FastPath::Attached> FastPath::attach_native(unsigned interface) {
    const auto port = native_port(interface);
    if (!port) return failure("it is gone");
    if (is_bond(interface)) return failure("no native XDP: it is a bond");
    if (auto done = programs_.set_port(interface, *port); !done) return Failure<Error>{done.error()};
    auto link =
        FastPathLink::attach(programs_.program(FastHook::xdp), FastHook::xdp, interface, pin(FastHook::xdp, interface));
    if (link) return Attached{std::move(*link), *port};
    programs_.remove_port(interface);
    return Failure<Error>{link.error()};
}

std::optional<LnsFastPort> FastPath::native_port(unsigned interface) const {
    auto port = port_of(interface);
    if (port && native_ == Native::redirect) port->sends = sends_redirected_frames(interface);
    return port;
}

// All that were attached before, so that not even the first one that gets the new program finds the others missing:
// there may be nobody to take what it leaves alone.
void FastPath::expect_ports() {
    if (native_ == Native::none || pins_.empty()) return;
    for (const unsigned interface : pinned_interfaces(pins_, kHooks[static_cast<std::size_t>(FastHook::xdp)].pin))
        if (const auto port = native_port(interface))
            if (const auto done = programs_.set_port(interface, *port); !done)
                log_warnx("%s", done.error().message.c_str());
}

// Interfaces get other Ethernet addresses at times, and drivers learn to send by what is attached at the other end.
bool FastPath::refresh_ports() {
    bool changed = false;
    for (Attached& attached : links_) {
        if (attached.link.hook() != FastHook::xdp) continue;
        const auto port = native_port(attached.link.interface());
        if (!port || memcmp(&*port, &attached.port, sizeof *port) == 0) continue;
        if (!programs_.set_port(attached.link.interface(), *port)) continue;
        attached.port = *port;
        changed = true;
    }
    return changed;
}

void FastPath::check_settings(unsigned interface) {
    if (links_.back().link.hook() != FastHook::xdp || native_ != Native::stack) return;
    for (const std::string& sentence : settings_against_input(name_of(interface)))
        warn(sentence);
}

// Those of the instance before get the new program without a gap.
void FastPath::adopt_found() {
    if (!automatic_ || pins_.empty()) return;
    for (const HookRow& row : kHooks)
        for (const unsigned interface : pinned_interfaces(pins_, row.pin))
            if (row.hook != FastHook::down) attach_or_warn(interface);
}

// Of interfaces that are not wanted any more, and of another mode.
void FastPath::remove_stale() {
    if (pins_.empty()) return;
    for (const HookRow& row : kHooks)
        for (const unsigned interface : pinned_interfaces(pins_, row.pin)) {
            const auto is_it = [&](const Attached& attached) {
                return attached.link.hook() == row.hook && attached.link.interface() == interface;
            };
            if (std::ranges::any_of(links_, is_it)) continue;
            remove_fast_path_pin(pin(row.hook, interface));
            if (row.hook == FastHook::xdp) programs_.remove_port(interface);
        }
}

void FastPath::attach_named(const Setup& setup) {
    for (const std::string& name : names_in(setup.named)) {
        const unsigned interface = if_nametoindex(name.c_str());
        const auto done = interface == 0 ? Status<>(failure("no such interface")) : attach_up(interface);
        if (!done) log_error("fast_path_interfaces: %s: %s", name.c_str(), done.error().message.c_str());
    }
}

void FastPath::attach_or_warn(unsigned interface) {
    if (const auto done = attach_up(interface); !done)
        log_warnx("no fast path on %s: %s", name_of(interface).c_str(), done.error().message.c_str());
}

bool FastPath::serve(Ipv4 peer, Netlink& netlink) {
    if (!on() || !automatic_) return false;
    const std::size_t before = links_.size();
    if (const auto interface = netlink.interface_towards(peer)) attach_or_warn(*interface);
    if (native_ == Native::redirect) // where the core is, too
        if (const auto route = netlink.default_route(); route && route->interface != 0)
            attach_or_warn(route->interface);
    return links_.size() > before;
}

std::vector<HeldMap> FastPath::maps() const {
    std::vector<HeldMap> held;
    if (!on()) return held;
    using enum imsg::MapKind;
    for (const auto kind : {tunnel_ids, tunnels, sessions, hosts, counters, lost, throttle})
        held.push_back({kind, programs_.bytes(kind), programs_.map(kind)});
    return held;
}

std::string FastPath::describe(const Attached& attached) const {
    const std::string name = name_of(attached.link.interface());
    if (native_ == Native::none) return name;
    if (attached.link.hook() != FastHook::xdp) return name + " (tc)";
    return name + (native_ == Native::redirect && attached.port.sends == 0 ? " (XDP, cannot send)" : " (XDP)");
}

shm::FastPathRecord FastPath::record() const {
    shm::FastPathRecord record;
    record.mode = on() ? mode() : shm::FastPathMode::off;
    record.pinned = on() && !pins_.empty();
    record.why_off.assign(std::string_view(why_off_));
    std::string names;
    for (std::size_t i = 1; i < links_.size(); ++i)
        names += (names.empty() ? "" : ",") + describe(links_[i]);
    record.interfaces.assign(std::string_view(names));
    std::string warnings;
    for (const std::string& sentence : warnings_)
        warnings += (warnings.empty() ? "" : "\n") + sentence;
    record.warnings.assign(std::string_view(warnings));
    return record;
}

bool FastPath::beat(MonoTime now, std::chrono::seconds grace) {
    if (!on()) return false;
    allow_until(*state_, now + std::max(grace, kLeastTrust));
    return refresh_ports();
}

void FastPath::leave(MonoTime now, std::chrono::seconds grace) {
    if (on()) allow_until(*state_, now + grace);
}

void FastPath::remove() {
    for (Attached& attached : links_)
        attached.link.detach();
    if (!pins_.empty()) remove_fast_path_pins(pins_);
    turn_off("it was removed");
}

} // namespace lns::parent
