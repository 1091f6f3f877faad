// SPDX-License-Identifier: ISC
#include "config.h"

#include "l2tpnsd/fast_path_programs.h"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/if_link.h>
#include <memory>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "lib/base/log.h"

namespace lns::parent {

bool is_bpf_directory(const std::string& path) {
    constexpr auto kBpfMagic = 0xcafe4a11; // BPF_FS_MAGIC; linux/magic.h
    struct statfs status {};
    return statfs(path.c_str(), &status) == 0 && static_cast<std::uint32_t>(status.f_type) == kBpfMagic;
}

void remove_fast_path_pins(const std::string& pins) {
    if (!is_bpf_directory(pins)) return;
    const std::unique_ptr<DIR, int (*)(DIR*)> list(opendir(pins.c_str()), closedir);
    std::vector<std::string> names;
    while (const dirent* entry = list ? readdir(list.get()) : nullptr)
        if (strchr(&entry->d_name[0], '.') == nullptr) // those with a dot are the kernel's own
            names.emplace_back(&entry->d_name[0]);
    for (const std::string& name : names)
        remove_fast_path_pin(pins + "/" + name);
}

UniqueFd FastPathPrograms::map(imsg::MapKind kind) const {
    return UniqueFd(fcntl(maps_[static_cast<std::size_t>(kind)].get(), F_DUPFD_CLOEXEC, 3));
}

std::uint64_t FastPathPrograms::bytes(imsg::MapKind kind) const { return bytes_[static_cast<std::size_t>(kind)]; }

Result<LnsFastState*> FastPathPrograms::map_state() const {
    void* const at = mmap(nullptr, bytes_[0], PROT_READ | PROT_WRITE, MAP_SHARED, maps_[0].get(), 0);
    if (at == MAP_FAILED) return failure(std::string("state of the fast path: ") + strerror(errno));
    return static_cast<LnsFastState*>(at);
}

} // namespace lns::parent

#if defined(HAVE_BPF) && !defined(LNS_WITHOUT_BPF)

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "bpf/fast_path.skel.h"
#pragma GCC diagnostic pop

namespace lns::parent {

namespace {

using imsg::MapKind;

constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46); // Linux 6.6; headers may lack them
constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);
constexpr std::uint32_t kClsactPriority = 1701;
constexpr std::uint32_t kClsactHandle = 1;

Failure<Error> system_failure(const std::string& what) { return failure(what + ": " + strerror(errno)); }

// libbpf speaks of every failure, and of those that were expected; what matters is said by us.
__attribute__((format(printf, 2, 0))) int print_debug(libbpf_print_level /*level*/, const char* format,
                                                      va_list arguments) {
    std::array<char, 1024> text{};
    vsnprintf(text.data(), text.size(), format, arguments);
    std::string_view line(text.data());
    while (line.ends_with('\n'))
        line.remove_suffix(1);
    log_debug("%.*s", static_cast<int>(line.size()), line.data());
    return 0;
}

struct Destroy {
    void operator()(fast_path* skeleton) const { fast_path__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<fast_path, Destroy>;

struct MapRow {
    bpf_map* map;
    std::uint32_t elements;
    std::uint32_t element_size;
};

// In the order of FastPathPrograms::maps_.
std::array<MapRow, 8> rows_of(const fast_path& skeleton, const FastMapSizes& sizes) {
    const auto& maps = skeleton.maps;
    return {{{maps.fast_state, 1, sizeof(LnsFastState)},
             {maps.fast_tunnel_ids, LNS_FAST_TUNNEL_IDS, sizeof(LnsFastTunnelId)},
             {maps.fast_tunnels, sizes.tunnels, sizeof(LnsFastTunnel)},
             {maps.fast_sessions, sizes.sessions, sizeof(LnsFastSession)},
             {maps.fast_hosts, LNS_FAST_HOSTS(sizes.buckets), sizeof(LnsFastHosts)},
             {maps.fast_counters, sizes.sessions, sizeof(LnsFastCounters)},
             {maps.fast_lost, 1, sizeof(LnsFastLost)},
             {maps.fast_throttle, sizes.sessions, sizeof(LnsFastThrottle)}}};
}

std::string pin_of(const std::string& pins, const bpf_map* map) { return pins + "/" + bpf_map__name(map); }

bool has_shape(int fd, const MapRow& row) {
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == BPF_MAP_TYPE_ARRAY &&
           info.value_size == row.element_size && info.max_entries == row.elements &&
           (info.map_flags & BPF_F_MMAPABLE) != 0;
}

bool has_our_layout(int state) {
    const std::uint32_t only = 0;
    LnsFastState content{};
    return bpf_map_lookup_elem(state, &only, &content) == 0 && content.layout == LNS_FAST_LAYOUT;
}

// The pinned maps, if they can be gone on with as they are.
std::array<UniqueFd, 8> find_pinned(const std::string& pins, const std::array<MapRow, 8>& rows) {
    std::array<UniqueFd, 8> found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        found[i].reset(bpf_obj_get(pin_of(pins, rows[i].map).c_str()));
        if (!found[i] || !has_shape(found[i].get(), rows[i])) return {};
    }
    if (!has_our_layout(found[0].get())) return {};
    return found;
}

// The one that is wanted; the others are not loaded.
const bpf_program* choose_native(const fast_path& skeleton, Native native) {
    const std::array rows{std::pair{Native::stack, skeleton.progs.fast_stack},
                          std::pair{Native::redirect, skeleton.progs.fast_redirect}};
    const bpf_program* chosen = nullptr;
    for (const auto& [what, program] : rows) {
        bpf_program__set_autoload(program, what == native);
        if (what == native) chosen = program;
    }
    return chosen;
}

} // namespace

