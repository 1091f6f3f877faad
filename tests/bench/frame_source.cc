// SPDX-License-Identifier: ISC
// Measures what an LNS forwards, with packets that are made and taken off in the kernel, so that it does not
// take a processor of the test to reach a million a second. See usage().
//
// The packets are live frames (BPF_PROG_TEST_RUN) that leave by XDP_TX from a veth device whose other end is the LNS's;
// at the far end behind the LNS, another veth device, an XDP program counts them and drops them.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <getopt.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/fd.h"
#include "lib/base/inet.h"
#include "tests/bench/frame_source.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "tests/bench/frame_source.skel.h"
#pragma GCC diagnostic pop

namespace {

using lns::UniqueFd;

constexpr char kUsage[] =
    R"(usage: frame_source --from NS:IF --via NS:IF --to NS:IF --way up|down [--plain] --sessions FILE
                    --lac ADDR --lns ADDR --core ADDR --port PORT [--copy-port PORT] --size OCTETS
                    [--rate N] [--lead SECONDS] [--window SECONDS] [--cpu N] [PID...]
Sends test packets of all sessions in turn out of the device --from, whose other end is --via, and counts those that
arrive at --to. up: from subscribers to PORT at the core's address, in L2TP; down: the other way round, as plain IP;
--plain: without L2TP up, too. --sessions: what lacsim --list wrote. --rate: so many a second, in trains of 50 us, each
with the time it was sent (0: as many as possible). Prints, of a window of time (3) after a lead (0.5):
packets a second offered, carried, copied (to --copy-port); CPU time of the processes, that processor CPU was busy, both
in CPUs; the median and the 99th percentile of the time of flight in us, and how many were measured.
)";
constexpr std::uint32_t kBatch = 64;        // frames of a run between two looks at the clock of the scheduler
constexpr std::uint32_t kRepeat = 1U << 20; // frames a call
constexpr std::uint64_t kTrainGap = 50'000; // ns: as a card with interrupt moderation delivers them
constexpr std::uint32_t kLinkHeader = 14;
constexpr std::uint32_t kTunnelHeaders = 38; // IP, UDP, L2TP, PPP

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }
[[noreturn]] void fail_with_errno(const std::string& what) { fail(what + ": " + strerror(errno)); }

struct Place { // a device in a named network namespace
    std::string space, device;
};

struct Settings {
    Place from, via, to;
    std::string sessions;
    FramePlan plan{};
    double rate = 0, lead = 0.5, window = 3;
    int cpu = 1;
    std::vector<std::string> pids;
};

Place place(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos) fail(text + ": not NAMESPACE:INTERFACE");
    return {text.substr(0, colon), text.substr(colon + 1)};
}
double number(const std::string& text) {
    std::size_t end = 0;
    const double value = std::stod(text, &end);
    if (end != text.size() || value < 0) fail(text + ": not a number");
    return value;
}
template <class T>
T whole(const std::string& text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) fail(text + ": not a number, or too large");
    return value;
}
std::uint32_t address(const std::string& text) {
    const auto parsed = lns::parse_ipv4(text);
    if (!parsed) fail(text + ": not an address");
    return htonl(parsed->value);
}
bool is_up(const std::string& text) {
    if (text != "up" && text != "down") fail(text + ": neither up nor down");
    return text == "up";
}

struct OptionDef {
    const char* name;
    bool has_value;
    void (*apply)(Settings&, const std::string& value);
};
constexpr std::array kOptions{
    OptionDef{"from", true, [](Settings& s, const std::string& v) { s.from = place(v); }},
    OptionDef{"via", true, [](Settings& s, const std::string& v) { s.via = place(v); }},
    OptionDef{"to", true, [](Settings& s, const std::string& v) { s.to = place(v); }},
    OptionDef{"way", true, [](Settings& s, const std::string& v) { s.plan.up = is_up(v) ? 1 : 0; }},
    OptionDef{"plain", false, [](Settings& s, const std::string& /*v*/) { s.plan.encapsulated = 0; }},
    OptionDef{"sessions", true, [](Settings& s, const std::string& v) { s.sessions = v; }},
    OptionDef{"lac", true, [](Settings& s, const std::string& v) { s.plan.lac = address(v); }},
    OptionDef{"lns", true, [](Settings& s, const std::string& v) { s.plan.lns = address(v); }},
    OptionDef{"core", true, [](Settings& s, const std::string& v) { s.plan.core = address(v); }},
    OptionDef{"port", true,
              [](Settings& s, const std::string& v) { s.plan.test_port = htons(whole<std::uint16_t>(v)); }},
    OptionDef{"copy-port", true,
              [](Settings& s, const std::string& v) { s.plan.copy_port = htons(whole<std::uint16_t>(v)); }},
    OptionDef{"size", true, [](Settings& s, const std::string& v) { s.plan.size = whole<std::uint16_t>(v); }},
    OptionDef{"rate", true, [](Settings& s, const std::string& v) { s.rate = number(v); }},
    OptionDef{"lead", true, [](Settings& s, const std::string& v) { s.lead = number(v); }},
    OptionDef{"window", true, [](Settings& s, const std::string& v) { s.window = number(v); }},
    OptionDef{"cpu", true, [](Settings& s, const std::string& v) { s.cpu = whole<int>(v); }},
};

