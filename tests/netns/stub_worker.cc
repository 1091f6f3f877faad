// SPDX-License-Identifier: ISC
// A worker that does nothing but serve, for tests of the parent. What it is, the name it was started
// by says. Built for tests only.
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

#include "lib/worker/worker.h"

using namespace lns;

namespace {

// As many handlers as it takes not to be ended for silence about a message.
void serve(worker::Worker& w) {
    log_info("stub: instance %u, %zu tables, %zu sockets, %zu files, %zu secrets, %zu channels", w.instance(),
             w.kit().tables.size(), w.kit().sockets.size(), w.kit().files.size(), w.kit().secrets.size(),
             w.kit().peers.size());
    for (const Proc peer : {Proc::session, Proc::datapath, Proc::radius, Proc::cli})
        w.on_peer(peer, [](imsg::Channel& channel) {
            log_info("stub: connected to %s/%u", proc_name(channel.peer()).data(), channel.peer_instance());
        });
    w.on_config_changed([&w] {
        log_info("stub: config generation %llu, hostname %s", static_cast<unsigned long long>(w.config().generation),
                 w.config().config.hostname.str().c_str());
    });
    if (w.self() == Proc::session)
        w.parent().on<imsg::Stop>([&w](const imsg::Stop&) { w.parent().send(imsg::Stopped{}); });
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