struct FastPathLoader {
    static Status<> prepare(const std::array<MapRow, 8>& rows, const std::array<UniqueFd, 8>& found) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const int error = found[i] ? bpf_map__reuse_fd(rows[i].map, found[i].get())
                                       : bpf_map__set_max_entries(rows[i].map, rows[i].elements);
            if (error != 0) return system_failure(bpf_map__name(rows[i].map));
        }
        return Done{};
    }
    static Status<> keep(FastPathPrograms& out, const fast_path& skeleton, const bpf_program* native,
                         const std::array<MapRow, 8>& rows, const std::string& pins) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            out.maps_[i].reset(fcntl(bpf_map__fd(rows[i].map), F_DUPFD_CLOEXEC, 3));
            const std::uint64_t page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
            const std::uint64_t bytes = std::uint64_t{rows[i].elements} * rows[i].element_size;
            out.bytes_[i] = (bytes + page - 1) / page * page;
            if (pins.empty() || out.found_) continue;
            const std::string pin = pin_of(pins, rows[i].map);
            unlink(pin.c_str());
            if (bpf_obj_pin(out.maps_[i].get(), pin.c_str()) != 0) return system_failure(pin);
        }
        const auto& progs = skeleton.progs;
        const std::array<const bpf_program*, 3> by_hook{progs.fast_up, progs.fast_down, native};
        for (std::size_t i = 0; i < by_hook.size(); ++i)
            if (by_hook[i] != nullptr) out.programs_[i].reset(fcntl(bpf_program__fd(by_hook[i]), F_DUPFD_CLOEXEC, 3));
        out.ports_.reset(fcntl(bpf_map__fd(skeleton.maps.fast_ports), F_DUPFD_CLOEXEC, 3));
        return Done{};
    }
};

Result<FastPathPrograms> FastPathPrograms::load(const FastMapSizes& sizes, const std::string& pins, bool reuse,
                                                Native native) {
    libbpf_set_print(print_debug);
    const Skeleton skeleton(fast_path__open());
    if (!skeleton) return system_failure("programs of the fast path");
    const auto rows = rows_of(*skeleton, sizes);
    std::array<UniqueFd, 8> found;
    if (reuse && !pins.empty()) found = find_pinned(pins, rows);
    FastPathPrograms out;
    out.found_ = static_cast<bool>(found[0]);
    skeleton->rodata->host_mask = sizes.buckets - 1;
    if (auto done = FastPathLoader::prepare(rows, found); !done) return Failure<Error>{done.error()};
    const bpf_program* const in_driver = choose_native(*skeleton, native);
    if (fast_path__load(skeleton.get()) != 0) return system_failure("the kernel does not take the fast path");
    if (auto done = FastPathLoader::keep(out, *skeleton, in_driver, rows, pins); !done)
        return Failure<Error>{done.error()};
    return out;
}

Status<> FastPathPrograms::set_port(unsigned interface, const LnsFastPort& port) const {
    if (bpf_map_update_elem(ports_.get(), &interface, &port, BPF_ANY) != 0) return system_failure("fast_ports");
    return Done{};
}

void FastPathPrograms::remove_port(unsigned interface) const { bpf_map_delete_elem(ports_.get(), &interface); }