Settings parse(int argc, char** argv) {
    Settings settings;
    settings.plan.encapsulated = 1;
    std::vector<option> options;
    for (const OptionDef& def : kOptions)
        options.push_back({def.name, def.has_value ? required_argument : no_argument, nullptr, 0});
    options.push_back({nullptr, 0, nullptr, 0});
    int index = 0;
    for (int c = 0; (c = getopt_long(argc, argv, "", options.data(), &index)) != -1;) {
        if (c != 0) fail(kUsage);
        kOptions.at(static_cast<std::size_t>(index)).apply(settings, optarg != nullptr ? optarg : "");
    }
    settings.pids.assign(argv + optind, argv + argc);
    FramePlan& plan = settings.plan;
    if (!plan.up) plan.encapsulated = 0;
    if (settings.from.space.empty() || settings.via.space.empty() || settings.to.space.empty() ||
        settings.sessions.empty() || plan.test_port == 0 || plan.size < 64 || plan.size > 1500)
        fail(kUsage);
    if (settings.rate > 0) {
        plan.train = std::max(1U, static_cast<std::uint32_t>(settings.rate * kTrainGap / 1e9));
        plan.train_gap = static_cast<std::uint64_t>(plan.train * 1e9 / settings.rate);
    }
    return settings;
}

// user,address,tunnel,session,dns1,dns2,LNS's tunnel,LNS's session,port
std::vector<FrameSession> read_sessions(const std::string& path) {
    std::ifstream file(path);
    std::vector<FrameSession> sessions;
    for (std::string line; std::getline(file, line);) {
        std::vector<std::string> fields;
        std::istringstream words(line);
        for (std::string field; std::getline(words, field, ',');)
            fields.push_back(field);
        if (fields.size() != 9) fail(path + ": not a list of sessions: " + line);
        sessions.push_back({.address = address(fields[1]),
                            .lac_port = htons(whole<std::uint16_t>(fields[8])),
                            .tunnel = htons(whole<std::uint16_t>(fields[6])),
                            .session = htons(whole<std::uint16_t>(fields[7])),
                            .unused = 0});
    }
    if (sessions.empty()) fail(path + ": no sessions");
    return sessions;
}

// This thread, and those it makes from now on, are in the namespace.
void enter(const std::string& space) {
    const UniqueFd fd(open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || setns(fd.get(), CLONE_NEWNET) != 0) fail_with_errno("namespace " + space);
}
unsigned index_of(const std::string& device) {
    const unsigned index = if_nametoindex(device.c_str());
    if (index == 0) fail_with_errno(device);
    return index;
}
void read_mac(const Place& where, std::uint8_t (&mac)[6]) {
    enter(where.space);
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    where.device.copy(request.ifr_name, sizeof request.ifr_name - 1);
    if (ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0) fail_with_errno(where.device);
    std::memcpy(mac, request.ifr_hwaddr.sa_data, sizeof mac);
}

struct Destroy {
    void operator()(frame_source* skeleton) const { frame_source__destroy(skeleton); }
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Link = std::unique_ptr<bpf_link, Destroy>;

class Programs {
public:
    explicit Programs(Settings& settings) : skeleton_(frame_source__open()), settings_(settings) {
        if (!skeleton_) fail_with_errno("programs");
        const std::vector<FrameSession> sessions = read_sessions(settings.sessions);
        FramePlan& plan = settings.plan;
        plan.sessions = static_cast<std::uint32_t>(sessions.size());
        read_mac(settings.from, plan.from);
        read_mac(settings.via, plan.to);
        skeleton_->bss->plan = plan;
        bpf_map__set_max_entries(skeleton_->maps.frame_sessions, plan.sessions);
        if (frame_source__load(skeleton_.get()) != 0) fail_with_errno("loading programs");
        const int map = bpf_map__fd(skeleton_->maps.frame_sessions);
        for (std::uint32_t i = 0; i < plan.sessions; ++i)
            if (bpf_map_update_elem(map, &i, &sessions[i], BPF_ANY) != 0) fail_with_errno("list of sessions");
        // At both: what an interception copies goes to the core always.
        sinks_ = {attach_sink(settings.to), attach_sink(settings.from)};
        from_ = index_of(settings.from.device);
    }

    decltype(frame_source::bss) words() { return skeleton_->bss; }

