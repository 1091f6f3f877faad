// SPDX-License-Identifier: ISC
// What an operator, or a stranger, types: libcli's line editing, login, completion, filters and every command, on
// tables with a few sessions. No crash; and the master is only asked what somebody in that place may ask.
//
// First octet: whether a login and an enable password are wanted, and whether they are right. Then what is typed.
#include <cstdlib>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <time.h>
#include <unistd.h>

#include "clid/shell.h"
#include "lib/base/log.h"

namespace {

using namespace lns;
using namespace lns::clid;

void must(bool holds) {
    if (!holds) abort();
}

constexpr std::size_t kMost = 1024;

// Tables as their writer left them, with names that a terminal must not see.
struct Tables {
    static constexpr std::uint32_t kTunnels = 4;
    static constexpr std::uint32_t kSlots = 512;
    std::vector<std::uint32_t> words = std::vector<std::uint32_t>(shm::Locator::words(kTunnels));
    std::vector<shm::TwoSlot<shm::TunnelRecord>> tunnels = shm::make_cells<shm::TunnelRecord>(kTunnels);
    std::vector<shm::TwoSlot<shm::SessionRecord>> sessions = shm::make_cells<shm::SessionRecord>(kSlots);
    SuiteView view;

    Tables() {
        shm::LocatorWriter locator(words, kTunnels);
        locator.set_tunnel(TunnelId{4711}, TunnelIndex{1});
        locator.set_block(TunnelIndex{1}, 0, 1);
        shm::TunnelRecord tunnel;
        tunnel.state = shm::TunnelState::open;
        tunnel.local_id = TunnelId{4711};
        tunnel.host_name = "lac\x1b[2J";
        shm::TwoSlotWriter<shm::TunnelRecord>(std::span(tunnels)).write(1, tunnel);
        shm::SessionRecord session;
        session.state = shm::SessionState::open;
        session.tunnel = TunnelIndex{1};
        session.address = Ipv4{0x0a000001};
        session.user = "joe%n\r\n\x1b]0;x\x07";
        for (std::uint32_t i = 257; i < 261; ++i)
            shm::TwoSlotWriter<shm::SessionRecord>(std::span(sessions)).write(i, session);
        view.tunnels = shm::TwoSlotReader<shm::TunnelRecord>(std::span(std::as_const(tunnels)));
        view.sessions = shm::TwoSlotReader<shm::SessionRecord>(std::span(std::as_const(sessions)));
        view.locator = shm::Locator(words, kTunnels);
    }
};

// The master, and the operator's screen, on a thread of their own: the shell waits for both.
class World {
public:
    World(bool login, bool enable, bool right)
        : logged_in_(!login), enabled_(!enable), right_(right), stop_(eventfd(0, EFD_CLOEXEC)) {
        auto [ours, theirs] = imsg::channel_pair();
        channel_.emplace(Proc::cli, Proc::cli_child, std::move(ours));
        child = std::move(theirs);
        std::array<int, 2> terminal{};
        must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, terminal.data()) == 0);
        screen_.reset(terminal[0]);
        shell_end.reset(terminal[1]);
        serve_questions();
    }
    void type(Bytes octets) {
        must(write(screen_.get(), octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()));
        shutdown(screen_.get(), SHUT_WR);
        thread_ = std::thread([this] { live(); });
    }
    void end() {
        const std::uint64_t one = 1;
        must(write(stop_.get(), &one, sizeof one) == sizeof one);
        thread_.join();
    }

    UniqueFd child;
    UniqueFd shell_end;

private:
    void serve_questions() {
        channel_->on<imsg::CliLogin>([this](const imsg::CliLogin&) {
            must(!logged_in_);
            logged_in_ = right_;
            answer(right_);
        });
        channel_->on<imsg::CliEnable>([this](const imsg::CliEnable&) {
            must(logged_in_);
            enabled_ = enabled_ || right_;
            answer(right_);
        });
        channel_->on<imsg::CliCommand>([this](const imsg::CliCommand& c) {
            // What anybody may ask (connection.cc): the lists, and lines that tell nothing of packets.
            const bool harmless = c.verb == imsg::CliVerb::show_access_lists || c.verb == imsg::CliVerb::follow_log;
            must(logged_in_ && (enabled_ || harmless));
            must(c.verb >= imsg::CliVerb::drop_session && c.verb <= imsg::CliVerb::show_access_lists);
            answer(c.verb != imsg::CliVerb::show_running && c.verb != imsg::CliVerb::show_access_lists);
        });
        channel_->on_violation([](const std::string&) { abort(); });
    }
    void answer(bool yes) {
        channel_->send(imsg::CliAnswer{yes ? imsg::CliVerdict::done : imsg::CliVerdict::failed, "as you say"});
    }
    void live() {
        std::array<pollfd, 3> fds{{{screen_.get(), POLLIN, 0}, {channel_->fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        std::array<char, 65536> seen;
        for (;;) {
            must(poll(fds.data(), fds.size(), -1) > 0);
            if (fds[1].revents != 0) {
                channel_->receive_pending();
                if (!channel_->is_open()) fds[1].fd = -1;
            }
            if (fds[0].revents != 0 && read(screen_.get(), seen.data(), seen.size()) <= 0) fds[0].fd = -1;
            if (fds[2].revents != 0) return;
        }
    }

    bool logged_in_;
    bool enabled_;
    bool right_;
    UniqueFd stop_;
    UniqueFd screen_;
    std::optional<imsg::Channel> channel_;
    std::thread thread_;
};

} // namespace

// `uptime` measures for a second: not here.
extern "C" int nanosleep(const timespec* /*time*/, timespec* /*left*/) { return 0; }

// libcli forgets the expression of a `grep` filter when a line ends early. In the program that ends with the child.
extern "C" const char* __lsan_default_options() { return "detect_leaks=0"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > kMost) return 0;
    log_set_sink([](LogLevel, std::string_view) {});
    static Tables tables;
    const bool login = (data[0] & 1) != 0;
    const bool enable = (data[0] & 2) != 0;
    World world(login, enable, (data[0] & 4) != 0);
    world.type(Bytes(data + 1, size - 1));
    {
        MasterLink master(std::move(world.child));
        ShellSettings settings;
        settings.hostname = "lns";
        settings.ask_login = login;
        settings.ask_enable = enable;
        Shell shell(std::move(settings), tables.view, master);
        shell.run(world.shell_end.get());
    }
    world.end();
    return 0;
}
