// SPDX-License-Identifier: ISC
#include "clid/control_process.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/socket.h>

#include "clid/child.h"
#include "clid/control_commands.h"
#include "lib/base/clock.h"
#include "lib/base/pktinfo.h"
#include "lib/worker/system_call_filter.h"

namespace lns::clid {

namespace {

struct Received {
    std::array<std::uint8_t, control::kMaxRequest + 1> bytes; // one more: what is longer is wrong
    std::size_t size = 0;
    sockaddr_in from{};
    Ipv4 local;
};

bool receive(int socket, Received& out) {
    iovec part{out.bytes.data(), out.bytes.size()};
    PktinfoControl control{};
    msghdr message{};
    message.msg_name = &out.from;
    message.msg_namelen = sizeof out.from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.room.data();
    message.msg_controllen = control.room.size();
    const ssize_t n = recvmsg(socket, &message, 0);
    if (n < 0) return false;
    out.size = static_cast<std::size_t>(n);
    out.local = destination_of(message);
    return true;
}

void reply_to(int socket, Received& request, std::vector<std::uint8_t> reply) {
    iovec part{reply.data(), reply.size()};
    PktinfoControl control{};
    msghdr message{};
    message.msg_name = &request.from;
    message.msg_namelen = sizeof request.from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    set_source(message, control, request.local);
    [[maybe_unused]] const ssize_t ignored = sendmsg(socket, &message, MSG_NOSIGNAL); // it will be asked for again
}

} // namespace

void serve_control(ControlPlan plan, const SuiteView& view) {
    begin_child(plan.master);
    keep_only(plan.channel.release(), plan.socket.release());
    worker::confine(Proc::cli_child, worker::Phase::serving);
    MasterLink master{UniqueFd(kChannelFd)};
    ControlDesk desk(
        std::move(plan.secret), unix_seconds(),
        [&](const ControlDesk::Words& words) { return run_control_command(view, master, words); },
        [&](imsg::ControlEvent event, Endpoint from, const ControlDesk::Words& words) {
            master.report(event, from, words);
        });
    Received request;
    for (;;) {
        if (!receive(kSocketFd, request)) {
            if (errno == EINTR || errno == ECONNREFUSED) continue;
            _exit(EXIT_FAILURE);
        }
        const Bytes datagram = Bytes(request.bytes).first(request.size);
        if (auto reply = desk.answer(datagram, from_sockaddr(request.from), unix_seconds()))
            reply_to(kSocketFd, request, std::move(*reply));
    }
}

} // namespace lns::clid