    // Until words()->stop.
    void send() {
        std::vector<std::uint8_t> frame(kLinkHeader + (settings_.plan.encapsulated ? kTunnelHeaders : 0) +
                                        settings_.plan.size);
        xdp_md context{};
        context.data_end = static_cast<std::uint32_t>(frame.size());
        context.ingress_ifindex = from_;
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = frame.data();
        options.data_size_in = context.data_end;
        options.ctx_in = &context;
        options.ctx_size_in = sizeof context;
        options.repeat = kRepeat;
        options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
        options.batch_size = kBatch;
        const int program = bpf_program__fd(skeleton_->progs.frame_source);
        while (!words()->stop)
            if (bpf_prog_test_run_opts(program, &options) != 0) {
                error_ = errno;
                return;
            }
    }
    [[nodiscard]] int error() const { return error_; }

private:
    Link attach_sink(const Place& where) {
        enter(where.space);
        Link link(bpf_program__attach_xdp(skeleton_->progs.frame_sink, static_cast<int>(index_of(where.device))));
        if (!link) fail_with_errno("sink at " + where.device);
        return link;
    }

    std::unique_ptr<frame_source, Destroy> skeleton_;
    Settings& settings_;
    std::array<Link, 2> sinks_;
    unsigned from_ = 0;
    std::atomic<int> error_{0};
};

std::vector<std::string> fields_of(const std::string& path, const std::string& after) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t at = after == ")" ? line.rfind(')') : line.rfind(after, 0);
        if (at == line.npos) continue;
        std::istringstream words(line.substr(at + after.size()));
        std::vector<std::string> fields;
        for (std::string field; words >> field;)
            fields.push_back(field);
        return fields;
    }
    return {};
}

struct Sample {
    double at = 0, offered = 0, carried = 0, copies = 0, cpu = 0, busy = 0;
};

Sample sample(decltype(frame_source::bss) words, const Settings& settings) {
    const auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
    Sample now;
    now.at = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    now.offered = static_cast<double>(words->offered);
    now.carried = static_cast<double>(words->carried);
    now.copies = static_cast<double>(words->copies);
    for (const std::string& pid : settings.pids) {
        const std::vector<std::string> stat = fields_of("/proc/" + pid + "/stat", ")");
        if (stat.size() > 12) now.cpu += (number(stat[11]) + number(stat[12])) / tick; // utime, stime
    }
    const std::vector<std::string> stat = fields_of("/proc/stat", "cpu" + std::to_string(settings.cpu) + " ");
    for (std::size_t i = 0; i < stat.size() && i < 8; ++i)
        if (i != 3 && i != 4) now.busy += number(stat[i]) / tick; // all but idle and waiting for a disk
    return now;
}

// In us; the lower end of the bucket.
double percentile(const std::array<std::uint64_t, FRAME_BUCKETS>& flights, std::uint64_t all, double part) {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < flights.size(); ++i) {
        seen += flights[i];
        if (static_cast<double>(seen) < part * static_cast<double>(all)) continue;
        if (i < 16) return static_cast<double>(i) / 1e3;
        return static_cast<double>((16 + (i & 15)) << ((i >> FRAME_BUCKET_BITS) - 1)) / 1e3;
    }
    return 0;
}

void print(const Sample& before, const Sample& after, const std::array<std::uint64_t, FRAME_BUCKETS>& flights) {
    const double took = after.at - before.at;
    std::uint64_t all = 0;
    for (const std::uint64_t n : flights)
        all += n;
    std::printf("{\"seconds\": %.3f, \"offered\": %.0f, \"carried\": %.0f, \"copied\": %.0f, \"cpu\": %.3f, "
                "\"busy\": %.3f, \"flights\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
                took, (after.offered - before.offered) / took, (after.carried - before.carried) / took,
                (after.copies - before.copies) / took, (after.cpu - before.cpu) / took,
                (after.busy - before.busy) / took, static_cast<unsigned long long>(all), percentile(flights, all, 0.5),
                percentile(flights, all, 0.99));
}

void measure(Settings& settings) {
    Programs programs(settings);
    auto* const words = programs.words();
    std::thread sender([&] { programs.send(); });
    const auto wait = [](double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); };
    wait(settings.lead);
    std::array<std::uint64_t, FRAME_BUCKETS> flights{};
    std::copy(std::begin(words->flight), std::end(words->flight), flights.begin());
    const Sample before = sample(words, settings);
    wait(settings.window);
    const Sample after = sample(words, settings);
    for (std::size_t i = 0; i < flights.size(); ++i)
        flights[i] = words->flight[i] - flights[i];
    words->stop = 1;
    sender.join();
    if (programs.error() != 0) fail(std::string("sending: ") + strerror(programs.error()));
    print(before, after, flights);
}

} // namespace

int main(int argc, char** argv) {
    try {
        Settings settings = parse(argc, argv);
        measure(settings);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
