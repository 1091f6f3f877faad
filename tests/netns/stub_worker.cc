// SPDX-License-Identifier: ISC
// A worker that serves nobody, for tests of the parent; built for tests only. What it is, the name it
// was started by says. What it does, a test says by the key hostname and SIGHUP: the words below.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include "lib/worker/worker.h"

using namespace lns;

namespace {

using worker::Worker;

void send_junk(const imsg::Channel& channel) {
    constexpr std::string_view kJunk = "this is no message";
    if (write(channel.fd(), kJunk.data(), kJunk.size()) < 0) log_warn("junk");
}

// A message as it should be, but for its sender: the channel would not send it.
void send_forbidden(const imsg::Channel& channel) {
    struct {
        imsg::Header header;
        imsg::RouteAdd body;
    } message{{static_cast<std::uint32_t>(imsg::Type::route_add), sizeof message, 0, 0},
              {*parse_ipv4("172.16.9.9"), 32, {}}};
    if (write(channel.fd(), &message, sizeof message) < 0) log_warn("forbidden");
}

void ask_routes(Worker& w) {
    w.parent().send(imsg::RouteSyncBegin{});
    w.parent().send(imsg::RouteAdd{*parse_ipv4("172.16.5.5"), 32, {}});
    w.parent().send(imsg::RouteAdd{*parse_ipv4("172.16.6.0"), 24, {}});
    w.parent().send(imsg::RouteAdd{*parse_ipv4("10.90.0.1"), 32, {}});  // the parent's own
    w.parent().send(imsg::RouteAdd{*parse_ipv4("172.16.6.1"), 24, {}}); // host bits
    w.parent().send(imsg::RouteSyncEnd{});
}

void ask_other_routes(Worker& w) {
    w.parent().send(imsg::RouteSyncBegin{});
    w.parent().send(imsg::RouteAdd{*parse_ipv4("172.16.6.0"), 24, {}});
    w.parent().send(imsg::RouteSyncEnd{});
}

struct Word {
    std::string_view hostname;
    Proc who;
    void (*act)(Worker&);
};

constexpr Word kWords[] = {
    {"junk-to-parent", Proc::cli, [](Worker& w) { send_junk(w.parent()); }},
    {"junk-to-session", Proc::cli, [](Worker& w) { send_junk(*w.peer(Proc::session)); }},
    {"forbidden-to-parent", Proc::cli, [](Worker& w) { send_forbidden(w.parent()); }},
    {"twice-ready", Proc::radius, [](Worker& w) { w.parent().send(imsg::Ready{}); }},
    {"false-name", Proc::cli,
     [](Worker& w) {
         w.parent().send(imsg::LogLine{1, "sessiond: all is well"});
     }},
    {"false-witness", Proc::cli,
     [](Worker& w) {
         w.parent().send(imsg::Violation{Proc::radius, 0, 0, "a lie"});
     }},
    {"print", Proc::datapath,
     [](Worker& w) {
         // Not by stdio, which asks for the kind of file first: no call for a datapathd.
         const std::string line = "line of " + std::to_string(w.instance()) + "\n";
         if (write(STDOUT_FILENO, line.data(), line.size()) < 0) log_warn("print");
     }},
    {"forge-log", Proc::cli, [](Worker&) { log_error("one\n2001-01-01 00:00:00 sessiond: two"); }},
    {"routes", Proc::session, ask_routes},
    {"other-routes", Proc::session, ask_other_routes},
    {"show-running", Proc::cli,
     [](Worker& w) {
         w.parent().send(imsg::ShowRunning{7, 0});
     }},
    {"exit-3", Proc::radius, [](Worker&) { _exit(3); }},
};

void config_changed(Worker& w) {
    const auto config = w.config();
    const std::string hostname = config.config.hostname.str();
    log_info("stub: generation %llu, hostname %s, debug %u", static_cast<unsigned long long>(config.generation),
             hostname.c_str(), config.config.debug);
    if (const auto users = w.read_file(imsg::FileKind::users)) log_info("stub: users file says %s", users->c_str());
    for (const Word& word : kWords)
        if (word.hostname == hostname && word.who == w.self()) word.act(w);
}

void show_document(const imsg::Document& answer, const UniqueFd& fd) {
    std::string text(answer.bytes, '\0');
    const bool whole = pread(fd.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    log_info("stub: request %u, whole %d: %s", answer.request, whole, text.c_str());
}

void serve(Worker& w) {
    log_info("stub: instance %u has %zu tables, %zu sockets, %zu files, %zu secrets, %zu channels", w.instance(),
             w.kit().tables.size(), w.kit().sockets.size(), w.kit().files.size(), w.kit().secrets.size(),
             w.kit().peers.size());
    for (const Proc peer : {Proc::session, Proc::datapath, Proc::radius, Proc::cli})
        w.on_peer(peer, [](const imsg::Channel& channel) {
            log_info("stub: connected to %s/%u", proc_name(channel.peer()).data(), channel.peer_instance());
        });
    w.on_config_changed([&w] { config_changed(w); });
    if (w.self() == Proc::session)
        w.parent().on<imsg::Stop>([&w](const imsg::Stop&) {
            log_info("stub: asked to stop");
            w.parent().send(imsg::Stopped{});
        });
    if (w.self() == Proc::radius)
        w.parent().on<imsg::SettleAccounts>([&w](const imsg::SettleAccounts&) {
            log_info("stub: asked to settle");
            w.parent().send(imsg::AccountsSettled{});
        });
    if (w.self() == Proc::cli) w.parent().on<imsg::Document>(show_document);
    w.serve();
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view path(argv[0]);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    for (const Proc proc : {Proc::session, Proc::datapath, Proc::radius, Proc::cli})
        if (proc_name(proc) == name) return worker::run(argc, argv, proc, serve);
    fprintf(stderr, "%s: not the name of a worker\n", argv[0]);
    return EXIT_FAILURE;
}