namespace {

bpf_tc_hook clsact_hook(FastHook hook, unsigned interface) {
    bpf_tc_hook where{};
    where.sz = sizeof where;
    where.ifindex = static_cast<int>(interface);
    where.attach_point = hook == FastHook::up ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return where;
}

bpf_tc_opts clsact_options(int program) {
    bpf_tc_opts options{};
    options.sz = sizeof options;
    options.prog_fd = program;
    options.handle = kClsactHandle;
    options.priority = kClsactPriority;
    if (program != 0) options.flags = BPF_TC_F_REPLACE;
    return options;
}

Status<> attach_by_clsact(int program, FastHook hook, unsigned interface) {
    bpf_tc_hook where = clsact_hook(hook, interface);
    if (const int error = bpf_tc_hook_create(&where); error != 0 && error != -EEXIST)
        return failure(std::string("clsact: ") + strerror(-error));
    bpf_tc_opts options = clsact_options(program);
    if (const int error = bpf_tc_attach(&where, &options); error != 0)
        return failure(std::string("clsact: ") + strerror(-error));
    return Done{};
}

// The qdisc stays: others may use it.
void detach_clsact(FastHook hook, unsigned interface) {
    const bpf_tc_hook where = clsact_hook(hook, interface);
    const bpf_tc_opts options = clsact_options(0);
    if (const int error = bpf_tc_detach(&where, &options); error != 0 && error != -ENOENT && error != -ENODEV)
        log_warnx("fast path on interface %u: clsact: %s", interface, strerror(-error));
}

// -1 and errno, as bpf_link_create.
int create_link(int program, FastHook hook, unsigned interface) {
    bpf_link_create_opts options{};
    options.sz = sizeof options;
    if (hook == FastHook::xdp) options.flags = XDP_FLAGS_DRV_MODE;
    const std::array where{kTcxIngress, kTcxEgress, BPF_XDP}; // by FastHook
    return bpf_link_create(program, static_cast<int>(interface), where[static_cast<std::size_t>(hook)], &options);
}

} // namespace

Result<FastPathLink> FastPathLink::attach(int program, FastHook hook, unsigned interface, const std::string& pin,
                                          Way way) {
    FastPathLink out;
    out.hook_ = hook;
    out.interface_ = interface;
    out.pin_ = pin;
    out.pinned_ = !pin.empty();
    if (out.pinned_) {
        out.link_.reset(bpf_obj_get(pin.c_str()));
        if (out.link_ && bpf_link_update(out.link_.get(), program, nullptr) == 0) return out;
        unlink(pin.c_str()); // of a device that is gone, or the mark of a program by clsact
        out.link_.reset();
    }
    if (way == Way::best) out.link_.reset(create_link(program, hook, interface));
    if (!out.link_ && hook == FastHook::xdp) return failure(std::string("no native XDP: ") + strerror(errno));
    if (!out.link_ && !out.pinned_)
        return failure("before Linux 6.6 it needs a BPF file system at RUNDIR/bpf"); // else nobody could remove it
    if (!out.link_)
        if (auto done = attach_by_clsact(program, hook, interface); !done) return Failure<Error>{done.error()};
    // In place of a link, the program: that it is there says what is to be detached.
    if (out.pinned_ && bpf_obj_pin(out.link_ ? out.link_.get() : program, pin.c_str()) != 0) {
        const auto failed = system_failure(pin);
        out.detach();
        return failed;
    }
    return out;
}

void FastPathLink::detach() {
    if (pinned_) unlink(pin_.c_str());
    if (!link_) return detach_clsact(hook_, interface_);
    link_.reset();
}

namespace {

constexpr std::string_view kUpPin = "up-", kDownPin = "down-";

// A program stands for its attachment by clsact, a link for itself.
bool is_program(const std::string& pin) {
    const UniqueFd fd(bpf_obj_get(pin.c_str()));
    std::error_code ignored;
    const auto what = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd.get()), ignored);
    return what == "anon_inode:bpf-prog";
}

} // namespace

void remove_fast_path_pin(const std::string& pin) {
    libbpf_set_print(print_debug);
    const std::string_view name = std::string_view(pin).substr(pin.rfind('/') + 1);
    for (const auto& [prefix, hook] : {std::pair{kUpPin, FastHook::up}, {kDownPin, FastHook::down}})
        if (name.starts_with(prefix) && is_program(pin))
            detach_clsact(hook, static_cast<unsigned>(strtoul(name.data() + prefix.size(), nullptr, 10)));
    if (unlink(pin.c_str()) != 0) log_warn("%s", pin.c_str());
}

} // namespace lns::parent

#else

namespace lns::parent {

namespace {

Failure<Error> missing() { return failure("it was built without: " LNS_BPF_MISSING); }

} // namespace

Result<FastPathPrograms> FastPathPrograms::load(const FastMapSizes& /*sizes*/, const std::string& /*pins*/,
                                                bool /*reuse*/, Native /*native*/) {
    return missing();
}

Status<> FastPathPrograms::set_port(unsigned /*interface*/, const LnsFastPort& /*port*/) const { return missing(); }

void FastPathPrograms::remove_port(unsigned /*interface*/) const {}

Result<FastPathLink> FastPathLink::attach(int /*program*/, FastHook /*hook*/, unsigned /*interface*/,
                                          const std::string& /*pin*/, Way /*way*/) {
    return missing();
}

void FastPathLink::detach() {}

// Of a build that had it, on a machine with tcx: the link ends with its pin.
void remove_fast_path_pin(const std::string& pin) {
    if (unlink(pin.c_str()) != 0) log_warn("%s", pin.c_str());
}

} // namespace lns::parent

#endif
