// SPDX-License-Identifier: ISC
#include "l2tpnsd/fast_path.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/base/log.h"
#include "lib/conf/text.h"

namespace lns::parent {

namespace {

constexpr const char* kUp = "up-";
constexpr const char* kDown = "down-";
// Of a parent that hangs for less than three beats nobody takes notice, however short the grace.
constexpr std::chrono::seconds kLeastTrust = 3 * FastPath::kBeat;

std::string name_of(unsigned interface) {
    std::array<char, IF_NAMESIZE> name{};
    return if_indextoname(interface, name.data()) == nullptr ? std::to_string(interface) : name.data();
}

// The programs know Ethernet headers only.
bool is_ethernet(unsigned interface) {
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    if (!fd || if_indextoname(interface, &request.ifr_name[0]) == nullptr) return false;
    return ioctl(fd.get(), SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

// Where the parent alone may change anything.
bool is_safe_place(const std::string& pins) {
    struct stat status {};
    return is_bpf_directory(pins) && stat(pins.c_str(), &status) == 0 && status.st_uid == geteuid() &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

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
    if (is_safe_place(setup.pins)) self.pins_ = setup.pins;
    if (const auto done = self.load(setup); !done) {
        const bool expected = setup.wanted == conf::FastPath::automatic;
        log_at(expected ? LogLevel::info : LogLevel::error, "no fast path in the kernel: %s",
               done.error().message.c_str());
        remove_fast_path_pins(setup.pins);
        self.turn_off(done.error().message);
        return self;
    }
    self.adopt_found(setup);
    self.attach_named(setup);
    if (self.pins_.empty())
        log_warnx("the fast path ends with l2tpnsd: %s is no BPF file system of root's with mode 0700",
                  setup.pins.c_str());
    log_info("fast path in the kernel: tc%s", self.programs_.maps_were_found() ? ", taken over" : "");
    return self;
}

Status<> FastPath::load(const Setup& setup) {
    auto programs = FastPathPrograms::load(setup.sizes, pins_, setup.go_on);
    if (!programs) return Failure<Error>{programs.error()};
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

void FastPath::turn_off(const std::string& why) {
    links_.clear();
    state_ = nullptr;
    why_off_ = why;
}

std::string FastPath::pin(const char* hook, unsigned interface) const {
    return pins_.empty() ? std::string() : pins_ + "/" + hook + std::to_string(interface);
}

Status<> FastPath::attach_down(unsigned tun) {
    auto link = FastPathLink::attach(programs_.program(FastHook::down), FastHook::down, tun, pin(kDown, tun));
    if (!link) return Failure<Error>{link.error()};
    links_.push_back(std::move(*link));
    return Done{};
}

Status<> FastPath::attach_up(unsigned interface) {
    const auto there = [interface](const FastPathLink& link) { return link.interface() == interface; };
    if (std::ranges::any_of(links_, there)) return Done{};
    if (links_.size() > kMaxInterfaces) return failure("too many interfaces");
    if (!is_ethernet(interface)) return failure("not Ethernet");
    auto link = FastPathLink::attach(programs_.program(FastHook::up), FastHook::up, interface, pin(kUp, interface));
    if (!link) return Failure<Error>{link.error()};
    links_.push_back(std::move(*link));
    log_info("fast path: attached to %s", name_of(interface).c_str());
    return Done{};
}

// Those that are wanted still get the new program without a gap; the others end.
void FastPath::adopt_found(const Setup& setup) {
    if (pins_.empty()) return;
    const auto named = names_in(setup.named);
    for (const unsigned interface : pinned_interfaces(pins_, kUp)) {
        const bool wanted = automatic_ || std::ranges::find(named, name_of(interface)) != named.end();
        if (wanted && attach_up(interface)) continue;
        remove_fast_path_pin(pin(kUp, interface));
    }
    for (const unsigned interface : pinned_interfaces(pins_, kDown))
        if (interface != setup.tun) remove_fast_path_pin(pin(kDown, interface));
}

void FastPath::attach_named(const Setup& setup) {
    for (const std::string& name : names_in(setup.named)) {
        const unsigned interface = if_nametoindex(name.c_str());
        const auto done = interface == 0 ? Status<>(failure("no such interface")) : attach_up(interface);
        if (!done) log_error("fast_path_interfaces: %s: %s", name.c_str(), done.error().message.c_str());
    }
}

bool FastPath::serve(Ipv4 peer, Netlink& netlink) {
    if (!on() || !automatic_) return false;
    const auto interface = netlink.interface_towards(peer);
    if (!interface) return false;
    const std::size_t before = links_.size();
    if (const auto done = attach_up(*interface); !done)
        log_warnx("no fast path on %s: %s", name_of(*interface).c_str(), done.error().message.c_str());
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

shm::FastPathRecord FastPath::record() const {
    shm::FastPathRecord record;
    record.mode = on() ? shm::FastPathMode::tc : shm::FastPathMode::off;
    record.pinned = on() && !pins_.empty();
    record.why_off.assign(std::string_view(why_off_));
    std::string names;
    for (std::size_t i = 1; i < links_.size(); ++i)
        names += (names.empty() ? "" : ",") + name_of(links_[i].interface());
    record.interfaces.assign(std::string_view(names));
    return record;
}

void FastPath::beat(MonoTime now, std::chrono::seconds grace) {
    if (on()) allow_until(*state_, now + std::max(grace, kLeastTrust));
}

void FastPath::leave(MonoTime now, std::chrono::seconds grace) {
    if (on()) allow_until(*state_, now + grace);
}

void FastPath::remove() {
    for (FastPathLink& link : links_)
        link.detach();
    if (!pins_.empty()) remove_fast_path_pins(pins_);
    turn_off("it was removed");
}

} // namespace lns::parent
